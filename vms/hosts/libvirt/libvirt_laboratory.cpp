// SPDX-License-Identifier: Apache-2.0
// See libvirt_laboratory.hpp; what the guests do, what is seen and edited is in the files beside
// this one.
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <libvirt/virterror.h>
#include <unistd.h>
#include <xxhash.h>

#include "harness/base/assert.hpp"
#include "vms/hosts/libvirt/domain_xml.hpp"
#include "vms/hosts/libvirt/item_objects.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {
namespace {

std::uint64_t hash_of(const std::string& text) {
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace

LibvirtLaboratory::LibvirtLaboratory(Access primary, Access recovery,
                                     std::unique_ptr<WireMeter> meter, const Options& options)
    : primary_(std::move(primary)),
      recovery_(std::move(recovery)),
      meter_(std::move(meter)),
      options_(options) {}

Result<std::unique_ptr<LibvirtLaboratory>> LibvirtLaboratory::open(const SiteConfig& primary,
                                                                   const SiteConfig& recovery,
                                                                   const Options& options) {
  SB_ASSERT(primary.run_id == recovery.run_id);
  SB_ASSIGN(at_primary, reach(primary));
  SB_ASSIGN(at_recovery, reach(recovery));
  SB_ASSIGN(meter, meter_between(primary, recovery));
  return std::unique_ptr<LibvirtLaboratory>(new LibvirtLaboratory(
      std::move(at_primary), std::move(at_recovery), std::move(meter), options));
}

Result<LibvirtLaboratory::Access> LibvirtLaboratory::reach(const SiteConfig& site) {
  SB_ASSIGN(connection, Connection::open(site));
  return Access{.connection = std::move(connection), .silent = std::make_shared<bool>(false)};
}

Result<LibvirtLaboratory::Access*> LibvirtLaboratory::access(Site site) {
  Access& access = site == Site::primary ? primary_ : recovery_;
  if (*access.silent) {
    SB_ASSIGN(fresh, reach(access.connection->site()));
    access = std::move(fresh);
  }
  return &access;
}

const SiteConfig& LibvirtLaboratory::config_of(Site site) const {
  return (site == Site::primary ? primary_ : recovery_).connection->site();
}

StampOwner LibvirtLaboratory::owner_of(const ItemName& item, std::size_t disk) const {
  return {.run = hash_of(primary_.connection->site().run_id),
          .item = hash_of(item),
          .disk = static_cast<std::uint32_t>(disk)};
}

Nothing LibvirtLaboratory::create_volume(const std::string& vm, const DiskSpec& disk) {
  if (disk.size_bytes % kSectorBytes != 0 || disk.size_bytes == 0)
    return bad_input(fmt::format("disk {} of {} has {} bytes, no whole number of sectors",
                                 disk.device, vm, disk.size_bytes),
                     "make its size a multiple of 512");
  const SiteConfig& site = config_of(Site::primary);
  const std::string path = site.volume_path(fmt::format("{}-{}", vm, disk.device)).string();
  SB_TRY(run_program(site.run_id, {"qemu-img", "create", "-q", "-f", "qcow2", path,
                                   std::to_string(disk.size_bytes)}));
  if (site.owner && ::chown(path.c_str(), *site.owner, static_cast<gid_t>(-1)) != 0)
    return environment_error(
        fmt::format("{} can't be given to QEMU's user: {}", path, std::strerror(errno)),
        "check the storage folder");
  return {};
}

Nothing LibvirtLaboratory::create_item(const ItemSpec& item) {
  know_item(item);
  for (std::size_t n = 0; n < item.vms.size(); ++n) {
    recovery::VmDefinition vm{.name = vm_name(item, n), .disks = {}, .hardware = item.vms[n]};
    for (const DiskSpec& disk : item.disks) {
      if (disk.vm != n) continue;
      SB_TRY(create_volume(vm.name, disk));
      vm.disks.push_back({disk.device, fmt::format("{}-{}", vm.name, disk.device)});
    }
    SB_ASSIGN(xml, domain_xml(config_of(Site::primary), vm, {.use_kvm = options_.use_kvm}));
    SB_ASSIGN(reached, access(Site::primary));
    SB_ASSIGN(domain, reached->connection->define(xml));
    if (virDomainCreateWithFlags(domain.get(),
                                 config_of(Site::primary).guest ? 0 : VIR_DOMAIN_START_PAUSED) != 0)
      return libvirt_error("starting VM " + vm.name);
  }
  return {};
}

Nothing LibvirtLaboratory::remove_item(const ItemName& item) {
  const Nothing primary = remove_from(Site::primary, item);
  const Nothing recovery = remove_from(Site::recovery, item);
  return primary ? recovery : primary;
}

Nothing LibvirtLaboratory::remove_from(Site site, const ItemName& item) {
  SB_ASSIGN(reached, access(site));
  const Connection& connection = *reached->connection;
  SB_ASSIGN(domains,
            connection.domains([&](const std::string& name) { return belongs_to(name, item); }));
  for (const auto& [name, domain] : domains) {
    SB_ASSIGN(active, is_active(domain));
    // Ends its jobs as well.
    if (active && virDomainDestroy(domain.get()) != 0 &&
        libvirt_error_code() != VIR_ERR_OPERATION_INVALID)
      return libvirt_error("stopping VM " + name);
    if (virDomainUndefineFlags(domain.get(), kUndefineAll) != 0)
      return libvirt_error("removing VM " + name);
  }
  SB_TRY(end_processes(connection.site(), item));
  SB_ASSIGN(keys, secret_names(connection));
  for (const std::string& key : keys)
    if (belongs_to(key, item)) SB_TRY(drop_secret(connection, key));
  SB_ASSIGN(volumes, volume_files(connection.site(), item));
  SB_ASSIGN(sockets, socket_files(connection.site(), item));
  volumes.insert(volumes.end(), sockets.begin(), sockets.end());
  for (const ItemFile& file : volumes) {
    std::error_code error;
    std::filesystem::remove(file.path, error);
    if (error)
      return environment_error(
          fmt::format("{} can't be removed: {}", file.path.string(), error.message()),
          "check the permissions of its folder");
  }
  return {};
}

}  // namespace switchback::libvirt
