// SPDX-License-Identifier: Apache-2.0
// Views and change tracking of a real site: checkpoints, pull-mode backups, bitmaps read offline.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <libvirt/virterror.h>
#include <nlohmann/json.hpp>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/domain_xml.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/nbd_disk.hpp"
#include "vms/hosts/libvirt/process.hpp"

namespace switchback::libvirt {
namespace {

using recovery::CheckpointName;
using recovery::VmName;

/// In the extents of a dirty bitmap: the guest wrote here.
constexpr std::uint32_t kDirty = 1;

/// Frozen disks, each over a connection of its own.
class NbdView final : public recovery::View {
 public:
  NbdView(std::map<std::string, NbdDisk> disks, bool changes_only)
      : disks_(std::move(disks)), changes_only_(changes_only) {}

  Result<std::vector<recovery::Extent>> extents(const std::string& device) override {
    SB_ASSIGN(disk, find(device));
    SB_ASSIGN(found, changes_only_ ? disk->extents() : disk->data_extents());
    std::vector<recovery::Extent> pieces;
    for (const NbdExtent& extent : found) {
      if (changes_only_ && (extent.flags & kDirty) == 0) continue;
      for (Bytes done = 0; done < extent.length; done += kLongestExtent)
        pieces.push_back({extent.offset + done, std::min(kLongestExtent, extent.length - done)});
    }
    return pieces;
  }

  Nothing read(const std::string& device, recovery::Extent extent,
               std::vector<std::byte>& into) override {
    SB_ASSIGN(disk, find(device));
    into.resize(extent.length);
    return disk->read({NbdRead{extent.offset, into}});
  }

 private:
  Result<NbdDisk*> find(const std::string& device) {
    const auto found = disks_.find(device);
    if (found == disks_.end())
      return environment_error("the view has no disk " + device, "name a disk of the VM");
    return &found->second;
  }

  std::map<std::string, NbdDisk> disks_;
  bool changes_only_;
};

std::vector<std::string> devices_of(const recovery::VmDefinition& vm) {
  std::vector<std::string> devices;
  for (const recovery::VmDisk& disk : vm.disks)
    devices.push_back(disk.device);
  return devices;
}

struct ImageBitmap {
  std::string name;
  bool in_use = false;  ///< never written back: what it says is not to be relied on
};

/// The bitmaps that an image of a stopped VM carries.
Result<std::vector<ImageBitmap>> bitmaps_of(const SiteConfig& site,
                                            const std::filesystem::path& file) {
  SB_ASSIGN(text, run_program(site.run_id, {"qemu-img", "info", "--force-share", "--output=json",
                                            file.string()}));
  const nlohmann::json info = nlohmann::json::parse(text, nullptr, false);
  std::vector<ImageBitmap> found;
  const nlohmann::json::json_pointer bitmaps("/format-specific/data/bitmaps");
  if (!info.is_object() || !info.contains(bitmaps)) return found;
  for (const nlohmann::json& bitmap : info[bitmaps]) {
    const nlohmann::json flags = bitmap.value("flags", nlohmann::json::array());
    found.push_back(
        {bitmap.value("name", ""), std::find(flags.begin(), flags.end(), "in-use") != flags.end()});
  }
  return found;
}

/// An Error if the image can't tell what changed since the checkpoint.
Nothing expect_bitmap(const SiteConfig& site, const std::filesystem::path& file,
                      const CheckpointName& name) {
  SB_ASSIGN(bitmaps, bitmaps_of(site, file));
  for (const ImageBitmap& bitmap : bitmaps)
    if (bitmap.name == name && !bitmap.in_use) return {};
  return environment_error(
      fmt::format("{} has lost what changed since checkpoint {}", file.string(), name),
      "its QEMU was killed: take a view of everything");
}

/// Whether a running VM's QEMU has a bitmap of that name on any layer of any disk.
Result<bool> has_open_bitmap(const Domain& domain, const std::string& name) {
  SB_ASSIGN(nodes, qmp(domain, {{"execute", "query-named-block-nodes"}}));
  for (const nlohmann::json& node : nodes)
    for (const nlohmann::json& bitmap : node.value("dirty-bitmaps", nlohmann::json::array()))
      if (bitmap.value("name", "") == name) return true;
  return false;
}

}  // namespace

Result<std::unique_ptr<recovery::View>> LibvirtHost::open_view(
    const VmName& vm, const std::optional<CheckpointName>& since, const CheckpointName& next) {
  SB_TRY(close_view(vm));
  SB_ASSIGN(domain, connection_.domain(vm));
  SB_ASSIGN(definition, find_vm(vm));
  const std::vector<std::string> devices = devices_of(*definition);
  const std::filesystem::path socket = backup_socket_path(vm);
  const std::string backup = backup_xml(site_, vm, socket, since, devices);
  const std::string checkpoint = checkpoint_xml(next, devices);
  if (virDomainBackupBegin(domain.get(), backup.c_str(), checkpoint.c_str(), 0) < 0)
    return libvirt_error(fmt::format("opening a view of VM {} since {}", vm, since.value_or("-")));
  std::map<std::string, NbdDisk> disks;
  for (const std::string& device : devices) {
    NbdOptions options;
    options.export_name = device;
    if (since) options.context = std::string(kDirtyBitmap) + "dirty-" + device;
    Result<NbdDisk> disk = NbdDisk::connect(socket.string(), options);
    if (!disk) {
      disks.clear();
      static_cast<void>(close_view(vm));
      return tl::unexpected(disk.error());
    }
    disks.emplace(device, std::move(*disk));
  }
  return std::make_unique<NbdView>(std::move(disks), since.has_value());
}

Result<std::unique_ptr<recovery::View>> LibvirtHost::open_stopped_view(
    const VmName& vm, const std::optional<CheckpointName>& since) {
  SB_ASSIGN(running, is_running(vm));
  if (running)
    return environment_error(fmt::format("VM {} runs, its disks change", vm),
                             "open a view of the running VM");
  SB_ASSIGN(definition, find_vm(vm));
  std::map<std::string, NbdDisk> disks;
  for (const recovery::VmDisk& disk : definition->disks) {
    NbdOptions options;
    if (since) options.context = std::string(kDirtyBitmap) + *since;
    Result<NbdDisk> image =
        NbdDisk::open_file(site_.volume_path(disk.volume).string(), "qcow2", options);
    if (!image) {
      if (since) SB_TRY(expect_bitmap(site_, site_.volume_path(disk.volume), *since));
      return tl::unexpected(image.error());
    }
    disks.emplace(disk.device, std::move(*image));
  }
  return std::make_unique<NbdView>(std::move(disks), since.has_value());
}

Nothing LibvirtHost::close_view(const VmName& vm) {
  SB_ASSIGN(found, connection_.find_domain(vm));
  if (!found) return {};
  const Deadline deadline = Deadline::after(std::chrono::seconds(30));
  for (bool aborted = false;;) {
    virDomainJobInfo info{};
    if (virDomainGetJobInfo(found->get(), &info) < 0) {
      if (libvirt_error_code() == VIR_ERR_OPERATION_INVALID) break;  // it does not run: no job
      return libvirt_error("asking for the jobs of VM " + vm);
    }
    if (info.type == VIR_DOMAIN_JOB_NONE) break;
    // The abort returns before the job has gone, and only then may the next one begin.
    if (!aborted && virDomainAbortJob(found->get()) < 0 &&
        libvirt_error_code() != VIR_ERR_OPERATION_INVALID)
      return libvirt_error("closing the view of VM " + vm);
    aborted = true;
    if (deadline.passed())
      return environment_error(fmt::format("the view of VM {} does not close", vm),
                               "see the VM's log");
    deadline.pause();
  }
  std::error_code ignored;
  std::filesystem::remove(backup_socket_path(vm), ignored);
  SB_ASSIGN(definition, find_vm(vm));
  for (const recovery::VmDisk& disk : definition->disks)
    std::filesystem::remove(site_.scratch_path(vm, disk.device), ignored);
  return {};
}

Nothing LibvirtHost::remove_checkpoint(const VmName& vm, const CheckpointName& name) {
  SB_ASSIGN(domain, connection_.domain(vm));
  SB_ASSIGN(running, is_active(domain));
  const Checkpoint checkpoint(virDomainCheckpointLookupByName(domain.get(), name.c_str(), 0));
  if (!checkpoint && libvirt_error_code() != VIR_ERR_NO_DOMAIN_CHECKPOINT)
    return libvirt_error("looking for checkpoint " + name);
  if (checkpoint) {
    bool deleted = running && virDomainCheckpointDelete(checkpoint.get(), 0) == 0;
    if (running && !deleted) {
      const Error error =
          libvirt_error(fmt::format("deleting checkpoint {} of VM {}", name, vm)).value();
      SB_ASSIGN(still_there, has_open_bitmap(domain, name));
      if (still_there) return tl::unexpected(error);
    }
    // Of a stopped VM libvirt deletes only its own note of the checkpoint; so it is with one whose
    // bitmap a killed QEMU did not write back.
    if (!deleted &&
        virDomainCheckpointDelete(checkpoint.get(), VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY) < 0)
      return libvirt_error(fmt::format("deleting checkpoint {} of VM {}", name, vm));
  }
  if (running) return {};
  SB_ASSIGN(definition, find_vm(vm));
  for (const recovery::VmDisk& disk : definition->disks) {
    const std::filesystem::path file = site_.volume_path(disk.volume);
    SB_ASSIGN(bitmaps, bitmaps_of(site_, file));
    if (std::none_of(bitmaps.begin(), bitmaps.end(),
                     [&](const ImageBitmap& bitmap) { return bitmap.name == name; }))
      continue;
    SB_TRY(run_program(site_.run_id, {"qemu-img", "bitmap", "--remove", file.string(), name}));
  }
  return {};
}

Result<std::vector<CheckpointName>> LibvirtHost::list_checkpoints(const VmName& vm) {
  SB_ASSIGN(found, connection_.find_domain(vm));
  if (!found) return std::vector<CheckpointName>{};
  SB_ASSIGN(names, checkpoint_names(*found));
  SB_ASSIGN(running, is_active(*found));
  if (!running) {
    SB_ASSIGN(definition, find_vm(vm));
    for (const recovery::VmDisk& disk : definition->disks) {
      SB_ASSIGN(bitmaps, bitmaps_of(site_, site_.volume_path(disk.volume)));
      for (const ImageBitmap& bitmap : bitmaps)
        names.push_back(bitmap.name);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace switchback::libvirt
