// SPDX-License-Identifier: Apache-2.0
// See connection.hpp.
#include "vms/hosts/libvirt/connection.hpp"

#include <csignal>
#include <cstdlib>
#include <mutex>

#include <fmt/format.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <nlohmann/json.hpp>

#include "vms/hosts/libvirt/domain_xml.hpp"

namespace switchback::libvirt {

tl::unexpected<Error> libvirt_error(const std::string& what) {
  const virError* const last = virGetLastError();
  if (last != nullptr && last->code == VIR_ERR_INVALID_CONN)  // see Connection::unreachable()
    return environment_error(what + ": that site can't be reached", "wait until it is back");
  const std::string text =
      last != nullptr && last->message != nullptr ? last->message : "no reason";
  return environment_error(
      fmt::format("{}: {} (libvirt error {})", what, text, last != nullptr ? last->code : 0),
      "see the log of that libvirt daemon");
}

int libvirt_error_code() {
  const virError* const last = virGetLastError();
  return last != nullptr ? last->code : 0;
}

Result<std::unique_ptr<Connection>> Connection::open(const SiteConfig& site) {
  static std::once_flag once;
  // libvirt prints every error by default; ours are values.
  std::call_once(once, [] {
    // Or the client library would start a session daemon of its own where it finds none.
    setenv("LIBVIRT_AUTOSTART", "0", 0);
    // libvirt writes to the socket of a daemon that may have died.
    std::signal(SIGPIPE, SIG_IGN);
    virInitialize();
    virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  });
  virConnectPtr connection = virConnectOpen(site.uri.c_str());
  if (connection == nullptr) {
    Error error = libvirt_error(fmt::format("can't connect to {}", site.uri)).value();
    error.remedy = "check that the daemon runs and that the URI is right (virsh -c URI version)";
    return tl::unexpected(error);
  }
  return std::unique_ptr<Connection>(new Connection(connection, site));
}

std::unique_ptr<Connection> Connection::unreachable(const SiteConfig& site) {
  // libvirt's functions answer VIR_ERR_INVALID_CONN.
  return std::unique_ptr<Connection>(new Connection(nullptr, site));
}

Connection::~Connection() {
  for (const virConnectPtr opened : opened_)
    if (opened != nullptr) virConnectClose(opened);
}

virConnectPtr Connection::raw() const {
  const std::lock_guard lock(mutex_);
  unsigned long version = 0;
  // Any call will do. That the other end is gone shows only in one.
  if (opened_.back() == nullptr || virConnectGetLibVersion(opened_.back(), &version) == 0 ||
      virConnectIsAlive(opened_.back()) == 1)
    return opened_.back();
  const virConnectPtr fresh = virConnectOpen(site_.uri.c_str());
  if (fresh != nullptr) opened_.push_back(fresh);
  return opened_.back();
}

Result<std::optional<Domain>> Connection::find_domain(const std::string& vm) const {
  const std::string name = site_.domain_name(vm);
  Domain domain(virDomainLookupByName(raw(), name.c_str()));
  if (!domain) {
    if (libvirt_error_code() == VIR_ERR_NO_DOMAIN) return std::nullopt;
    return libvirt_error("looking for domain " + name);
  }
  if (!bears_mark(domain.get(), site_.run_id))
    return environment_error(
        fmt::format("domain {} at {} does not bear the mark of this run", name, site_.uri),
        "it was not made by this run and is left alone: rename it");
  return std::optional<Domain>(std::move(domain));
}

Result<Domain> Connection::domain(const std::string& vm) const {
  SB_ASSIGN(found, find_domain(vm));
  if (!found)
    return not_found(fmt::format("no VM {} on the {} site", vm, name_of(site_.site)),
                     "define it first");
  return std::move(*found);
}

Result<std::vector<std::pair<std::string, Domain>>> Connection::domains(const NameFilter& wanted,
                                                                        Listed listed) const {
  virDomainPtr* list = nullptr;
  const int count = virConnectListAllDomains(raw(), &list, static_cast<unsigned>(listed));
  if (count < 0) return libvirt_error("listing domains at " + site_.uri);
  std::vector<std::pair<std::string, Domain>> found;
  for (int n = 0; n < count; ++n) {
    Domain domain(list[n]);
    const std::string name = virDomainGetName(domain.get());
    if (!name.starts_with(site_.prefix())) continue;
    std::string vm = name.substr(site_.prefix().size());
    if ((!wanted || wanted(vm)) && bears_mark(domain.get(), site_.run_id))
      found.emplace_back(std::move(vm), std::move(domain));
  }
  free(list);
  return found;
}

Result<Domain> Connection::define(const std::string& xml) const {
  Domain domain(virDomainDefineXML(raw(), xml.c_str()));
  if (!domain) return libvirt_error("defining a VM at " + site_.uri);
  return domain;
}

void Connection::load_schemas() const {
  // Fails in the validation, which is all that is wanted: nothing gets defined.
  const Domain never(virDomainDefineXMLFlags(raw(), "<domain/>", VIR_DOMAIN_DEFINE_VALIDATE));
}

Result<bool> is_active(const Domain& domain) {
  const int active = virDomainIsActive(domain.get());
  if (active < 0) return libvirt_error("asking for a domain's state");
  return active == 1;
}

bool bears_mark(virDomainPtr domain, const std::string& run_id) {
  const OwnedString metadata(virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, kMetadataUri,
                                                  VIR_DOMAIN_AFFECT_CONFIG));
  return metadata && run_id_in_metadata(metadata.get()) == run_id;
}

Result<nlohmann::json> qmp(const Domain& domain, const nlohmann::json& command) {
  char* raw = nullptr;
  if (virDomainQemuMonitorCommand(domain.get(), command.dump().c_str(), &raw, 0) < 0)
    return libvirt_error("QMP command " + command.value("execute", ""));
  const OwnedString text(raw);
  const nlohmann::json answer = nlohmann::json::parse(text.get(), nullptr, false);
  if (answer.is_object() && answer.contains("return")) return answer["return"];
  std::string reason = text.get();
  if (answer.is_object() && answer.contains("error"))
    reason = answer["error"].value("desc", reason);
  return environment_error(fmt::format("QMP command {}: {}", command.value("execute", ""), reason),
                           "see the log of that VM");
}

Result<std::vector<std::string>> checkpoint_names(const Domain& domain) {
  virDomainCheckpointPtr* list = nullptr;
  const int count = virDomainListAllCheckpoints(domain.get(), &list, 0);
  if (count < 0) return libvirt_error("listing checkpoints");
  std::vector<std::string> names;
  for (int n = 0; n < count; ++n) {
    const Checkpoint checkpoint(list[n]);
    names.emplace_back(virDomainCheckpointGetName(checkpoint.get()));
  }
  free(list);
  return names;
}

}  // namespace switchback::libvirt
