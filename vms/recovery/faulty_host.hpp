// SPDX-License-Identifier: Apache-2.0
// A host on which things break when asked to: the faults of the DR system's surroundings, put
// between the service and a site so that neither needs to know of them.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "harness/lifecycle/state.hpp"
#include "vms/recovery/faults.hpp"
#include "vms/recovery/host.hpp"
#include "vms/recovery/storage.hpp"

namespace switchback::recovery {

/// Does what the host within does, unless a fault in force at its site stands in the way:
///
///   primary_lost      every call at primary fails, also those of views and replicas that it
///                     handed out; nothing is changed there
///   shutdown_refused  shut_down_vm() of a VM that runs at primary fails; force_off_vm() works
///   shutdown_hangs    shut_down_vm() of a VM that runs at primary fails after a time limit; before
///                     the kLateShutdownCalls-th call to the host after that, its guest shuts down
///                     all the same. Asked again in between, it fails again
///   freeze_hangs      freeze_vm() at primary fails, and the guest is frozen
///   freeze_refused    freeze_vm() at primary fails
///   thaw_refused      thaw_vm() of a guest that was frozen through this host at primary fails
///                     once, and leaves it frozen; thawing a guest that is not frozen works and
///                     does not use the fault up
///   primary_full,     create_volume() at the site and Replica::write() there fail with no_space;
///   recovery_full     where storage can really be full, it is for just these calls, as VMs have
///                     theirs reserved, and what needs no more room than there is goes well
///   read_error        View::read() and View::digests() fail, at either site
///   write_error       Replica::write() fails, at either site
///   answer_lost       the next call that changes something succeeds and gives an Error
///   controller_killed_in_call   the same, but of a Replica::write() only the first half is
///   written;
///                     Faults::take_death() tells that the controller is dead: what it would do
///                     with the Error is not to happen
///   link_lossy        digests(), open_replica() and every call of a replica: each
///                     kLossyLinkLoses-th of them fails and has done nothing
///   link_one_way      the same calls, each of them, fail and have been made
///   link_slow         the same calls go well, and Faults::take_time() tells how long they took
///
/// It owns the host within; `faults` and `storage` outlive it, its views and its replicas.
class FaultyHost final : public Host {
 public:
  /// `storage`: what can really be full; nullptr: that is pretended.
  FaultyHost(std::unique_ptr<Host> within, Site site, Faults& faults, Storage* storage = nullptr)
      : within_(std::move(within)), site_(site), faults_(faults), storage_(storage) {}

  /// The host within, without the faults.
  [[nodiscard]] Host& raw() { return *within_; }
  /// The site has lost its power: no guest is frozen any more, or about to shut down.
  void power_lost() {
    frozen_.clear();
    shutting_down_.clear();
  }

  Nothing ensure_vm(const VmDefinition& definition) override;
  Nothing remove_vm(const VmName& vm) override;
  Result<std::optional<VmDefinition>> find_vm(const VmName& vm) override;
  Result<bool> is_running(const VmName& vm) override;
  Nothing start_vm(const VmName& vm, const std::optional<CheckpointName>& track) override;
  Nothing shut_down_vm(const VmName& vm) override;
  Nothing force_off_vm(const VmName& vm) override;

  Nothing freeze_vm(const VmName& vm) override;
  Nothing thaw_vm(const VmName& vm) override;
  Nothing suspend_vm(const VmName& vm) override;
  Nothing resume_vm(const VmName& vm) override;
  Result<bool> is_held(const VmName& vm) override;

  Nothing set_key(const KeyName& name, const std::string& key) override;
  Result<bool> opens_with(const VolumeName& volume, const std::string& key) override;
  Nothing forget_key(const KeyName& name) override;

  Nothing create_volume(const VolumeSpec& spec) override;
  Nothing remove_volume(const VolumeName& volume) override;
  Result<Bytes> volume_size(const VolumeName& volume) override;
  Result<std::optional<VmName>> find_user(const VolumeName& volume) override;
  Result<ChangeMark> change_mark(const VolumeName& volume) override;
  [[nodiscard]] std::string locate_volume(const VolumeName& volume) override;
  Nothing fold_volumes(const VolumeName& base, const VolumeName& top,
                       const std::optional<VmDisk>& user, const VmName& user_vm) override;

  Result<std::unique_ptr<View>> open_view(const ViewedVm& vm,
                                          const std::optional<CheckpointName>& since,
                                          const CheckpointName& next) override;
  Result<std::unique_ptr<View>> open_stopped_view(
      const ViewedVm& vm, const std::optional<CheckpointName>& since) override;
  Nothing close_view(const VmName& vm) override;
  Nothing remove_checkpoint(const VmName& vm, const CheckpointName& checkpoint) override;
  Result<std::vector<CheckpointName>> list_checkpoints(const VmName& vm) override;

  Result<std::vector<ChunkDigest>> digests(const VolumeName& volume, Bytes chunk_bytes) override;
  Result<std::unique_ptr<Replica>> open_replica(const VolumeName& volume) override;

 private:
  [[nodiscard]] bool primary_has(FaultKind kind) const {
    return site_ == Site::primary && faults_.in_force(kind);
  }
  /// An Error while the site can't be reached.
  Nothing reach();
  /// The guest does not shut down in time, though it may do so later.
  Nothing give_up_shutdown(FaultKind why, const VmName& vm);
  /// Guests that were late shut down when their time has come.
  void late_guests();
  /// The VM is off: what its guest was about to do is over.
  void forget_guest(const VmName& vm);
  Result<std::unique_ptr<View>> watched(Result<std::unique_ptr<View>> view);

  std::unique_ptr<Host> within_;
  Site site_;
  Faults& faults_;
  Storage* storage_;
  std::set<VmName> frozen_;  ///< through this host, and not thawed or switched off since
  std::map<VmName, unsigned> shutting_down_;  ///< calls that are left until the guest is off
};

}  // namespace switchback::recovery
