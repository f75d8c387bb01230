// SPDX-License-Identifier: Apache-2.0
// A simulated site as the DR service sees it.
#pragma once

#include "vms/hosts/sim/sim_link.hpp"
#include "vms/hosts/sim/sim_site.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::sim {

/// `site` and `link` outlive the host, its views and its replicas.
///
/// Wherever a volume is opened (a VM starts on it, another volume or a replica is put on it, it is
/// folded, compared or read while its VM is off) the keys of it and of all below it must be set.
class SimHost final : public recovery::Host {
 public:
  SimHost(SimSite& site, SimLink& link) : site_(site), link_(link) {}

  Nothing ensure_vm(const recovery::VmDefinition& definition) override;
  Nothing remove_vm(const recovery::VmName& vm) override;
  Result<std::optional<recovery::VmDefinition>> find_vm(const recovery::VmName& vm) override;
  Result<bool> is_running(const recovery::VmName& vm) override;
  Nothing start_vm(const recovery::VmName& vm,
                   const std::optional<recovery::CheckpointName>& track) override;
  /// Also an Error while the guest is frozen or suspended: it can't do what it is asked.
  Nothing shut_down_vm(const recovery::VmName& vm) override;
  /// As with a hypervisor that is asked to end: tracking survives.
  Nothing force_off_vm(const recovery::VmName& vm) override;

  Nothing freeze_vm(const recovery::VmName& vm) override;
  Nothing thaw_vm(const recovery::VmName& vm) override;
  Nothing suspend_vm(const recovery::VmName& vm) override;
  Nothing resume_vm(const recovery::VmName& vm) override;
  Result<bool> is_held(const recovery::VmName& vm) override;

  Nothing set_key(const recovery::KeyName& name, const std::string& key) override;
  Result<bool> opens_with(const recovery::VolumeName& volume, const std::string& key) override;
  Nothing forget_key(const recovery::KeyName& name) override;

  Nothing create_volume(const recovery::VolumeSpec& spec) override;
  Nothing remove_volume(const recovery::VolumeName& volume) override;
  Result<Bytes> volume_size(const recovery::VolumeName& volume) override;
  Result<std::optional<recovery::VmName>> find_user(const recovery::VolumeName& volume) override;
  Result<recovery::ChangeMark> change_mark(const recovery::VolumeName& volume) override;
  [[nodiscard]] std::string locate_volume(const recovery::VolumeName& volume) override;
  Nothing fold_volumes(const recovery::VolumeName& base, const recovery::VolumeName& top,
                       const std::optional<recovery::VmDisk>& user,
                       const recovery::VmName& user_vm) override;

  Result<std::unique_ptr<recovery::View>> open_view(
      const recovery::ViewedVm& vm, const std::optional<recovery::CheckpointName>& since,
      const recovery::CheckpointName& next) override;
  Result<std::unique_ptr<recovery::View>> open_stopped_view(
      const recovery::ViewedVm& vm, const std::optional<recovery::CheckpointName>& since) override;
  Nothing close_view(const recovery::VmName& vm) override;
  Nothing remove_checkpoint(const recovery::VmName& vm,
                            const recovery::CheckpointName& checkpoint) override;
  Result<std::vector<recovery::CheckpointName>> list_checkpoints(
      const recovery::VmName& vm) override;

  Result<std::vector<recovery::ChunkDigest>> digests(const recovery::VolumeName& volume,
                                                     Bytes chunk_bytes) override;
  Result<std::unique_ptr<recovery::Replica>> open_replica(
      const recovery::VolumeName& volume) override;

 private:
  Result<std::unique_ptr<recovery::View>> cut_view(
      const Vm& vm, const recovery::ViewedVm& wanted,
      const std::optional<recovery::CheckpointName>& since);

  SimSite& site_;
  SimLink& link_;
};

}  // namespace switchback::sim
