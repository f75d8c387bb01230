// SPDX-License-Identifier: Apache-2.0
// The DR service of one lab, taken up by a command and left to the next: a catalog on disk, the two
// hosts, and the meter between them.
//
// There is no daemon of ours: each command is the controller for as long as it runs, and leaves
// jobs in progress to the next one, as after a controller's death.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/cli/dr/controller_lock.hpp"
#include "harness/cli/dr/lab_folder.hpp"
#include "harness/system/item.hpp"
#include "vms/hosts/libvirt/joined_sites.hpp"
#include "vms/hosts/libvirt/wire_meter.hpp"
#include "vms/recovery/reference_system.hpp"

namespace switchback {

/// The service as the catalog has it. Its clock is the lab's: the machine's clock and the lead of
/// the lab's.
class DrHome {
 public:
  /// To look only: works while another command is the controller. Nothing may be started.
  static Result<std::unique_ptr<DrHome>> look(const std::filesystem::path& run);
  /// As the controller.
  static Result<std::unique_ptr<DrHome>> control(const std::filesystem::path& run,
                                                 ControllerLock lock);
  ~DrHome();

  [[nodiscard]] const std::filesystem::path& run() const { return run_; }
  [[nodiscard]] const LabFile& lab() const { return lab_; }
  [[nodiscard]] const libvirt::JoinedSites& sites() const { return *sites_; }
  [[nodiscard]] recovery::ReferenceSystem& system() { return *system_; }
  /// Since this command began.
  [[nodiscard]] WireCount wire() const { return meter_->count(); }
  /// Another command asked this one to leave its job where it is.
  [[nodiscard]] bool wanted() const { return lock_ && lock_->wanted(); }
  /// The lab's clock.
  [[nodiscard]] Instant now() const;
  /// Moves the service's clock to now.
  void catch_up();
  /// Keeps the service's clock for the commands to come.
  Nothing keep_clock();

  /// The item of that name; for an empty name the only one.
  [[nodiscard]] Result<ItemSpec> item(const std::string& name) const;

 private:
  DrHome(std::filesystem::path run, LabFile lab) : run_(std::move(run)), lab_(std::move(lab)) {}
  static Result<std::unique_ptr<DrHome>> open(const std::filesystem::path& run,
                                              std::optional<ControllerLock> lock);

  std::filesystem::path run_;
  LabFile lab_;
  std::optional<ControllerLock> lock_;
  Duration clock_lead_{};
  std::unique_ptr<libvirt::JoinedSites> sites_;
  std::unique_ptr<libvirt::WireMeter> meter_;
  std::unique_ptr<recovery::ReferenceSystem> system_;
};

/// The folder of the only lab below the folder given, or below the usual one.
Result<std::filesystem::path> lab_in(const std::optional<std::filesystem::path>& base);
/// Of that lab; waits a little for another command to end.
Result<std::unique_ptr<DrHome>> control_lab(const std::optional<std::filesystem::path>& base);
Result<std::unique_ptr<DrHome>> look_at_lab(const std::optional<std::filesystem::path>& base);

}  // namespace switchback
