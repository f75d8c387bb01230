// SPDX-License-Identifier: Apache-2.0
// The harness's hands and eyes on two real sites under libvirt.
#pragma once

#include "harness/journal/stamp.hpp"
#include "harness/system/laboratory.hpp"
#include "vms/hosts/libvirt/connection.hpp"
#include "vms/hosts/libvirt/domain_xml.hpp"
#include "vms/hosts/libvirt/guest_disks.hpp"
#include "vms/hosts/libvirt/wire_meter.hpp"

namespace switchback::libvirt {

/// VMs have no guest OS: they are started paused, and the guest's writes are made here, through
/// their QEMU (see guest_disks.hpp).
class LibvirtLaboratory final : public Laboratory {
 public:
  struct Options {
    bool use_kvm = false;
    /// The longest wait for an answer of a VM's QEMU or of an NBD server.
    Duration patience = std::chrono::seconds(10);
  };

  /// Connects to the two sites of one run, and starts a wire meter.
  static Result<std::unique_ptr<LibvirtLaboratory>> open(const SiteConfig& primary,
                                                         const SiteConfig& recovery,
                                                         const Options& options);

  /// Disk sizes are multiples of 512, as those of all virtio disks.
  Nothing create_item(const ItemSpec& item) override;
  Nothing remove_item(const ItemName& item) override;
  Nothing write(const ItemName& item, Site site, const std::vector<GuestWrite>& writes) override;
  Nothing flush(const ItemName& item, Site site) override;
  Result<std::unique_ptr<ImageReader>> open_disk(const ItemName& item, Site site,
                                                 std::size_t disk) override;
  /// Locators are "qcow2:<absolute path>".
  Result<std::unique_ptr<ImageReader>> open_located(const ItemName& item, std::size_t disk,
                                                    const DiskLocator& locator) override;
  Result<LiveCopies> live_copies(const ItemName& item) override;
  /// Checkpoints are listed as "<vm>/<checkpoint>" where libvirt knows them, and as
  /// "<volume>/<checkpoint>" where a volume has a bitmap of that name.
  Result<std::vector<CensusEntry>> census(const ItemName& item) override;
  [[nodiscard]] WireCount wire() override { return meter_->count(); }

  /// The link, for the hosts of the DR service; lives as long as the laboratory.
  [[nodiscard]] WireMeter& meter() { return *meter_; }

 private:
  /// A connection, and whether one of its VMs left a call unanswered: then the next use opens
  /// another connection.
  struct Access {
    std::unique_ptr<Connection> connection;
    std::shared_ptr<bool> silent;
  };

  LibvirtLaboratory(Access primary, Access recovery, std::unique_ptr<WireMeter> meter,
                    const Options& options);

  static Result<Access> reach(const SiteConfig& site);
  Result<Access*> access(Site site);
  /// The disks of the VM as it is now.
  Result<std::vector<DiskFile>> disks_of(Access& access, const ItemName& item);
  [[nodiscard]] StampOwner owner_of(const ItemName& item, std::size_t disk) const;
  Nothing create_volume(const ItemName& item, const DiskSpec& disk);
  Nothing remove_from(Site site, const ItemName& item);
  Result<bool> runs(Site site, const ItemName& item);
  /// Opens disks of the running VM, those whose numbers are given.
  Result<GuestDisks> open_guest(const ItemName& item, Site site,
                                const std::vector<std::size_t>& numbers, DiskAccess how);

  Access primary_;
  Access recovery_;
  std::unique_ptr<WireMeter> meter_;
  Options options_;
};

}  // namespace switchback::libvirt
