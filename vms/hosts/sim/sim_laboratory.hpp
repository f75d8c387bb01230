// SPDX-License-Identifier: Apache-2.0
// The harness's hands and eyes in the simulated world: it owns both sites.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "harness/system/laboratory.hpp"
#include "vms/hosts/sim/sim_host.hpp"
#include "vms/hosts/sim/sim_item.hpp"
#include "vms/hosts/sim/sim_power.hpp"
#include "vms/hosts/sim/sim_state.hpp"

namespace switchback::sim {

/// Knows the items that it created, by name; any other is an Error, but for remove_item() and
/// census(), which go by names alone. Guests have no cache: what is acknowledged is on the volume.
///
/// A write to a disk of the item goes to that disk's volume, whatever device name edits have given
/// it: see position_of().
class SimLaboratory final : public Laboratory {
 public:
  /// `seed` is that of what a loss of power leaves.
  explicit SimLaboratory(std::uint64_t seed = 0) : power_(primary_, recovery_, seed) {}
  Nothing create_item(const ItemSpec& item) override;
  Nothing remove_item(const ItemName& item) override;
  Nothing write(const ItemName& item, Site site, const std::vector<GuestWrite>& writes) override;
  Nothing flush(const ItemName& item, Site site) override;
  Result<std::unique_ptr<ImageReader>> open_disk(const ItemName& item, Site site,
                                                 std::size_t disk) override;
  Result<std::unique_ptr<ImageReader>> open_test_disk(const ItemName& item,
                                                      std::size_t disk) override;
  Nothing write_test(const ItemName& item, const std::vector<GuestWrite>& writes) override;
  Nothing write_behind(const ItemName& item, const std::vector<GuestWrite>& writes) override;
  Result<std::unique_ptr<ImageReader>> open_located(const ItemName& item, std::size_t disk,
                                                    const DiskLocator& locator) override;
  [[nodiscard]] std::optional<std::uint64_t> content_at(const DiskLocator& locator) override;
  Result<LiveCopies> live_copies(const ItemName& item) override;
  Result<Shared<std::vector<SeenVm>>> vms(const ItemName& item) override;
  [[nodiscard]] bool trims() const override { return true; }
  [[nodiscard]] std::vector<Edit> edits() const override;
  Nothing edit(const ItemName& item, Edit edit) override;
  Nothing move_disk(const ItemName& from, const ItemName& to) override;
  Result<std::unique_ptr<ImageReader>> open_moved_disk(const ItemName& from) override;
  Result<Shared<std::vector<CensusEntry>>> census(const ItemName& item) override;
  [[nodiscard]] WireCount wire() override { return link_.count(); }
  [[nodiscard]] std::optional<std::uint64_t> state_digest() override {
    return state_of(primary_, recovery_);
  }

  [[nodiscard]] std::string take_losses() override { return power_.take_losses(); }

  /// See Volumes::set_tracking_grain().
  void set_tracking_grain(Bytes bytes) {
    primary_.volumes.set_tracking_grain(bytes);
    recovery_.volumes.set_tracking_grain(bytes);
  }
  SimLink& link() { return link_; }
  SimPower& power() { return power_; }
  SimSite& site(Site site) { return site == Site::primary ? primary_ : recovery_; }

 private:
  /// What was seen of an item, while nothing has changed since.
  struct Sight {
    std::optional<std::uint64_t> census_at;  ///< changes of the item
    Shared<std::vector<CensusEntry>> census;
    std::optional<std::uint64_t> vms_at;
    bool in_a_box = false;  ///< some of them are on a network of their own
    Shared<std::vector<SeenVm>> vms;
    std::optional<std::uint64_t> live_at;  ///< changes of its VMs
    LiveCopies live;
  };
  struct KnownItem {
    ItemSpec spec;
    Sight sight;
    std::array<const std::uint64_t*, 2> vm_changes{};  ///< by site
    std::array<const std::uint64_t*, 4> other_changes{};

    /// Stays the same as long as nothing of it is made, moved or removed.
    [[nodiscard]] std::uint64_t changes_of_vms() const { return *vm_changes[0] + *vm_changes[1]; }
    [[nodiscard]] std::uint64_t changes() const;
  };

  Result<const ItemSpec*> find_item(const ItemName& item) const;
  Result<const Volume*> find_located(const DiskLocator& locator);
  Result<KnownItem*> find_known(const ItemName& item);
  [[nodiscard]] std::vector<CensusEntry> count(const ItemName& item) const;
  [[nodiscard]] SeenVm see(const SimSite& site, const ItemSpec& item, const Vm& vm, Owner owner);
  /// True if nothing but test VMs of the item is plugged in where the VM is.
  [[nodiscard]] bool is_isolated(const ItemSpec& item, const Vm& vm) const;

  SimSite primary_{Site::primary};
  SimSite recovery_{Site::recovery};
  SimLink link_;
  SimPower power_;
  SimHost primary_host_{primary_, link_};
  std::uint64_t foreign_checkpoints_ = 0;  ///< made so far
  std::map<ItemName, KnownItem> items_;
  KnownItem* last_found_ = nullptr;  ///< most calls are about the item of the one before
};

}  // namespace switchback::sim
