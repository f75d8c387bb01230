// SPDX-License-Identifier: Apache-2.0
// What the reference DR service can ask of a site. One interface, two worlds: hosts/sim and
// hosts/libvirt.
//
// All calls are plain and blocking; the service makes each of them through its CallGate, which is
// where a call can be delayed, overtaken, fail, or lose the controller. So a host never needs to
// know about coroutines, and nothing here is called from two threads at once for the same VM.
//
// Idempotence: a controller killed between any two calls comes back and repeats the stage it was
// in. So `ensure_*` and `remove_*` succeed when what they ask for is already so.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "harness/system/item.hpp"

namespace switchback::recovery {

/// Names are chosen by the service and unique on a site; a host adds its own mark to them (run id,
/// metadata) so that what a run made can be told from everything else.
using VmName = std::string;
using VolumeName = std::string;
using CheckpointName = std::string;

/// One disk of a VM: its device name in the guest ("vda") and the volume that holds it.
struct VmDisk {
  std::string device;
  VolumeName volume;
  friend bool operator==(const VmDisk&, const VmDisk&) = default;
};

struct VmDefinition {
  VmName name;
  std::vector<VmDisk> disks;  ///< in the order in which the guest sees them
  Hardware hardware = {};
  /// Where its NICs are plugged in instead of their networks: a network that nothing else is on, so
  /// that a test VM can't meet its original. Empty: their own networks.
  std::string isolated_network = {};
};

/// The checksum of one chunk of a disk. Chunks that hold nothing but zeroes have none.
struct ChunkDigest {
  std::uint64_t chunk = 0;  ///< number of the chunk: offset / chunk size
  std::array<std::uint64_t, 2> digest{};
  friend bool operator==(const ChunkDigest&, const ChunkDigest&) = default;
};

/// Tells whether a volume was changed by anybody it should not have been: see Host::change_mark().
using ChangeMark = std::uint64_t;

/// Names a key that a host keeps for encrypted volumes; the key itself is never given back.
using KeyName = std::string;

/// A volume to make. With a backing volume it starts as a copy-on-write overlay of it: its size is
/// `size_bytes`, its content that of the backing volume.
struct VolumeSpec {
  VolumeName name;
  Bytes size_bytes = 0;
  std::optional<VolumeName> backing;
  std::optional<KeyName> key = {};  ///< encrypted with it, as everything below it
};

/// A run of bytes of a disk, from a view.
struct Extent {
  Bytes offset = 0;
  Bytes length = 0;
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// A VM, and which of its disks a view is to be cut of.
struct ViewedVm {
  VmName name;
  std::vector<std::string> devices;  ///< none named: all

  // Most views are of all disks.
  ViewedVm(VmName vm, std::vector<std::string> of = {})
      : name(std::move(vm)), devices(std::move(of)) {}
  ViewedVm(const char* vm) : name(vm) {}
  [[nodiscard]] bool shows(const std::string& device) const {
    return devices.empty() || std::find(devices.begin(), devices.end(), device) != devices.end();
  }
};

/// A frozen image of disks of a VM, cut at one instant, with what changed since a checkpoint.
/// Reads go on giving the frozen content however much the guest writes. Destroying the object
/// closes connections only: the host-side view lives until close_view(), as after a dead
/// controller.
class View {
 public:
  virtual ~View() = default;
  /// The extents of disk `device` that may differ from the view's base: the changes since its
  /// checkpoint, or everything allocated when it has none. Ascending, disjoint, non-empty.
  virtual Result<std::vector<Extent>> extents(const std::string& device) = 0;
  /// Reads `extent.length` bytes into `into`, which the caller owns and sizes. In the simulated
  /// world bytes are opaque: 8 per block, the number of the write that it shows.
  /// What was never allocated reads as zeroes.
  virtual Nothing read(const std::string& device, Extent extent, std::vector<std::byte>& into) = 0;
  /// The checksums of the whole disk in chunks of `chunk_bytes`, ascending, zero chunks left out.
  /// Computed at the view's own site: nothing crosses the link.
  virtual Result<std::vector<ChunkDigest>> digests(const std::string& device,
                                                   Bytes chunk_bytes) = 0;
};

/// A volume opened for writing over the link from the other site: every byte to and from it passes
/// the harness's wire meter. Destroying it closes the connection; nothing unflushed is promised.
class Replica {
 public:
  virtual ~Replica() = default;
  /// Writes what View::read gave for the same extent.
  virtual Nothing write(Extent extent, const std::vector<std::byte>& bytes) = 0;
  /// When it returns, all earlier writes survive a crash of the site.
  virtual Nothing flush() = 0;
};

/// One site.
class Host {
 public:
  virtual ~Host() = default;

  // ---- VMs
  /// Defines the VM, stopped. If one of that name is defined with other disks it is replaced;
  /// refused while it runs.
  virtual Nothing ensure_vm(const VmDefinition& definition) = 0;
  /// Undefines a stopped VM and drops the metadata of its checkpoints; its volumes stay.
  virtual Nothing remove_vm(const VmName& vm) = 0;
  virtual Result<std::optional<VmDefinition>> find_vm(const VmName& vm) = 0;
  virtual Result<bool> is_running(const VmName& vm) = 0;
  /// Starts the VM. With `track`, change tracking of that name is armed on all disks before the
  /// guest executes its first instruction. Succeeds when it already runs and is tracked so.
  virtual Nothing start_vm(const VmName& vm, const std::optional<CheckpointName>& track) = 0;
  /// Asks the guest to shut down and waits until the VM is off; its tracking survives on the
  /// volumes. An Error if the guest does not obey in time: it may do so later all the same, so ask
  /// again until it is off, before it is started again. Succeeds when it is off already, or not
  /// there.
  virtual Nothing shut_down_vm(const VmName& vm) = 0;
  /// Takes the VM's power away: for copies that nobody needs any more, and for old primaries.
  virtual Nothing force_off_vm(const VmName& vm) = 0;

  // ---- holding a guest
  /// Quiesces the guest: its file systems are flushed and hold still until thaw_vm(). An Error if
  /// it does not answer; it may be frozen then, or become so: thaw it.
  virtual Nothing freeze_vm(const VmName& vm) = 0;
  /// Ends freeze_vm(). Succeeds when the guest is not frozen, does not run or is not there. After
  /// an Error it may still be frozen: ask again.
  virtual Nothing thaw_vm(const VmName& vm) = 0;
  /// Stops the guest's processors, so that no write of it completes until resume_vm(): without the
  /// guest's help, for a cut through several VMs.
  virtual Nothing suspend_vm(const VmName& vm) = 0;
  /// Ends suspend_vm(); succeeds when there is nothing to end.
  virtual Nothing resume_vm(const VmName& vm) = 0;
  /// Whether the guest is frozen or suspended. A VM that was started again since is neither,
  /// whoever started it.
  virtual Result<bool> is_held(const VmName& vm) = 0;

  // ---- keys
  /// Keeps a key under a name, out of the reach of whoever reads the volumes, replacing one of that
  /// name.
  virtual Nothing set_key(const KeyName& name, const std::string& key) = 0;
  /// Whether `key` opens the volume. No message ever tells a key.
  virtual Result<bool> opens_with(const VolumeName& volume, const std::string& key) = 0;
  virtual Nothing forget_key(const KeyName& name) = 0;

  // ---- volumes
  /// Makes the volume, discarding one of that name: a half-written replica must not survive a
  /// retry.
  virtual Nothing create_volume(const VolumeSpec& spec) = 0;
  virtual Nothing remove_volume(const VolumeName& volume) = 0;
  virtual Result<Bytes> volume_size(const VolumeName& volume) = 0;
  /// The VM that is defined with a disk on the volume, whoever defined it so; of several the first
  /// by name. Nothing if there is none.
  virtual Result<std::optional<VmName>> find_user(const VolumeName& volume) = 0;
  /// Stays the same as long as nothing changes the volume but the VM that it is a disk of, while
  /// that runs, and replicas that the service opens: what is written to it behind their backs is in
  /// no tracking. Another volume made under the same name has another mark. A host that can't tell
  /// always gives the same.
  virtual Result<ChangeMark> change_mark(const VolumeName& volume) = 0;
  /// Where the volume's content can be read while nobody writes to it: "qcow2:<absolute path>" on
  /// libvirt, "sim:<site>/<volume>" in the simulated world.
  [[nodiscard]] virtual std::string locate_volume(const VolumeName& volume) = 0;
  /// Folds `top` and every volume between it and `base` into `base`; afterwards `base` has the
  /// content of `top`, and what had `top` as its backing (also the disk of a running VM, named by
  /// `user`) has `base`. The folded volumes stay for remove_volume(). Repeating it does no harm.
  virtual Nothing fold_volumes(const VolumeName& base, const VolumeName& top,
                               const std::optional<VmDisk>& user, const VmName& user_vm) = 0;

  // ---- change tracking and views
  /// Cuts a view of a running VM, all disks asked for at one instant, and starts tracking of them
  /// under the name `next` at that same instant. Other disks of the VM are left alone. `since`
  /// names the checkpoint whose changes are wanted; without it everything allocated is. A view left
  /// open by a dead controller is closed first. An Error of kind bad_input if a disk of the view
  /// has no such checkpoint any more, though others of the VM may have: what changed on it will
  /// never be known.
  virtual Result<std::unique_ptr<View>> open_view(const ViewedVm& vm,
                                                  const std::optional<CheckpointName>& since,
                                                  const CheckpointName& next) = 0;
  /// The same of a stopped VM: nothing can change, so no new checkpoint is needed.
  virtual Result<std::unique_ptr<View>> open_stopped_view(
      const ViewedVm& vm, const std::optional<CheckpointName>& since) = 0;
  /// Ends the host side of the view of `vm`, if there is one.
  virtual Nothing close_view(const VmName& vm) = 0;
  /// Stops tracking under that name, on a running or a stopped VM.
  virtual Nothing remove_checkpoint(const VmName& vm, const CheckpointName& checkpoint) = 0;
  virtual Result<std::vector<CheckpointName>> list_checkpoints(const VmName& vm) = 0;

  // ---- the link
  /// The checksums of a volume that nobody writes to, as View::digests(). Computed at this site and
  /// carried across the link. What they tell of survives a crash of the site from then on.
  virtual Result<std::vector<ChunkDigest>> digests(const VolumeName& volume, Bytes chunk_bytes) = 0;
  /// Opens a volume of this site for the other site to write to.
  virtual Result<std::unique_ptr<Replica>> open_replica(const VolumeName& volume) = 0;
};

}  // namespace switchback::recovery
