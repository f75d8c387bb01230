// SPDX-License-Identifier: Apache-2.0
// What the guests of an item do, and what they would read.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "vms/hosts/libvirt/guest_agent.hpp"
#include "vms/hosts/libvirt/guest_writer.hpp"
#include "vms/hosts/libvirt/holds.hpp"
#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
#include "vms/hosts/libvirt/mapped_image.hpp"
#include "vms/hosts/libvirt/qcow2_header.hpp"
#include "vms/hosts/libvirt/stamp_image.hpp"

namespace switchback::libvirt {
namespace {

constexpr std::string_view kLocatorScheme = "qcow2:";

/// An Error of kind not_found if the image or something that it rests on is not there.
Nothing expect_whole_chain(std::filesystem::path file) {
  while (!file.empty()) {
    SB_ASSIGN(header, read_qcow2_header(file));
    file = header.backing;
  }
  return {};
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

}  // namespace

Result<std::unique_ptr<ImageReader>> LibvirtLaboratory::open_image(
    Site site, const std::filesystem::path& file, const StampOwner& owner) {
  SB_ASSIGN(reached, access(site));
  SB_ASSIGN(mapped, map_image(config_of(site).run_id, file, owner));
  if (mapped) return std::make_unique<FileImage>(std::move(*mapped));
  NbdOptions options;
  options.patience = options_.patience;
  SB_ASSIGN(image, openable(*reached->connection, file, Layers::all));
  SB_ASSIGN(disk, NbdDisk::open_file(image, options));
  return std::make_unique<StampImage>(std::move(disk), owner);
}

Result<std::size_t> LibvirtLaboratory::vm_of_disk(const ItemSpec& item, std::size_t disk) {
  if (disk < item.disks.size()) return item.disks[disk].vm;
  return bad_input(fmt::format("item {} has no disk number {}", item.name, disk),
                   "name a disk that it has");
}

Result<LibvirtLaboratory::ItemVm> LibvirtLaboratory::running_vm(const VmOfItem& vm) {
  SB_ASSIGN(found, find_vm(vm.copy.site, vm.spec, vm.vm, vm.copy.test));
  if (!found.running)
    return environment_error(
        fmt::format("VM {} does not run at {}", found.name, name_of(vm.copy.site)),
        "a guest writes only while it runs");
  return std::move(found);
}

Result<LibvirtLaboratory::ItemVm> LibvirtLaboratory::writing_vm(const VmOfItem& vm) {
  SB_ASSIGN(found, running_vm(vm));
  if (is_marked_suspended(found.domain))
    return environment_error(fmt::format("the guest of VM {} is suspended", found.name),
                             "it writes again when it is resumed");
  return std::move(found);
}

Result<GuestAgent> LibvirtLaboratory::agent_of(const VmOfItem& vm) {
  SB_ASSIGN(found, writing_vm(vm));
  return GuestAgent::connect(config_of(vm.copy.site), found.name, options_.patience);
}

Result<GuestDisks> LibvirtLaboratory::open_guest(const VmOfItem& vm,
                                                 const std::vector<std::size_t>& numbers,
                                                 DiskAccess how) {
  SB_ASSIGN(found, how == DiskAccess::write ? writing_vm(vm) : running_vm(vm));
  std::vector<std::string> devices;
  for (const std::size_t number : numbers)
    devices.push_back(vm.spec.disks[number].device);
  SB_ASSIGN(reached, access(vm.copy.site));
  const Monitor monitor(std::move(found.domain), options_.patience, reached->silent);
  const std::string socket = config_of(vm.copy.site).socket_path(found.name + ".guest").string();
  return GuestDisks::open(monitor, devices, how, socket, options_.patience);
}

Nothing LibvirtLaboratory::write_as_guest(const ItemName& item, Copy copy,
                                          const std::vector<GuestWrite>& writes) {
  SB_ASSIGN(spec, spec_of(item));
  std::map<std::size_t, std::vector<GuestWrite>> by_vm;
  for (const GuestWrite& write : writes) {
    SB_ASSIGN(vm, vm_of_disk(*spec, write.disk));
    by_vm[vm].push_back(write);
  }
  for (const auto& [vm, own] : by_vm) {
    const VmOfItem one{.spec = *spec, .copy = copy, .vm = vm};
    SB_TRY(config_of(copy.site).guest ? write_by_agent(one, own) : write_through_qemu(one, own));
  }
  return {};
}

Nothing LibvirtLaboratory::write_by_agent(const VmOfItem& vm,
                                          const std::vector<GuestWrite>& writes) {
  SB_ASSIGN(agent, agent_of(vm));
  std::vector<std::string> devices;
  for (const DiskSpec& disk : vm.spec.disks)
    devices.push_back(disk.device);
  return agent.write(devices, owner_of(vm.spec.name, 0), writes);
}

Nothing LibvirtLaboratory::write_through_qemu(const VmOfItem& vm,
                                              const std::vector<GuestWrite>& writes) {
  std::set<std::size_t> written;
  for (const GuestWrite& write : writes)
    written.insert(write.disk);
  const std::vector<std::size_t> numbers(written.begin(), written.end());
  SB_ASSIGN(guest, open_guest(vm, numbers, DiskAccess::write));
  std::vector<NbdDisk*> disks(vm.spec.disks.size(), nullptr);
  for (std::size_t n = 0; n < numbers.size(); ++n)
    disks[numbers[n]] = &guest.disk(n);
  SB_TRY(write_stamps(disks, owner_of(vm.spec.name, 0), writes));
  return guest.close();
}

Nothing LibvirtLaboratory::write(const ItemName& item, Site site,
                                 const std::vector<GuestWrite>& writes) {
  return write_as_guest(item, {.site = site, .test = false}, writes);
}

Nothing LibvirtLaboratory::write_test(const ItemName& item, const std::vector<GuestWrite>& writes) {
  return write_as_guest(item, {.site = Site::recovery, .test = true}, writes);
}

Nothing LibvirtLaboratory::flush(const ItemName& item, Site site) {
  SB_ASSIGN(spec, spec_of(item));
  for (std::size_t vm = 0; vm < spec->vms.size(); ++vm) {
    const VmOfItem one{.spec = *spec, .copy = {.site = site, .test = false}, .vm = vm};
    std::vector<std::size_t> numbers;
    std::vector<std::string> devices;
    for (std::size_t disk = 0; disk < spec->disks.size(); ++disk) {
      if (spec->disks[disk].vm != vm) continue;
      numbers.push_back(disk);
      devices.push_back(spec->disks[disk].device);
    }
    if (config_of(site).guest) {
      SB_ASSIGN(agent, agent_of(one));
      SB_TRY(agent.flush(devices));
      continue;
    }
    SB_ASSIGN(guest, open_guest(one, numbers, DiskAccess::write));
    for (std::size_t n = 0; n < guest.disk_count(); ++n)
      SB_TRY(guest.disk(n).flush());
    SB_TRY(guest.close());
  }
  return {};
}

Result<std::unique_ptr<ImageReader>> LibvirtLaboratory::open_copy(const ItemName& item, Copy copy,
                                                                  std::size_t disk) {
  SB_ASSIGN(spec, spec_of(item));
  SB_ASSIGN(vm, vm_of_disk(*spec, disk));
  SB_ASSIGN(found, find_vm(copy.site, *spec, vm, copy.test));
  const OwnedString xml(virDomainGetXMLDesc(found.domain.get(), 0));
  if (!xml) return libvirt_error("reading the definition of VM " + found.name);
  SB_ASSIGN(files, disk_files(xml.get()));
  const std::string& device = spec->disks[disk].device;
  const auto file = std::find_if(files.begin(), files.end(),
                                 [&](const DiskFile& one) { return one.device == device; });
  if (file == files.end())
    return not_found(fmt::format("VM {} has no disk {}", found.name, device),
                     "look whether it was taken away");
  const StampOwner owner = owner_of(item, disk);
  if (!found.running) return open_image(copy.site, file->file, owner);
  SB_ASSIGN(header, read_qcow2_header(file->file));
  return std::make_unique<RunningDisk>(
      header.size_bytes, owner, [this, spec = *spec, copy, vm, disk] {
        return open_guest({.spec = spec, .copy = copy, .vm = vm}, {disk}, DiskAccess::read);
      });
}

Result<std::unique_ptr<ImageReader>> LibvirtLaboratory::open_disk(const ItemName& item, Site site,
                                                                  std::size_t disk) {
  return open_copy(item, {.site = site, .test = false}, disk);
}

Result<std::unique_ptr<ImageReader>> LibvirtLaboratory::open_test_disk(const ItemName& item,
                                                                       std::size_t disk) {
  return open_copy(item, {.site = Site::recovery, .test = true}, disk);
}

Result<std::unique_ptr<ImageReader>> LibvirtLaboratory::open_located(const ItemName& item,
                                                                     std::size_t disk,
                                                                     const DiskLocator& locator) {
  if (!locator.starts_with(kLocatorScheme))
    return environment_error(fmt::format("'{}' locates no image of a real site", locator),
                             "a locator is qcow2:<absolute path>");
  const std::filesystem::path file = locator.substr(kLocatorScheme.size());
  SB_TRY(expect_whole_chain(file));
  const Site site =
      file.parent_path() == config_of(Site::primary).storage ? Site::primary : Site::recovery;
  return open_image(site, file, owner_of(item, disk));
}

}  // namespace switchback::libvirt
