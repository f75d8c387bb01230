// SPDX-License-Identifier: Apache-2.0
// Views and change tracking of a real site: checkpoints, pull-mode backups, bitmaps read offline.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <libvirt/virterror.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "vms/hosts/libvirt/backup_xml.hpp"
#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/disk_digests.hpp"
#include "vms/hosts/libvirt/domain_xml.hpp"
#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/nbd_disk.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/secrets.hpp"
#include "vms/hosts/libvirt/site_link.hpp"

namespace switchback::libvirt {
namespace {

using recovery::CheckpointName;
using recovery::VmName;

/// In the extents of a dirty bitmap: the guest wrote here.
constexpr std::uint32_t kDirty = 1;
constexpr Duration kClosePatience = std::chrono::seconds(30);

/// One frozen disk: a connection for what changed and for reading, and a way to open another one
/// that tells what is allocated.
struct FrozenDisk {
  NbdDisk disk;
  std::function<Result<NbdDisk>()> open_allocation;
};

class NbdView final : public recovery::View {
 public:
  NbdView(std::map<std::string, FrozenDisk> disks, bool changes_only)
      : disks_(std::move(disks)), changes_only_(changes_only) {}

  Result<std::vector<recovery::Extent>> extents(const std::string& device) override {
    SB_ASSIGN(frozen, find(device));
    SB_ASSIGN(found, changes_only_ ? frozen->disk.extents() : frozen->disk.data_extents());
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
    SB_ASSIGN(frozen, find(device));
    into.resize(extent.length);
    return frozen->disk.read({NbdRead{extent.offset, into}});
  }

  Result<Digests> digests(const std::string& device, Bytes chunk_bytes) override {
    SB_ASSIGN(frozen, find(device));
    if (!changes_only_) return digests_of(frozen->disk, chunk_bytes);
    SB_ASSIGN(disk, frozen->open_allocation());
    return digests_of(disk, chunk_bytes);
  }

 private:
  Result<FrozenDisk*> find(const std::string& device) {
    const auto found = disks_.find(device);
    if (found == disks_.end())
      return environment_error("the view has no disk " + device, "name a disk of the VM");
    return &found->second;
  }

  std::map<std::string, FrozenDisk> disks_;
  bool changes_only_;
};

/// The bitmaps of a QEMU that was killed are not written back: they are absent from the image, or
/// marked as in use.
tl::unexpected<Error> lost_tracking(const std::string& where, const CheckpointName& name) {
  return bad_input(fmt::format("{} has lost what changed since checkpoint {}", where, name),
                   "its QEMU was killed, or somebody removed it: take a view of everything");
}

/// Whether libvirt refused a checkpoint because it is not there, or not on every disk.
bool is_lost_tracking(int libvirt_code) {
  return libvirt_code == VIR_ERR_CHECKPOINT_INCONSISTENT ||
         libvirt_code == VIR_ERR_NO_DOMAIN_CHECKPOINT;
}

/// An Error if the image can't tell what changed since the checkpoint.
Nothing expect_bitmap(const SiteConfig& site, const std::filesystem::path& file,
                      const CheckpointName& name) {
  SB_ASSIGN(info, image_info(site.run_id, file));
  for (const ImageBitmap& bitmap : info.bitmaps)
    if (bitmap.name == name && !bitmap.in_use) return {};
  return lost_tracking(file.string(), name);
}

/// Whether a running VM's QEMU has a bitmap of that name on any layer of any disk.
Result<bool> has_open_bitmap(const Domain& domain, const std::string& name) {
  SB_ASSIGN(nodes, qmp(domain, {{"execute", "query-named-block-nodes"}}));
  for (const nlohmann::json& node : nodes)
    for (const nlohmann::json& bitmap : node.value("dirty-bitmaps", nlohmann::json::array()))
      if (bitmap.value("name", "") == name) return true;
  return false;
}

/// The disks of the running VM, in order.
Result<std::vector<DiskFile>> live_disks(const Domain& domain) {
  const OwnedString xml(virDomainGetXMLDesc(domain.get(), 0));
  if (!xml) return libvirt_error("reading a domain's XML");
  return disk_files(xml.get());
}

/// Cuts a view, and starts tracking at the same instant.
Nothing begin_backup(const Domain& domain, const SiteConfig& site, const std::string& vm,
                     const std::filesystem::path& socket, const std::optional<std::string>& since,
                     const std::string& next, const std::vector<BackupDisk>& disks) {
  std::vector<std::string> devices;
  bool encrypted = false;
  for (const BackupDisk& disk : disks) {
    devices.push_back(disk.device);
    encrypted = encrypted || !disk.secret_uuid.empty();
  }
  const std::string backup = backup_xml(site, vm, socket, since, disks);
  const std::string checkpoint = checkpoint_xml(next, devices);
  const unsigned flags = encrypted ? VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL : 0;
  if (virDomainBackupBegin(domain.get(), backup.c_str(), checkpoint.c_str(), flags) < 0) {
    if (since && is_lost_tracking(libvirt_error_code())) return lost_tracking("VM " + vm, *since);
    return libvirt_error(fmt::format("opening a view of VM {} since {}", vm, since.value_or("-")));
  }
  return {};
}

/// Ends the backup job of a VM, if it has one.
Nothing end_job(const Domain& domain, const std::string& vm, const Deadline& deadline) {
  for (bool aborted = false;;) {
    virDomainJobInfo info{};
    if (virDomainGetJobInfo(domain.get(), &info) < 0) {
      if (libvirt_error_code() == VIR_ERR_OPERATION_INVALID) return {};  // it does not run: no job
      return libvirt_error("asking for the jobs of VM " + vm);
    }
    if (info.type == VIR_DOMAIN_JOB_NONE) return {};
    // The abort returns before the job has gone, and only then may the next one begin.
    if (!aborted && virDomainAbortJob(domain.get()) < 0 &&
        libvirt_error_code() != VIR_ERR_OPERATION_INVALID)
      return libvirt_error("closing the view of VM " + vm);
    aborted = true;
    if (deadline.passed())
      return environment_error(fmt::format("the view of VM {} does not close", vm),
                               "see the VM's log");
    deadline.pause();
  }
}

/// Deletes what libvirt knows of a checkpoint, and its bitmaps if the VM runs.
Nothing delete_checkpoint(const Domain& domain, const std::string& vm, const std::string& name) {
  SB_ASSIGN(running, is_active(domain));
  const Checkpoint checkpoint(virDomainCheckpointLookupByName(domain.get(), name.c_str(), 0));
  if (!checkpoint && libvirt_error_code() != VIR_ERR_NO_DOMAIN_CHECKPOINT)
    return libvirt_error("looking for checkpoint " + name);
  if (!checkpoint) return {};
  if (running) {
    if (virDomainCheckpointDelete(checkpoint.get(), 0) == 0) return {};
    const Error error =
        libvirt_error(fmt::format("deleting checkpoint {} of VM {}", name, vm)).value();
    SB_ASSIGN(still_there, has_open_bitmap(domain, name));
    if (still_there) return tl::unexpected(error);
  }
  // Of a stopped VM libvirt deletes only its own note of the checkpoint; so it is with one whose
  // bitmap a killed QEMU did not write back.
  if (virDomainCheckpointDelete(checkpoint.get(), VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY) < 0)
    return libvirt_error(fmt::format("deleting checkpoint {} of VM {}", name, vm));
  return {};
}

/// What was written to the volume, and to what it rests on, is on stable storage afterwards.
Nothing flush_chain(const SiteConfig& site, const recovery::VolumeName& volume) {
  SB_ASSIGN(chain, image_chain(site.run_id, site.volume_path(volume)));
  for (const std::filesystem::path& file : chain) {
    const OwnedDescriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (opened.get() < 0 || fsync(opened.get()) != 0)
      return environment_error(fmt::format("{}: {}", file.string(), std::strerror(errno)),
                               "look at the storage of the site");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<recovery::View>> LibvirtHost::open_view(
    const recovery::ViewedVm& wanted, const std::optional<CheckpointName>& since,
    const CheckpointName& next) {
  const VmName& vm = wanted.name;
  SB_TRY(close_view(vm));
  const std::filesystem::path socket = backup_socket_path(vm);
  SB_ASSIGN(backed_up, prepare_backup(wanted));
  SB_TRY(calls_.ask<void>(
      vm, fmt::format("opening a view of VM {} since {}", vm, since.value_or("-")),
      [vm, since, next, socket, disks = backed_up, site = site_](const Domain& domain) {
        return begin_backup(domain, site, vm, socket, since, next, disks);
      }));
  std::map<std::string, FrozenDisk> disks;
  for (const BackupDisk& one : backed_up) {
    const std::string& device = one.device;
    const auto open = [this, socket, device](const std::string& context) {
      return NbdDisk::connect(socket.string(),
                              {.export_name = device, .context = context, .patience = patience_});
    };
    Result<NbdDisk> disk =
        open(since ? std::string(kDirtyBitmap) + "dirty-" + device : kAllocation);
    if (!disk) {
      disks.clear();
      static_cast<void>(close_view(vm));
      return tl::unexpected(disk.error());
    }
    disks.emplace(device, FrozenDisk{std::move(*disk), [open] { return open(kAllocation); }});
  }
  return std::make_unique<NbdView>(std::move(disks), since.has_value());
}

Result<std::vector<BackupDisk>> LibvirtHost::prepare_backup(const recovery::ViewedVm& wanted) {
  const VmName& vm = wanted.name;
  SB_ASSIGN(found, calls_.find(vm));
  if (!found)
    return not_found(fmt::format("no VM {} on the {} site", vm, name_of(site_.site)),
                     "define it first");
  SB_ASSIGN(files, live_disks(*found));
  const bool encrypted = std::any_of(files.begin(), files.end(), [](const DiskFile& disk) {
    return key_name_of(disk.file).has_value();
  });
  std::vector<BackupDisk> disks;
  for (const DiskFile& disk : files) {
    if (!wanted.shows(disk.device)) continue;
    disks.push_back({.device = disk.device});
    if (!encrypted) continue;
    // What the guest overwrites while the view is open is kept in a scratch file. Of an encrypted
    // disk that must be encrypted too; made by libvirt it would take 4 s (measured), and if we make
    // one we must make all.
    const std::optional<std::string> key = key_name_of(disk.file);
    SB_ASSIGN(info, image_info(site_.run_id, disk.file));
    SB_TRY(create_image(site_.scratch_path(vm, disk.device), info.size_bytes, std::nullopt, key));
    if (key) disks.back().secret_uuid = secret_uuid(site_, *key);
  }
  return disks;
}

Result<NbdDisk> LibvirtHost::open_stopped_disk(const recovery::VolumeName& volume,
                                               const std::optional<CheckpointName>& since) {
  const std::filesystem::path file = site_.volume_path(volume);
  NbdOptions options;
  options.patience = patience_;
  if (since) options.context = std::string(kDirtyBitmap) + *since;
  SB_ASSIGN(used, calls_.connection());
  SB_ASSIGN(image, openable(*used, file, Layers::all));
  Result<NbdDisk> disk = NbdDisk::open_file(image, options);
  if (!disk && since) SB_TRY(expect_bitmap(site_, file, *since));
  return disk;
}

Result<std::unique_ptr<recovery::View>> LibvirtHost::open_stopped_view(
    const recovery::ViewedVm& wanted, const std::optional<CheckpointName>& since) {
  const VmName& vm = wanted.name;
  SB_ASSIGN(running, is_running(vm));
  if (running)
    return environment_error(fmt::format("VM {} runs, its disks change", vm),
                             "open a view of the running VM");
  SB_ASSIGN(definition, find_vm(vm));
  std::map<std::string, FrozenDisk> disks;
  for (const recovery::VmDisk& disk : definition->disks) {
    if (!wanted.shows(disk.device)) continue;
    SB_ASSIGN(image, open_stopped_disk(disk.volume, since));
    disks.emplace(disk.device, FrozenDisk{std::move(image), [this, volume = disk.volume] {
                                            return open_stopped_disk(volume, std::nullopt);
                                          }});
  }
  return std::make_unique<NbdView>(std::move(disks), since.has_value());
}

Nothing LibvirtHost::close_view(const VmName& vm) {
  const Deadline deadline = Deadline::after(std::min(kClosePatience, patience_));
  SB_TRY(calls_.ask_if_there<void>(
      vm, "closing the view of VM " + vm, {},
      [vm, deadline](const Domain& domain) { return end_job(domain, vm, deadline); }));
  std::error_code ignored;
  std::filesystem::remove(backup_socket_path(vm), ignored);
  SB_ASSIGN(definition, find_vm(vm));
  if (!definition) return {};
  for (const recovery::VmDisk& disk : definition->disks)
    std::filesystem::remove(site_.scratch_path(vm, disk.device), ignored);
  return {};
}

Nothing LibvirtHost::remove_checkpoint(const VmName& vm, const CheckpointName& name) {
  SB_ASSIGN(found, calls_.find(vm));
  if (!found) return {};
  SB_ASSIGN(running, is_active(*found));
  SB_TRY(calls_.ask<void>(
      vm, fmt::format("deleting checkpoint {} of VM {}", name, vm),
      [vm, name](const Domain& domain) { return delete_checkpoint(domain, vm, name); }));
  if (running) return {};
  SB_ASSIGN(definition, find_vm(vm));
  for (const recovery::VmDisk& disk : definition->disks) {
    const std::filesystem::path file = site_.volume_path(disk.volume);
    SB_ASSIGN(info, image_info(site_.run_id, file));
    if (std::none_of(info.bitmaps.begin(), info.bitmaps.end(),
                     [&](const ImageBitmap& bitmap) { return bitmap.name == name; }))
      continue;
    SB_ASSIGN(used, calls_.connection());
    SB_ASSIGN(image, openable(*used, file, Layers::top_only));
    std::vector<std::string> command{"qemu-img", "bitmap", "--remove"};
    for (const std::string& argument : image.arguments(kKeyOnInput))
      command.push_back(argument);
    command.push_back(name);
    SB_TRY(run_program(site_.run_id, command, std::chrono::minutes(1), image.key));
  }
  return {};
}

Result<std::vector<CheckpointName>> LibvirtHost::list_checkpoints(const VmName& vm) {
  SB_ASSIGN(found, calls_.find(vm));
  if (!found) return std::vector<CheckpointName>{};
  SB_ASSIGN(names, checkpoint_names(*found));
  SB_ASSIGN(running, is_active(*found));
  if (!running) {
    SB_ASSIGN(definition, find_vm(vm));
    for (const recovery::VmDisk& disk : definition->disks) {
      SB_ASSIGN(info, image_info(site_.run_id, site_.volume_path(disk.volume)));
      for (const ImageBitmap& bitmap : info.bitmaps)
        names.push_back(bitmap.name);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<Digests> LibvirtHost::digests(const recovery::VolumeName& volume, Bytes chunk_bytes) {
  static std::atomic<unsigned> asked{0};
  const std::filesystem::path socket =
      site_.socket_path(fmt::format("{}-{}.sums", volume, asked++));
  return fetch_digests(wire_, site_.site, socket, [&]() -> Result<Digests> {
    // Who compares goes by what they tell: an earlier replica of it may have gone without a flush.
    SB_TRY(flush_chain(site_, volume));
    SB_ASSIGN(disk, open_stopped_disk(volume, std::nullopt));
    return digests_of(disk, chunk_bytes);
  });
}

}  // namespace switchback::libvirt
