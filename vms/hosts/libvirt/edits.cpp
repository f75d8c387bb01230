// SPDX-License-Identifier: Apache-2.0
// Changes that somebody makes to a VM at primary beside the DR system.
//
// A VM that runs gets its new definition at its next start, as with most changes of real VMs;
// a disk grows at once. Disks are not swapped: libvirt can't do that to a running VM, and its
// guest's data would not follow.
#include <algorithm>

#include <fmt/format.h>
#include <libvirt/virterror.h>

#include "vms/hosts/libvirt/bounded_call.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/qcow2_header.hpp"

namespace switchback::libvirt {
namespace {

constexpr Bytes kAddedDisk = Bytes{1} << 20;
constexpr Bytes kGrowth = Bytes{1} << 20;
constexpr Bytes kMoreMemory = Bytes{16} << 20;

/// The same address with another last byte.
std::string other_mac(std::string mac) {
  const auto last = static_cast<unsigned>(std::stoul(mac.substr(mac.size() - 2), nullptr, 16));
  return mac.replace(mac.size() - 2, 2, fmt::format("{:02x}", (last + 0x80U) & 0xffU));
}

Nothing grow_online(const Domain& domain, const std::string& device, Bytes size) {
  if (virDomainBlockResize(domain.get(), device.c_str(), size, VIR_DOMAIN_BLOCK_RESIZE_BYTES) < 0)
    return libvirt_error("resizing disk " + device);
  return {};
}

}  // namespace

std::vector<Edit> LibvirtLaboratory::edits() const {
  return {Edit::add_disk,   Edit::grow_disk, Edit::change_nic,
          Edit::add_memory, Edit::delete_vm, Edit::undo};
}

Nothing LibvirtLaboratory::edit(const ItemName& item, Edit edit) {
  SB_ASSIGN(spec, spec_of(item));
  SB_ASSIGN(vm, find_vm(Site::primary, *spec, 0, false));
  const OwnedString xml(virDomainGetXMLDesc(vm.domain.get(), VIR_DOMAIN_XML_INACTIVE));
  if (!xml) return libvirt_error("reading the definition of VM " + vm.name);
  SB_ASSIGN(definition, definition_in(config_of(Site::primary), xml.get()));
  switch (edit) {
    case Edit::add_disk:
      return add_disk(definition, vm);
    case Edit::grow_disk:
      return resize_first_disk(definition, vm, kGrowth);
    case Edit::change_nic:
      if (definition.hardware.nics.empty())
        return bad_input(fmt::format("VM {} has no NIC", vm.name), "choose another edit");
      definition.hardware.nics[0].mac = other_mac(definition.hardware.nics[0].mac);
      return redefine(definition, vm);
    case Edit::add_memory:
      definition.hardware.memory_bytes += kMoreMemory;
      return redefine(definition, vm);
    case Edit::delete_vm:
      return delete_vm(definition, vm);
    case Edit::undo:
      return undo_disk_edits(*spec, definition, vm);
    case Edit::swap_disks:
    case Edit::move_disk:
    case Edit::foreign_checkpoint:
    case Edit::take_snapshot:
    case Edit::revert_to_snapshot:
      break;
  }
  return unsupported(fmt::format("{} can't be made on libvirt", name_of(edit)),
                     "choose one of those that are");
}

Nothing LibvirtLaboratory::redefine(const recovery::VmDefinition& definition, const ItemVm& vm) {
  std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
  virDomainGetUUIDString(vm.domain.get(), uuid.data());
  SB_ASSIGN(xml, domain_xml(config_of(Site::primary), definition,
                            {.use_kvm = options_.use_kvm, .uuid = uuid.data(), .chains = {}}));
  SB_ASSIGN(reached, access(Site::primary));
  SB_TRY(reached->connection->define(xml));
  return {};
}

Nothing LibvirtLaboratory::add_disk(recovery::VmDefinition definition, const ItemVm& vm) {
  const std::string device = fmt::format("vd{}", static_cast<char>('a' + definition.disks.size()));
  SB_TRY(create_volume(vm.name, {.device = device, .size_bytes = kAddedDisk}));
  definition.disks.push_back({device, fmt::format("{}-{}", vm.name, device)});
  return redefine(definition, vm);
}

Nothing LibvirtLaboratory::resize_first_disk(const recovery::VmDefinition& definition, ItemVm& vm,
                                             std::int64_t by) {
  const recovery::VmDisk& disk = definition.disks.at(0);
  const SiteConfig& site = config_of(Site::primary);
  const std::filesystem::path file = site.volume_path(disk.volume);
  SB_ASSIGN(header, read_qcow2_header(file));
  const Bytes size = header.size_bytes + static_cast<Bytes>(by);
  if (!vm.running) {
    std::vector<std::string> command{"qemu-img", "resize", "-q"};
    if (by < 0) command.emplace_back("--shrink");
    command.insert(command.end(), {file.string(), std::to_string(size)});
    SB_TRY(run_program(site.run_id, command));
    return {};
  }
  const auto domain = std::make_shared<Domain>(std::move(vm.domain));
  return bounded_call<void>(
      "resizing a disk of VM " + vm.name, options_.patience,
      [domain, device = disk.device, size] { return grow_online(*domain, device, size); });
}

Nothing LibvirtLaboratory::delete_vm(const recovery::VmDefinition& definition, const ItemVm& vm) {
  if (vm.running)
    return environment_error(fmt::format("VM {} runs, it can't be deleted", vm.name),
                             "shut it down first");
  if (virDomainUndefineFlags(vm.domain.get(), kUndefineAll) < 0)
    return libvirt_error("deleting VM " + vm.name);
  for (const recovery::VmDisk& disk : definition.disks) {
    std::error_code ignored;
    std::filesystem::remove(config_of(Site::primary).volume_path(disk.volume), ignored);
  }
  return {};
}

Nothing LibvirtLaboratory::undo_disk_edits(const ItemSpec& item, recovery::VmDefinition definition,
                                           ItemVm& vm) {
  std::vector<DiskSpec> own;
  std::copy_if(item.disks.begin(), item.disks.end(), std::back_inserter(own),
               [](const DiskSpec& disk) { return disk.vm == 0; });
  const SiteConfig& site = config_of(Site::primary);
  bool added = false;
  for (; definition.disks.size() > own.size(); definition.disks.pop_back()) {
    std::error_code ignored;
    std::filesystem::remove(site.volume_path(definition.disks.back().volume), ignored);
    added = true;
  }
  if (added) SB_TRY(redefine(definition, vm));
  SB_ASSIGN(header, read_qcow2_header(site.volume_path(definition.disks.at(0).volume)));
  if (header.size_bytes == own.at(0).size_bytes) return {};
  return resize_first_disk(definition, vm,
                           static_cast<std::int64_t>(own.at(0).size_bytes) -
                               static_cast<std::int64_t>(header.size_bytes));
}

}  // namespace switchback::libvirt
