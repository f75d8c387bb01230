// SPDX-License-Identifier: Apache-2.0
// A real site as the DR service sees it: VMs under libvirt, qcow2 volumes, dirty bitmaps, NBD.
//
// Failure model: the daemon, a VM's QEMU or this process may die between any two calls, and every
// call cleans up what a dead controller may have left of the same thing. A bitmap that a killed
// QEMU lost is not made up for: opening a view since it is an Error that says so. A QEMU that does
// not answer is an Error at a deadline (see vm_calls.hpp).
#pragma once

#include "vms/hosts/libvirt/backup_xml.hpp"
#include "vms/hosts/libvirt/connection.hpp"
#include "vms/hosts/libvirt/domain_xml.hpp"
#include "vms/hosts/libvirt/nbd_disk.hpp"
#include "vms/hosts/libvirt/vm_calls.hpp"
#include "vms/hosts/libvirt/wire_route.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::libvirt {

/// The longest extent that a view hands out: each costs the caller one read and one write.
inline constexpr Bytes kLongestExtent = Bytes{2} << 20;

/// `connection` and `wire` outlive the host, which outlives its views; the replicas may outlive it.
class LibvirtHost final : public recovery::Host {
 public:
  /// `patience`: how long a VM's QEMU is waited for.
  LibvirtHost(const Connection& connection, WireRoute& wire, bool use_kvm,
              Duration patience = std::chrono::seconds(60))
      : site_(connection.site()),
        wire_(wire),
        use_kvm_(use_kvm),
        patience_(patience),
        calls_(connection, patience) {}

  Nothing ensure_vm(const recovery::VmDefinition& definition) override;
  Nothing remove_vm(const recovery::VmName& vm) override;
  Result<std::optional<recovery::VmDefinition>> find_vm(const recovery::VmName& vm) override;
  Result<bool> is_running(const recovery::VmName& vm) override;
  Nothing start_vm(const recovery::VmName& vm,
                   const std::optional<recovery::CheckpointName>& track) override;
  Nothing shut_down_vm(const recovery::VmName& vm) override;
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
  [[nodiscard]] std::filesystem::path backup_socket_path(const recovery::VmName& vm) const {
    return site_.socket_path(vm + ".backup");
  }
  /// How long an agent in a guest is waited for: less than calls_ wait, so that they are not given
  /// up meanwhile.
  [[nodiscard]] Duration agent_patience() const { return patience_ / 2; }
  Nothing power_off(const recovery::VmName& vm, unsigned flags);
  Nothing shut_down_guest(const recovery::VmName& vm);
  /// The options of a domain with these disks: the chains of encrypted ones.
  Result<DomainOptions> options_for(const recovery::VmDefinition& definition);
  Nothing refresh_chains(const recovery::VmName& vm);
  Result<NbdDisk> open_stopped_disk(const recovery::VolumeName& volume,
                                    const std::optional<recovery::CheckpointName>& since);
  Nothing fold_under_running_vm(const recovery::VolumeName& base, const recovery::VolumeName& top,
                                const recovery::VmDisk& user, const recovery::VmName& user_vm);
  Nothing fold_offline(const recovery::VolumeName& base, const recovery::VolumeName& top);
  Nothing rest_on_base(const recovery::VolumeName& base, const recovery::VolumeName& top);
  Nothing create_image(const std::filesystem::path& file, Bytes size,
                       const std::optional<std::filesystem::path>& below,
                       const std::optional<recovery::KeyName>& key_name);
  Nothing create_encrypted_image(const std::filesystem::path& file, Bytes size,
                                 const std::optional<std::filesystem::path>& below,
                                 const recovery::KeyName& key_name);
  /// The disks of a running VM for a view of it. Makes the scratch files of encrypted ones.
  Result<std::vector<BackupDisk>> prepare_backup(const recovery::ViewedVm& wanted);
  /// Gives a new volume to QEMU's user.
  Nothing hand_over(const std::filesystem::path& file) const;

  const SiteConfig& site_;
  WireRoute& wire_;
  bool use_kvm_;
  Duration patience_;
  VmCalls calls_;
};

}  // namespace switchback::libvirt
