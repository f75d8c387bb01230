// SPDX-License-Identifier: Apache-2.0
// The harness's hands and eyes on two real sites under libvirt.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "harness/journal/stamp.hpp"
#include "harness/system/laboratory.hpp"
#include "vms/hosts/libvirt/connection.hpp"
#include "vms/hosts/libvirt/domain_xml.hpp"
#include "vms/hosts/libvirt/guest_disks.hpp"
#include "vms/hosts/libvirt/host_restarts.hpp"
#include "vms/hosts/libvirt/wire_meter.hpp"

namespace switchback::libvirt {

class GuestAgent;

/// On sites with a guest image, VMs boot it, and the agent in it writes (see guest_agent.hpp). On
/// others they have no guest OS: they are started paused, and the guest's writes are made here,
/// through their QEMU (see guest_disks.hpp).
class LibvirtLaboratory final : public Laboratory {
 public:
  struct Options {
    bool use_kvm = false;
    /// The longest wait for an answer of a VM's QEMU or of an NBD server.
    Duration patience = std::chrono::seconds(60);
  };

  /// Connects to the two sites of one run, and starts a wire meter, with a link of its own if the
  /// sites have networks of their own.
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
  Result<std::unique_ptr<ImageReader>> open_test_disk(const ItemName& item,
                                                      std::size_t disk) override;
  Nothing write_test(const ItemName& item, const std::vector<GuestWrite>& writes) override;
  /// Locators are "qcow2:<absolute path>".
  Result<std::unique_ptr<ImageReader>> open_located(const ItemName& item, std::size_t disk,
                                                    const DiskLocator& locator) override;
  Result<LiveCopies> live_copies(const ItemName& item) override;
  /// Hardware and disks are those that the VM has at its next start; the rest is as it is now.
  Result<Shared<std::vector<SeenVm>>> vms(const ItemName& item) override;
  /// All but swap_disks. A running VM is changed at its next start; its disk grows at once.
  [[nodiscard]] std::vector<Edit> edits() const override;
  Nothing edit(const ItemName& item, Edit edit) override;
  /// Checkpoints are listed as "<vm>/<checkpoint>" where libvirt knows them, and as
  /// "<volume>/<checkpoint>" where a volume has a bitmap of that name.
  Result<Shared<std::vector<CensusEntry>>> census(const ItemName& item) override;
  [[nodiscard]] WireCount wire() override { return meter_->count(); }
  [[nodiscard]] std::optional<WireCount> wire_at_interface() override {
    return meter_->count_at_interface();
  }

  /// Tells the laboratory of an item that another one made: what a guest does and which VMs are
  /// whose can be asked only of items that it knows.
  void know_item(const ItemSpec& item) { items_[item.name] = item; }

  /// Keeps something alive that whoever uses this laboratory needs.
  void keep(std::shared_ptr<const void> surroundings) { kept_.push_back(std::move(surroundings)); }

  /// To be told of VMs that their host starts again.
  [[nodiscard]] HostRestarts& restarts() { return restarts_; }
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
  /// A domain that is a VM of the item, by its name.
  struct ItemVm {
    std::string name;
    std::size_t vm = 0;
    bool test = false;
    bool running = false;
    Domain domain;
  };
  /// The item's own VMs on a site, or those of its test failover.
  struct Copy {
    Site site{};
    bool test = false;
  };

  [[nodiscard]] const SiteConfig& config_of(Site site) const;
  [[nodiscard]] Result<const ItemSpec*> spec_of(const ItemName& item) const;
  static Result<std::size_t> vm_of_disk(const ItemSpec& item, std::size_t disk);
  /// All of the item's VMs on a site, by name.
  Result<std::vector<ItemVm>> vms_at(Site site, const ItemSpec& item);
  Result<ItemVm> find_vm(Site site, const ItemSpec& item, std::size_t vm, bool test);

  [[nodiscard]] StampOwner owner_of(const ItemName& item, std::size_t disk) const;
  Nothing create_volume(const std::string& vm, const DiskSpec& disk);
  Nothing remove_from(Site site, const ItemName& item);

  /// One of the item's VMs, by what it is.
  struct VmOfItem {
    const ItemSpec& spec;
    Copy copy;
    std::size_t vm = 0;
  };
  /// An Error if it does not run, or, for writing, if it is suspended.
  Result<ItemVm> running_vm(const VmOfItem& vm);
  Result<ItemVm> writing_vm(const VmOfItem& vm);
  /// The agent of a guest that can write; waits until it is up.
  Result<GuestAgent> agent_of(const VmOfItem& vm);
  /// Opens disks of a running VM, those whose numbers are given; for writing only while its guest
  /// is not held.
  Result<GuestDisks> open_guest(const VmOfItem& vm, const std::vector<std::size_t>& numbers,
                                DiskAccess how);
  Nothing write_as_guest(const ItemName& item, Copy copy, const std::vector<GuestWrite>& writes);
  /// All writes are to disks of that VM.
  Nothing write_by_agent(const VmOfItem& vm, const std::vector<GuestWrite>& writes);
  Nothing write_through_qemu(const VmOfItem& vm, const std::vector<GuestWrite>& writes);
  Result<Hold> hold_of(const SiteConfig& site, const std::string& vm, const Domain& domain) const;
  Result<std::unique_ptr<ImageReader>> open_copy(const ItemName& item, Copy copy, std::size_t disk);
  Result<std::unique_ptr<ImageReader>> open_image(Site site, const std::filesystem::path& file,
                                                  const StampOwner& owner);

  Nothing redefine(const recovery::VmDefinition& definition, const ItemVm& vm);
  Nothing add_disk(recovery::VmDefinition definition, const ItemVm& vm);
  Nothing resize_first_disk(const recovery::VmDefinition& definition, ItemVm& vm, std::int64_t by);
  Nothing delete_vm(const recovery::VmDefinition& definition, const ItemVm& vm);
  Nothing undo_disk_edits(const ItemSpec& item, recovery::VmDefinition definition, ItemVm& vm);

  HostRestarts restarts_;
  std::vector<std::shared_ptr<const void>> kept_;  ///< goes last
  Access primary_;
  Access recovery_;
  std::unique_ptr<WireMeter> meter_;
  Options options_;
  std::map<ItemName, ItemSpec> items_;
};

}  // namespace switchback::libvirt
