// SPDX-License-Identifier: Apache-2.0
// The DR service of one lab, taken up by a command and left to the next: a catalog on disk, the two
// hosts, and the meter between them.
//
// There is no daemon of ours: each command locks the catalog, is the controller for as long as it
// runs, and leaves jobs in progress to the next one, as after a controller's death.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/system/item.hpp"
#include "vms/hosts/libvirt/joined_sites.hpp"
#include "vms/hosts/libvirt/wire_meter.hpp"
#include "vms/recovery/reference_system.hpp"

namespace switchback {

/// What a lab is made of, kept in its folder as `lab.json`.
struct LabFile {
  bool use_kvm = false;
  std::vector<ItemSpec> items;  ///< names and disks; policies come with enable
};
Nothing write_lab_file(const std::filesystem::path& run, const LabFile& lab);
Result<LabFile> read_lab_file(const std::filesystem::path& run);

/// The controller. Its clock is the wall clock, counted from the UNIX epoch.
class DrHome {
 public:
  /// Of the only live lab below `base`. Waits a little for another command to end.
  static Result<std::unique_ptr<DrHome>> open(const std::optional<std::filesystem::path>& base);
  ~DrHome();

  [[nodiscard]] const LabFile& lab() const { return lab_; }
  [[nodiscard]] const libvirt::JoinedSites& sites() const { return *sites_; }
  [[nodiscard]] recovery::ReferenceSystem& system() { return *system_; }
  [[nodiscard]] WireCount wire() const { return meter_->count(); }
  /// Moves the service's clock to now.
  void catch_up();

  /// The item of that name; for an empty name the only one.
  Result<ItemSpec> item(const std::string& name) const;

 private:
  DrHome(LabFile lab, int lock) : lab_(std::move(lab)), lock_(lock) {}

  LabFile lab_;
  int lock_;
  std::unique_ptr<libvirt::JoinedSites> sites_;
  std::unique_ptr<libvirt::WireMeter> meter_;
  std::unique_ptr<recovery::ReferenceSystem> system_;
};

}  // namespace switchback
