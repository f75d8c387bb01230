// SPDX-License-Identifier: Apache-2.0
// See libvirt_laboratory.hpp; the census is in libvirt_census.cpp.
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <libvirt/virterror.h>
#include <unistd.h>
#include <xxhash.h>

#include "harness/base/assert.hpp"
#include "vms/hosts/libvirt/domain_xml.hpp"
#include "vms/hosts/libvirt/guest_writer.hpp"
#include "vms/hosts/libvirt/item_objects.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/qcow2_header.hpp"
#include "vms/hosts/libvirt/stamp_image.hpp"

namespace switchback::libvirt {
namespace {

constexpr std::string_view kLocatorScheme = "qcow2:";

std::uint64_t hash_of(const std::string& text) {
  return XXH3_64bits(text.data(), text.size());
}

/// A disk of a running VM. The VM's QEMU is asked only while blocks are visited, so that a reader
/// kept open hinders nobody.
class RunningDisk final : public ImageReader {
 public:
  using Open = std::function<Result<GuestDisks>()>;
  RunningDisk(Bytes size, const StampOwner& owner, Open open)
      : size_(size), owner_(owner), open_(std::move(open)) {}

  [[nodiscard]] Bytes size_bytes() const override { return size_; }
  Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) override {
    SB_ASSIGN(guest, open_());
    SB_TRY(visit_disk(guest.disk(0), owner_, visit));
    return guest.close();
  }

 private:
  Bytes size_;
  StampOwner owner_;
  Open open_;
};

Result<std::unique_ptr<ImageReader>> open_image(const std::string& path, const StampOwner& owner,
                                                Duration patience) {
  NbdOptions options;
  options.patience = patience;
  SB_ASSIGN(disk, NbdDisk::open_file(path, "qcow2", options));
  return std::make_unique<StampImage>(std::move(disk), owner);
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
  SB_ASSIGN(meter, WireMeter::start());
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

Result<std::vector<DiskFile>> LibvirtLaboratory::disks_of(Access& access, const ItemName& item) {
  SB_ASSIGN(domain, access.connection->domain(item));
  const OwnedString xml(virDomainGetXMLDesc(domain.get(), 0));
  if (!xml) return libvirt_error("reading the definition of VM " + item);
  return disk_files(xml.get());
}

StampOwner LibvirtLaboratory::owner_of(const ItemName& item, std::size_t disk) const {
  return {.run = hash_of(primary_.connection->site().run_id),
          .item = hash_of(item),
          .disk = static_cast<std::uint32_t>(disk)};
}

Nothing LibvirtLaboratory::create_volume(const ItemName& item, const DiskSpec& disk) {
  if (disk.size_bytes % kSectorBytes != 0 || disk.size_bytes == 0)
    return bad_input(fmt::format("disk {} of {} has {} bytes, no whole number of sectors",
                                 disk.device, item, disk.size_bytes),
                     "make its size a multiple of 512");
  const SiteConfig& site = primary_.connection->site();
  const std::string path = site.volume_path(fmt::format("{}-{}", item, disk.device)).string();
  SB_TRY(run_program(site.run_id, {"qemu-img", "create", "-q", "-f", "qcow2", path,
                                   std::to_string(disk.size_bytes)}));
  if (site.owner && ::chown(path.c_str(), *site.owner, static_cast<gid_t>(-1)) != 0)
    return environment_error(
        fmt::format("{} can't be given to QEMU's user: {}", path, std::strerror(errno)),
        "check the storage folder");
  return {};
}

Nothing LibvirtLaboratory::create_item(const ItemSpec& item) {
  recovery::VmDefinition vm{.name = item.name, .disks = {}};
  for (const DiskSpec& disk : item.disks) {
    SB_TRY(create_volume(item.name, disk));
    vm.disks.push_back({disk.device, fmt::format("{}-{}", item.name, disk.device)});
  }
  SB_ASSIGN(domain, primary_.connection->define(
                        domain_xml(primary_.connection->site(), vm, options_.use_kvm)));
  if (virDomainCreateWithFlags(domain.get(), VIR_DOMAIN_START_PAUSED) != 0)
    return libvirt_error("starting VM " + item.name);
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
  SB_ASSIGN(domains, connection.domains());
  for (const auto& [name, domain] : domains) {
    if (!belongs_to(name, item)) continue;
    SB_ASSIGN(active, is_active(domain));
    // Ends its jobs as well.
    if (active && virDomainDestroy(domain.get()) != 0 &&
        libvirt_error_code() != VIR_ERR_OPERATION_INVALID)
      return libvirt_error("stopping VM " + name);
    constexpr unsigned kAll = VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA |
                              VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                              VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_NVRAM;
    if (virDomainUndefineFlags(domain.get(), kAll) != 0)
      return libvirt_error("removing VM " + name);
  }
  SB_TRY(end_processes(connection.site(), item));
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

Result<GuestDisks> LibvirtLaboratory::open_guest(const ItemName& item, Site site,
                                                 const std::vector<std::size_t>& numbers,
                                                 DiskAccess how) {
  SB_ASSIGN(reached, access(site));
  SB_ASSIGN(domain, reached->connection->domain(item));
  SB_ASSIGN(active, is_active(domain));
  if (!active)
    return environment_error(fmt::format("VM {} does not run at {}", item, name_of(site)),
                             "a guest writes only while it runs");
  SB_ASSIGN(disks, disks_of(*reached, item));
  std::vector<std::string> devices;
  for (const std::size_t number : numbers) {
    if (number >= disks.size())
      return bad_input(fmt::format("VM {} has no disk number {}", item, number),
                       "name a disk that it has");
    devices.push_back(disks[number].device);
  }
  const Monitor monitor(std::move(domain), options_.patience, reached->silent);
  const std::string socket = reached->connection->site().socket_path(item + ".guest").string();
  return GuestDisks::open(monitor, devices, how, socket, options_.patience);
}

Nothing LibvirtLaboratory::write(const ItemName& item, Site site,
                                 const std::vector<GuestWrite>& writes) {
  if (writes.empty()) return {};
  std::set<std::size_t> written;
  for (const GuestWrite& write : writes)
    written.insert(write.disk);
  const std::vector<std::size_t> numbers(written.begin(), written.end());
  SB_ASSIGN(guest, open_guest(item, site, numbers, DiskAccess::write));
  std::vector<NbdDisk*> disks(numbers.back() + 1, nullptr);
  for (std::size_t n = 0; n < numbers.size(); ++n)
    disks[numbers[n]] = &guest.disk(n);
  SB_TRY(write_stamps(disks, owner_of(item, 0), writes));
  return guest.close();
}

Nothing LibvirtLaboratory::flush(const ItemName& item, Site site) {
  SB_ASSIGN(reached, access(site));
  SB_ASSIGN(disks, disks_of(*reached, item));
  std::vector<std::size_t> numbers(disks.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  SB_ASSIGN(guest, open_guest(item, site, numbers, DiskAccess::write));
  for (std::size_t n = 0; n < guest.disk_count(); ++n)
    SB_TRY(guest.disk(n).flush());
  return guest.close();
}

Result<std::unique_ptr<ImageReader>> LibvirtLaboratory::open_disk(const ItemName& item, Site site,
                                                                  std::size_t disk) {
  SB_ASSIGN(reached, access(site));
  SB_ASSIGN(files, disks_of(*reached, item));
  if (disk >= files.size())
    return bad_input(fmt::format("VM {} has no disk number {}", item, disk),
                     "name a disk that it has");
  SB_ASSIGN(active, runs(site, item));
  const StampOwner owner = owner_of(item, disk);
  if (!active) return open_image(files[disk].file.string(), owner, options_.patience);
  SB_ASSIGN(header, read_qcow2_header(files[disk].file));
  return std::make_unique<RunningDisk>(header.size_bytes, owner, [this, item, site, disk] {
    return open_guest(item, site, {disk}, DiskAccess::read);
  });
}

Result<std::unique_ptr<ImageReader>> LibvirtLaboratory::open_located(const ItemName& item,
                                                                     std::size_t disk,
                                                                     const DiskLocator& locator) {
  if (!locator.starts_with(kLocatorScheme))
    return environment_error(fmt::format("'{}' locates no image of a real site", locator),
                             "a locator is qcow2:<absolute path>");
  return open_image(locator.substr(kLocatorScheme.size()), owner_of(item, disk), options_.patience);
}

Result<bool> LibvirtLaboratory::runs(Site site, const ItemName& item) {
  SB_ASSIGN(reached, access(site));
  SB_ASSIGN(domain, reached->connection->find_domain(item));
  if (!domain) return false;
  return is_active(*domain);
}

Result<LiveCopies> LibvirtLaboratory::live_copies(const ItemName& item) {
  SB_ASSIGN(at_primary, runs(Site::primary, item));
  SB_ASSIGN(at_recovery, runs(Site::recovery, item));
  return LiveCopies{.primary = at_primary, .recovery = at_recovery};
}

}  // namespace switchback::libvirt
