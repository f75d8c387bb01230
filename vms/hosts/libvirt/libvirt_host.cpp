// SPDX-License-Identifier: Apache-2.0
// VMs of a real site; volumes, keys, holds, views and checkpoints are in the files beside this one.
#include "vms/hosts/libvirt/libvirt_host.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <libvirt/virterror.h>

#include "vms/hosts/libvirt/backup_xml.hpp"
#include "vms/hosts/libvirt/holds.hpp"
#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/qemu_agent.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {
namespace {

/// As it is at its next start, which is what it was defined as.
Result<std::string> definition_xml(const Domain& domain) {
  const OwnedString xml(virDomainGetXMLDesc(domain.get(), VIR_DOMAIN_XML_INACTIVE));
  if (!xml) return libvirt_error("reading a domain's definition");
  return std::string(xml.get());
}

std::string uuid_of(const Domain& domain) {
  std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
  virDomainGetUUIDString(domain.get(), uuid.data());
  return uuid.data();
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

Nothing arm_tracking(const Domain& domain, const std::string& vm, const std::string& track) {
  SB_ASSIGN(xml, definition_xml(domain));
  SB_ASSIGN(files, disk_files(xml));
  std::vector<std::string> devices;
  for (const DiskFile& disk : files)
    devices.push_back(disk.device);
  const Checkpoint made(
      virDomainCheckpointCreateXML(domain.get(), checkpoint_xml(track, devices).c_str(), 0));
  if (!made) return libvirt_error(fmt::format("starting tracking {} of VM {}", track, vm));
  return {};
}

/// Starts it paused, and arms tracking.
Nothing start_paused(const Domain& domain, const std::string& vm,
                     const std::optional<std::string>& track) {
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

/// Started, and not told to run yet, by whoever began; one that is suspended stays so.
Nothing run_guest(const Domain& domain, const std::string& vm) {
  return is_marked_suspended(domain) ? Nothing{} : let_run(domain, vm);
}

Nothing stop(const Domain& domain, const std::string& vm, unsigned flags) {
  SB_ASSIGN(active, is_active(domain));
  if (!active) return {};
  if (virDomainDestroyFlags(domain.get(), flags) < 0 &&
      libvirt_error_code() != VIR_ERR_OPERATION_INVALID)
    return libvirt_error("shutting down VM " + vm);
  SB_ASSIGN(still_active, is_active(domain));
  if (still_active)
    return environment_error(fmt::format("VM {} still runs after it was shut down", vm),
                             "see its log");
  return {};
}

Nothing undefine(const Domain& domain, const std::string& vm) {
  SB_ASSIGN(active, is_active(domain));
  if (active)
    return environment_error(fmt::format("VM {} runs, it can't be removed", vm),
                             "shut it down first");
  if (virDomainUndefineFlags(domain.get(), kUndefineAll) < 0)
    return libvirt_error("removing VM " + vm);
  return {};
}

}  // namespace

Result<DomainOptions> LibvirtHost::options_for(const recovery::VmDefinition& definition) {
  DomainOptions options{.use_kvm = use_kvm_};
  for (const recovery::VmDisk& disk : definition.disks) {
    const std::filesystem::path file = site_.volume_path(disk.volume);
    const std::optional<std::string> key = key_name_of(file);
    options.chains.emplace_back();
    if (!key) continue;
    SB_ASSIGN(files, image_chain(site_.run_id, file));
    options.chains.back() =
        EncryptedChain{.secret_uuid = secret_uuid(site_, *key), .files = std::move(files)};
  }
  return options;
}

Nothing LibvirtHost::ensure_vm(const recovery::VmDefinition& definition) {
  SB_ASSIGN(options, options_for(definition));
  SB_ASSIGN(found, calls_.find(definition.name));
  if (found) {
    SB_ASSIGN(xml, definition_xml(*found));
    SB_ASSIGN(old, definition_in(site_, xml));
    if (old.disks == definition.disks && old.hardware == definition.hardware &&
        old.isolated_network == definition.isolated_network)
      return {};
    SB_ASSIGN(active, is_active(*found));
    if (active)
      return environment_error(
          fmt::format("VM {} runs, it can't be defined otherwise", definition.name),
          "shut it down first");
    // With the same disks its checkpoints stay what they are.
    if (old.disks == definition.disks)
      options.uuid = uuid_of(*found);
    else
      SB_TRY(remove_vm(definition.name));
  }
  SB_ASSIGN(xml, domain_xml(site_, definition, options));
  SB_ASSIGN(used, calls_.connection());
  SB_TRY(used->define(xml));
  return {};
}

Nothing LibvirtHost::remove_vm(const recovery::VmName& vm) {
  return calls_.ask_if_there<void>(vm, "removing VM " + vm, {},
                                   [vm](const Domain& domain) { return undefine(domain, vm); });
}

Result<std::optional<recovery::VmDefinition>> LibvirtHost::find_vm(const recovery::VmName& vm) {
  SB_ASSIGN(found, calls_.find(vm));
  if (!found) return std::nullopt;
  SB_ASSIGN(xml, definition_xml(*found));
  SB_ASSIGN(definition, definition_in(site_, xml));
  return std::optional(std::move(definition));
}

/// Of the VMs of this run: no other has a volume of it.
Result<std::optional<recovery::VmName>> LibvirtHost::find_user(const recovery::VolumeName& volume) {
  const std::filesystem::path file = site_.volume_path(volume);
  SB_ASSIGN(used, calls_.connection());
  SB_ASSIGN(domains, used->domains());
  for (const auto& [name, domain] : domains) {
    SB_ASSIGN(xml, definition_xml(domain));
    SB_ASSIGN(disks, disk_files(xml));
    const auto is_it = [&](const DiskFile& disk) { return disk.file == file; };
    if (std::any_of(disks.begin(), disks.end(), is_it)) return name;
  }
  return std::nullopt;
}

Result<bool> LibvirtHost::is_running(const recovery::VmName& vm) {
  SB_ASSIGN(used, calls_.connection());
  SB_ASSIGN(domain, used->domain(vm));
  return is_active(domain);
}

/// The layers of an encrypted disk are in its definition, and they may have been folded since.
Nothing LibvirtHost::refresh_chains(const recovery::VmName& vm) {
  SB_ASSIGN(found, calls_.find(vm));
  if (!found) return {};
  SB_ASSIGN(active, is_active(*found));
  if (active) return {};
  SB_ASSIGN(xml, definition_xml(*found));
  SB_ASSIGN(definition, definition_in(site_, xml));
  SB_ASSIGN(options, options_for(definition));
  if (std::none_of(options.chains.begin(), options.chains.end(),
                   [](const auto& chain) { return chain.has_value(); }))
    return {};
  options.uuid = uuid_of(*found);
  SB_ASSIGN(fresh, domain_xml(site_, definition, options));
  SB_ASSIGN(used, calls_.connection());
  SB_TRY(used->define(fresh));
  return {};
}

Nothing LibvirtHost::start_vm(const recovery::VmName& vm,
                              const std::optional<recovery::CheckpointName>& track) {
  SB_TRY(refresh_chains(vm));
  const bool runs_guest = site_.guest.has_value();
  return calls_.ask<void>(vm, "starting VM " + vm,
                          [vm, track, runs_guest](const Domain& domain) -> Nothing {
                            SB_TRY(start_paused(domain, vm, track));
                            return runs_guest ? run_guest(domain, vm) : Nothing{};
                          });
}

Nothing LibvirtHost::shut_down_vm(const recovery::VmName& vm) {
  if (site_.guest) return shut_down_guest(vm);
  // There is no OS to be asked. GRACEFUL lets QEMU close its images, and with them the bitmaps; it
  // returns when the process is gone.
  return power_off(vm, VIR_DOMAIN_DESTROY_GRACEFUL);
}

Nothing LibvirtHost::shut_down_guest(const recovery::VmName& vm) {
  const Duration patience = agent_patience();
  return calls_.ask_if_there<void>(
      vm, "shutting down VM " + vm, {}, [vm, patience](const Domain& domain) -> Nothing {
        SB_ASSIGN(active, is_active(domain));
        if (!active) return {};
        if (is_marked_suspended(domain) || is_marked_frozen(domain))
          return environment_error(
              fmt::format("the guest of VM {} is held and does not shut down", vm),
              "thaw or resume it first");
        return shut_down_by_agent(domain, vm, patience);
      });
}

Nothing LibvirtHost::force_off_vm(const recovery::VmName& vm) {
  return power_off(vm, VIR_DOMAIN_DESTROY_DEFAULT);
}

Nothing LibvirtHost::power_off(const recovery::VmName& vm, unsigned flags) {
  return calls_.ask_if_there<void>(
      vm, "shutting down VM " + vm, {},
      [vm, flags](const Domain& domain) { return stop(domain, vm, flags); });
}

}  // namespace switchback::libvirt
