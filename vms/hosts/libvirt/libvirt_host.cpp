// SPDX-License-Identifier: Apache-2.0
// VMs of a real site; volumes, views and checkpoints are in the files beside this one.
#include "vms/hosts/libvirt/libvirt_host.hpp"

#include <algorithm>

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

/// In a VM's metadata: it was told to start, and its tracking is not armed yet. So a VM that a dead
/// controller left between the two can be told from one whose guest has run untracked.
constexpr const char* kStartingUri = "https://switchback.example/starting/1";

Nothing note_starting(const Domain& domain, bool starting, unsigned where) {
  if (virDomainSetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT, starting ? "<vm/>" : nullptr,
                           starting ? "starting" : nullptr, kStartingUri, where) < 0)
    return libvirt_error("noting a start");
  return {};
}

bool is_starting(const Domain& domain) {
  const OwnedString note(virDomainGetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT,
                                              kStartingUri, VIR_DOMAIN_AFFECT_LIVE));
  return note != nullptr;
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
  if (!active) {
    SB_TRY(note_starting(domain, track.has_value(), VIR_DOMAIN_AFFECT_CONFIG));
    // Paused: the guest executes nothing until tracking is armed, and without an OS nothing after.
    if (virDomainCreateWithFlags(domain.get(), VIR_DOMAIN_START_PAUSED) < 0)
      return libvirt_error("starting VM " + vm);
  }
  if (!track) return {};
  SB_ASSIGN(names, checkpoint_names(domain));
  if (std::find(names.begin(), names.end(), *track) == names.end()) {
    if (active && !is_starting(domain))
      return environment_error(fmt::format("VM {} runs, and {} does not track it", vm, *track),
                               "shut it down, and start it with tracking");
    const Nothing armed = arm_tracking(domain, vm, *track);
    if (!armed) {
      virDomainDestroyFlags(domain.get(), VIR_DOMAIN_DESTROY_GRACEFUL);
      return armed;
    }
  }
  return note_starting(domain, false, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG);
}

Nothing LibvirtHost::arm_tracking(const Domain& domain, const recovery::VmName& vm,
                                  const recovery::CheckpointName& track) {
  SB_ASSIGN(files, disk_files_of(domain));
  std::vector<std::string> devices;
  for (const DiskFile& disk : files)
    devices.push_back(disk.device);
  const Checkpoint made(
      virDomainCheckpointCreateXML(domain.get(), checkpoint_xml(track, devices).c_str(), 0));
  if (!made) return libvirt_error(fmt::format("starting tracking {} of VM {}", track, vm));
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
