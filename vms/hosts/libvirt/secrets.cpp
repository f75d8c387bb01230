// SPDX-License-Identifier: Apache-2.0
// See secrets.hpp.
#include "vms/hosts/libvirt/secrets.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <libvirt/virterror.h>
#include <xxhash.h>

#include "vms/hosts/libvirt/xml_nodes.hpp"

namespace switchback::libvirt {
namespace {

struct FreeSecret {
  void operator()(virSecretPtr secret) const { virSecretFree(secret); }
};
using Secret = std::unique_ptr<std::remove_pointer_t<virSecretPtr>, FreeSecret>;

/// What the mark of the run and site makes of a name.
std::string usage_prefix(const SiteConfig& site) {
  return fmt::format("{}{}/", site.prefix(), name_of(site.site));
}

std::string secret_xml(const SiteConfig& site, const std::string& name) {
  pugi::xml_document document;
  pugi::xml_node secret = document.append_child("secret");
  set(secret, "ephemeral", "yes");
  set(secret, "private", "no");
  add(secret, "uuid", secret_uuid(site, name).c_str());
  pugi::xml_node usage = add(secret, "usage");
  set(usage, "type", "volume");
  add(usage, "volume", (usage_prefix(site) + name).c_str());
  return text_of(document);
}

/// Null if there is none of that name.
Result<Secret> find_secret(const Connection& connection, const std::string& name) {
  const std::string uuid = secret_uuid(connection.site(), name);
  Secret secret(virSecretLookupByUUIDString(connection.raw(), uuid.c_str()));
  if (!secret && libvirt_error_code() != VIR_ERR_NO_SECRET)
    return libvirt_error("looking for the key " + name);
  return secret;
}

}  // namespace

std::string secret_uuid(const SiteConfig& site, const std::string& name) {
  const std::string text = usage_prefix(site) + name;
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  // Version 8, variant 1 (RFC 9562): bits of the maker's own choice.
  return fmt::format("{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}", hash.high64 >> 32U,
                     hash.high64 >> 16U & 0xffffU, hash.high64 & 0xfffU,
                     0x8000U | (hash.low64 >> 48U & 0x3fffU), hash.low64 & 0xffffffffffffU);
}

Nothing keep_secret(const Connection& connection, const std::string& name, const std::string& key) {
  const std::string xml = secret_xml(connection.site(), name);
  const Secret secret(virSecretDefineXML(connection.raw(), xml.c_str(), 0));
  if (!secret) return libvirt_error("keeping the key " + name);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(key.data());
  if (virSecretSetValue(secret.get(), bytes, key.size(), 0) < 0)
    return libvirt_error("keeping the key " + name);
  return {};
}

Result<std::string> read_secret(const Connection& connection, const std::string& name) {
  SB_ASSIGN(secret, find_secret(connection, name));
  std::size_t size = 0;
  unsigned char* const bytes = secret ? virSecretGetValue(secret.get(), &size, 0) : nullptr;
  if (bytes == nullptr)
    return not_found(
        fmt::format("the key {} is not kept on the {} site", name, name_of(connection.site().site)),
        "give it again");
  const std::string key(reinterpret_cast<char*>(bytes), size);
  std::fill_n(bytes, size, static_cast<unsigned char>(0));
  free(bytes);
  return key;
}

Nothing drop_secret(const Connection& connection, const std::string& name) {
  SB_ASSIGN(secret, find_secret(connection, name));
  if (secret && virSecretUndefine(secret.get()) < 0 && libvirt_error_code() != VIR_ERR_NO_SECRET)
    return libvirt_error("forgetting the key " + name);
  return {};
}

Result<std::vector<std::string>> secret_names(const Connection& connection) {
  virSecretPtr* list = nullptr;
  const int count = virConnectListAllSecrets(connection.raw(), &list, 0);
  if (count < 0) return libvirt_error("listing secrets at " + connection.site().uri);
  const std::string prefix = usage_prefix(connection.site());
  std::vector<std::string> names;
  for (int n = 0; n < count; ++n) {
    const Secret secret(list[n]);
    const char* const usage = virSecretGetUsageID(secret.get());
    if (usage != nullptr && std::string_view(usage).starts_with(prefix))
      names.emplace_back(usage + prefix.size());
  }
  free(list);
  return names;
}

}  // namespace switchback::libvirt
