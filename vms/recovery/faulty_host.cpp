// SPDX-License-Identifier: Apache-2.0
// See faulty_host.hpp.
#include "vms/recovery/faulty_host.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace switchback::recovery {
namespace {

Nothing reach_site(Site site, Faults& faults) {
  if (site != Site::primary || !faults.in_force(FaultKind::primary_lost)) return {};
  faults.took_effect(FaultKind::primary_lost);
  return environment_error("the primary site can't be reached", "wait until it is back");
}

/// Makes a call that may need room for a volume.
template <class Call>
Nothing with_room(Site site, Faults& faults, Storage* storage, const VolumeName& volume,
                  Call call) {
  const FaultKind full = site == Site::primary ? FaultKind::primary_full : FaultKind::recovery_full;
  if (!faults.in_force(full)) return call();
  if (storage == nullptr) {
    faults.took_effect(full);
    return no_space(
        fmt::format("the {} site has no room left for volume {}", name_of(site), volume),
        "make room on its storage");
  }
  SB_TRY(storage->fill(site));
  const Nothing made = call();
  SB_TRY(storage->free(site));
  if (!made && made.error().kind == ErrorKind::no_space) faults.took_effect(full);
  return made;
}

Nothing read_disk(Faults& faults, const std::string& device) {
  if (!faults.in_force(FaultKind::read_error)) return {};
  faults.took_effect(FaultKind::read_error);
  return environment_error(fmt::format("disk {} can't be read: input/output error", device),
                           "look after the storage that it is on");
}

Nothing write_disk(Faults& faults, const VolumeName& volume) {
  if (!faults.in_force(FaultKind::write_error)) return {};
  faults.took_effect(FaultKind::write_error);
  return environment_error(fmt::format("volume {} can't be written to: input/output error", volume),
                           "look after the storage that it is on");
}

/// What a call that changes something gave. It has been made; whoever asked may not hear of it.
template <class T>
T answer(Faults& faults, T result) {
  if (!result) return result;
  if (faults.take(FaultKind::controller_killed_in_call)) {
    faults.took_effect(FaultKind::controller_killed_in_call);
    faults.die();
  } else if (faults.take(FaultKind::answer_lost)) {
    faults.took_effect(FaultKind::answer_lost);
  } else {
    return result;
  }
  return environment_error("the call was made and no answer came",
                           "see what it has done before it is made again");
}

/// The first half of what is to be written, in whole blocks: what a controller that dies has sent.
std::pair<Extent, std::vector<std::byte>> half_of(Extent extent,
                                                  const std::vector<std::byte>& bytes) {
  // Opaque bytes are 8 a block, and only of blocks that the disk has.
  const Bytes block = bytes.size() == extent.length ? kBlockBytes : sizeof(std::uint64_t);
  const Bytes half = bytes.size() / block / 2;
  return {{extent.offset, half * kBlockBytes},
          {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(half * block)}};
}

class FaultyView final : public View {
 public:
  FaultyView(std::unique_ptr<View> within, Site site, Faults& faults)
      : within_(std::move(within)), site_(site), faults_(faults) {}

  Result<std::vector<Extent>> extents(const std::string& device) override {
    SB_TRY(reach_site(site_, faults_));
    return within_->extents(device);
  }
  Nothing read(const std::string& device, Extent extent, std::vector<std::byte>& into) override {
    SB_TRY(reach_site(site_, faults_));
    SB_TRY(read_disk(faults_, device));
    return within_->read(device, extent, into);
  }
  Result<std::vector<ChunkDigest>> digests(const std::string& device, Bytes chunk_bytes) override {
    SB_TRY(reach_site(site_, faults_));
    SB_TRY(read_disk(faults_, device));
    return within_->digests(device, chunk_bytes);
  }

 private:
  std::unique_ptr<View> within_;
  Site site_;
  Faults& faults_;
};

class FaultyReplica final : public Replica {
 public:
  FaultyReplica(std::unique_ptr<Replica> within, Site site, Faults& faults, Storage* storage,
                VolumeName volume)
      : within_(std::move(within)),
        site_(site),
        faults_(faults),
        storage_(storage),
        volume_(std::move(volume)) {}

  Nothing write(Extent extent, const std::vector<std::byte>& bytes) override {
    SB_TRY(reach_site(site_, faults_));
    return with_room(site_, faults_, storage_, volume_, [&]() -> Nothing {
      SB_TRY(write_disk(faults_, volume_));
      return answer(faults_, faults_.over_link([&] { return write_half_or_all(extent, bytes); }));
    });
  }
  Nothing flush() override {
    SB_TRY(reach_site(site_, faults_));
    return answer(faults_, faults_.over_link([&] { return within_->flush(); }));
  }

 private:
  Nothing write_half_or_all(Extent extent, const std::vector<std::byte>& bytes) {
    if (!faults_.in_force(FaultKind::controller_killed_in_call))
      return within_->write(extent, bytes);
    const auto [half, first] = half_of(extent, bytes);
    return half.length > 0 ? within_->write(half, first) : Nothing{};
  }

  std::unique_ptr<Replica> within_;
  Site site_;
  Faults& faults_;
  Storage* storage_;
  VolumeName volume_;
};

}  // namespace

Nothing FaultyHost::reach() {
  late_guests();
  return reach_site(site_, faults_);
}

Nothing FaultyHost::give_up_shutdown(FaultKind why, const VmName& vm) {
  faults_.took_effect(why);
  return environment_error(fmt::format("the guest of VM {} did not shut down when asked", vm),
                           "shut it down from within, or force it off");
}

void FaultyHost::late_guests() {
  for (auto late = shutting_down_.begin(); late != shutting_down_.end();) {
    // One that is held can't do it yet.
    if (--late->second > 0 || !within_->shut_down_vm(late->first)) {
      late->second = std::max(late->second, 1U);
      ++late;
      continue;
    }
    frozen_.erase(late->first);
    late = shutting_down_.erase(late);
  }
}

void FaultyHost::forget_guest(const VmName& vm) {
  frozen_.erase(vm);
  shutting_down_.erase(vm);
}

Result<std::unique_ptr<View>> FaultyHost::watched(Result<std::unique_ptr<View>> view) {
  if (!view) return view;
  return std::make_unique<FaultyView>(std::move(*view), site_, faults_);
}

// ---- VMs

Nothing FaultyHost::ensure_vm(const VmDefinition& definition) {
  SB_TRY(reach());
  return answer(faults_, within_->ensure_vm(definition));
}

Nothing FaultyHost::remove_vm(const VmName& vm) {
  SB_TRY(reach());
  return answer(faults_, within_->remove_vm(vm));
}

Result<std::optional<VmDefinition>> FaultyHost::find_vm(const VmName& vm) {
  SB_TRY(reach());
  return within_->find_vm(vm);
}

Result<bool> FaultyHost::is_running(const VmName& vm) {
  SB_TRY(reach());
  return within_->is_running(vm);
}

Nothing FaultyHost::start_vm(const VmName& vm, const std::optional<CheckpointName>& track) {
  SB_TRY(reach());
  return answer(faults_, within_->start_vm(vm, track));
}

Nothing FaultyHost::shut_down_vm(const VmName& vm) {
  SB_TRY(reach());
  if (primary_has(FaultKind::shutdown_refused) || primary_has(FaultKind::shutdown_hangs)) {
    SB_ASSIGN(found, within_->find_vm(vm));
    if (!found) return {};
    SB_ASSIGN(running, within_->is_running(vm));
    if (running && primary_has(FaultKind::shutdown_refused))
      return give_up_shutdown(FaultKind::shutdown_refused, vm);
    if (running && faults_.take(FaultKind::shutdown_hangs)) shutting_down_[vm] = kLateShutdownCalls;
  }
  if (shutting_down_.contains(vm)) {
    faults_.spend(kShutdownTimeLimit);
    return give_up_shutdown(FaultKind::shutdown_hangs, vm);
  }
  SB_TRY(within_->shut_down_vm(vm));
  forget_guest(vm);
  return answer(faults_, Nothing{});
}

Nothing FaultyHost::force_off_vm(const VmName& vm) {
  SB_TRY(reach());
  SB_TRY(within_->force_off_vm(vm));
  forget_guest(vm);
  return answer(faults_, Nothing{});
}

// ---- holding a guest

Nothing FaultyHost::freeze_vm(const VmName& vm) {
  SB_TRY(reach());
  if (primary_has(FaultKind::freeze_refused)) {
    faults_.took_effect(FaultKind::freeze_refused);
    return environment_error(fmt::format("the guest of VM {} can't be quiesced", vm),
                             "look after the guest's agent");
  }
  SB_TRY(within_->freeze_vm(vm));
  frozen_.insert(vm);
  if (primary_has(FaultKind::freeze_hangs)) {
    faults_.took_effect(FaultKind::freeze_hangs);
    return environment_error(fmt::format("the guest of VM {} did not say that it is quiesced", vm),
                             "thaw it, and look after its agent");
  }
  return answer(faults_, Nothing{});
}

Nothing FaultyHost::thaw_vm(const VmName& vm) {
  SB_TRY(reach());
  if (site_ == Site::primary && frozen_.contains(vm) && faults_.take(FaultKind::thaw_refused)) {
    faults_.took_effect(FaultKind::thaw_refused);
    return environment_error(fmt::format("the guest of VM {} did not answer the thaw", vm),
                             "ask it again");
  }
  SB_TRY(within_->thaw_vm(vm));
  frozen_.erase(vm);
  return answer(faults_, Nothing{});
}

Nothing FaultyHost::suspend_vm(const VmName& vm) {
  SB_TRY(reach());
  return answer(faults_, within_->suspend_vm(vm));
}

Nothing FaultyHost::resume_vm(const VmName& vm) {
  SB_TRY(reach());
  return answer(faults_, within_->resume_vm(vm));
}

Result<bool> FaultyHost::is_held(const VmName& vm) {
  SB_TRY(reach());
  return within_->is_held(vm);
}

// ---- keys

Nothing FaultyHost::set_key(const KeyName& name, const std::string& key) {
  SB_TRY(reach());
  return answer(faults_, within_->set_key(name, key));
}

Result<bool> FaultyHost::opens_with(const VolumeName& volume, const std::string& key) {
  SB_TRY(reach());
  return within_->opens_with(volume, key);
}

Nothing FaultyHost::forget_key(const KeyName& name) {
  SB_TRY(reach());
  return answer(faults_, within_->forget_key(name));
}

// ---- volumes

Nothing FaultyHost::create_volume(const VolumeSpec& spec) {
  SB_TRY(reach());
  return with_room(site_, faults_, storage_, spec.name,
                   [&] { return answer(faults_, within_->create_volume(spec)); });
}

Nothing FaultyHost::remove_volume(const VolumeName& volume) {
  SB_TRY(reach());
  return answer(faults_, within_->remove_volume(volume));
}

Result<Bytes> FaultyHost::volume_size(const VolumeName& volume) {
  SB_TRY(reach());
  return within_->volume_size(volume);
}

Result<std::optional<VmName>> FaultyHost::find_user(const VolumeName& volume) {
  SB_TRY(reach());
  return within_->find_user(volume);
}

Result<ChangeMark> FaultyHost::change_mark(const VolumeName& volume) {
  SB_TRY(reach());
  return within_->change_mark(volume);
}

std::string FaultyHost::locate_volume(const VolumeName& volume) {
  return within_->locate_volume(volume);
}

Nothing FaultyHost::fold_volumes(const VolumeName& base, const VolumeName& top,
                                 const std::optional<VmDisk>& user, const VmName& user_vm) {
  SB_TRY(reach());
  return answer(faults_, within_->fold_volumes(base, top, user, user_vm));
}

// ---- change tracking and views

Result<std::unique_ptr<View>> FaultyHost::open_view(const ViewedVm& vm,
                                                    const std::optional<CheckpointName>& since,
                                                    const CheckpointName& next) {
  SB_TRY(reach());
  return watched(answer(faults_, within_->open_view(vm, since, next)));
}

Result<std::unique_ptr<View>> FaultyHost::open_stopped_view(
    const ViewedVm& vm, const std::optional<CheckpointName>& since) {
  SB_TRY(reach());
  return watched(answer(faults_, within_->open_stopped_view(vm, since)));
}

Nothing FaultyHost::close_view(const VmName& vm) {
  SB_TRY(reach());
  return answer(faults_, within_->close_view(vm));
}

Nothing FaultyHost::remove_checkpoint(const VmName& vm, const CheckpointName& checkpoint) {
  SB_TRY(reach());
  return answer(faults_, within_->remove_checkpoint(vm, checkpoint));
}

Result<std::vector<CheckpointName>> FaultyHost::list_checkpoints(const VmName& vm) {
  SB_TRY(reach());
  return within_->list_checkpoints(vm);
}

// ---- the link

Result<std::vector<ChunkDigest>> FaultyHost::digests(const VolumeName& volume, Bytes chunk_bytes) {
  SB_TRY(reach());
  return faults_.over_link([&] { return within_->digests(volume, chunk_bytes); });
}

Result<std::unique_ptr<Replica>> FaultyHost::open_replica(const VolumeName& volume) {
  SB_TRY(reach());
  SB_ASSIGN(replica, faults_.over_link([&] { return within_->open_replica(volume); }));
  return std::make_unique<FaultyReplica>(std::move(replica), site_, faults_, storage_, volume);
}

}  // namespace switchback::recovery
