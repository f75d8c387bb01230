// SPDX-License-Identifier: Apache-2.0
// VMs of a real site; volumes, views and checkpoints are in the files beside this one.
#include "vms/hosts/libvirt/libvirt_host.hpp"

#include <fmt/format.h>
#include <libvirt/virterror.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/domain_xml.hpp"

namespace switchback::libvirt {
namespace {

/// Whether the domain has that file at the place of that disk already.
bool same_disks(const std::vector<DiskFile>& files, const SiteConfig& site,
                const recovery::VmDefinition& vm) {
  if (files.size() != vm.disks.size()) return false;
  for (std::size_t n = 0; n < files.size(); ++n)
    if (files[n].device != vm.disks[n].device ||
        files[n].file != site.volume_path(vm.disks[n].volume))
      return false;
  return true;
}

Result<std::vector<DiskFile>> disk_files_of(const Domain& domain) {
  const OwnedString xml(virDomainGetXMLDesc(domain.get(), VIR_DOMAIN_XML_INACTIVE));
  if (!xml) return libvirt_error("reading a domain's definition");
  return disk_files(xml.get());
}

/// The volume's name, from the file that the run's mark makes of it.
std::string volume_name(const SiteConfig& site, const std::filesystem::path& file) {
  const std::string name = file.stem().string();
  return name.starts_with(site.prefix()) ? name.substr(site.prefix().size()) : name;
}

}  // namespace

Nothing LibvirtHost::ensure_vm(const recovery::VmDefinition& definition) {
  SB_ASSIGN(found, connection_.find_domain(definition.name));
  if (found) {
    SB_ASSIGN(files, disk_files_of(*found));
    if (same_disks(files, site_, definition)) return {};
    SB_TRY(remove_vm(definition.name));
  }
  SB_TRY(connection_.define(domain_xml(site_, definition, use_kvm_)));
  return {};
}

Nothing LibvirtHost::remove_vm(const recovery::VmName& vm) {
  SB_ASSIGN(found, connection_.find_domain(vm));
  if (!found) return {};
  SB_ASSIGN(active, is_active(*found));
  if (active)
    return environment_error(fmt::format("VM {} runs, it can't be removed", vm),
                             "shut it down first");
  if (virDomainUndefineFlags(found->get(), VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA) < 0)
    return libvirt_error("removing VM " + vm);
  return {};
}

Result<std::optional<recovery::VmDefinition>> LibvirtHost::find_vm(const recovery::VmName& vm) {
  SB_ASSIGN(found, connection_.find_domain(vm));
  if (!found) return std::nullopt;
  SB_ASSIGN(files, disk_files_of(*found));
  recovery::VmDefinition definition{.name = vm, .disks = {}};
  for (const DiskFile& disk : files)
    definition.disks.push_back({disk.device, volume_name(site_, disk.file)});
  return definition;
}

Result<bool> LibvirtHost::is_running(const recovery::VmName& vm) {
  SB_ASSIGN(domain, connection_.domain(vm));
  return is_active(domain);
}

Nothing LibvirtHost::start_vm(const recovery::VmName& vm,
                              const std::optional<recovery::CheckpointName>& track) {
  SB_ASSIGN(domain, connection_.domain(vm));
  SB_ASSIGN(active, is_active(domain));
  // Paused: the guest executes nothing until tracking is armed, and without an OS nothing after.
  if (!active && virDomainCreateWithFlags(domain.get(), VIR_DOMAIN_START_PAUSED) < 0)
    return libvirt_error("starting VM " + vm);
  if (!track) return {};
  SB_ASSIGN(names, checkpoint_names(domain));
  for (const std::string& name : names)
    if (name == *track) return {};
  SB_ASSIGN(definition, find_vm(vm));
  std::vector<std::string> devices;
  for (const recovery::VmDisk& disk : definition->disks)
    devices.push_back(disk.device);
  const Checkpoint made(
      virDomainCheckpointCreateXML(domain.get(), checkpoint_xml(*track, devices).c_str(), 0));
  if (!made) return libvirt_error(fmt::format("starting tracking {} of VM {}", *track, vm));
  return {};
}

Nothing LibvirtHost::shut_down_vm(const recovery::VmName& vm) {
  SB_ASSIGN(domain, connection_.domain(vm));
  SB_ASSIGN(active, is_active(domain));
  if (!active) return {};
  // There is no OS to be asked. GRACEFUL lets QEMU close its images, and with them the bitmaps; it
  // returns when the process is gone.
  if (virDomainDestroyFlags(domain.get(), VIR_DOMAIN_DESTROY_GRACEFUL) < 0 &&
      libvirt_error_code() != VIR_ERR_OPERATION_INVALID)
    return libvirt_error("shutting down VM " + vm);
  SB_ASSIGN(still_active, is_active(domain));
  if (still_active)
    return environment_error(fmt::format("VM {} still runs after it was shut down", vm),
                             "see its log");
  return {};
}

}  // namespace switchback::libvirt
