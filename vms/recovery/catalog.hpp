// SPDX-License-Identifier: Apache-2.0
// What the DR service must remember when its controller dies: items, jobs, recovery points.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/shared.hpp"
#include "harness/base/units.hpp"
#include "harness/lifecycle/operation.hpp"
#include "harness/lifecycle/state.hpp"
#include "harness/system/dr_system.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::recovery {

/// What a VM of the item was made of at an instant, by VM.
using ConfigRecord = std::vector<Hardware>;

/// A layer of the replica: the volumes `<item>-<device>-<layer>` on the recovery site, one a disk,
/// each an overlay of the layer before it. What it adds is one round's changes.
struct LayerRecord {
  std::string layer;
  Instant cut{};   ///< on the service's own clock, see wall_clock.hpp
  Instant wall{};  ///< the same as the wall clock showed it: for people
  bool app_consistent = false;
  Shared<ConfigRecord> config;  ///< as found at the cut
  friend bool operator==(const LayerRecord&, const LayerRecord&) = default;
};

/// Data processed: a recovery point that stands on a layer.
struct PointRecord {
  std::string id;
  std::string layer;
  Instant cut{};   ///< as in LayerRecord
  Instant wall{};  ///< as in LayerRecord
  bool app_consistent = false;
  Shared<ConfigRecord> config;
  friend bool operator==(const PointRecord&, const PointRecord&) = default;
};

/// A copy of the VMs that runs at recovery, on a layer of its own over a point's layer.
struct CopyRecord {
  std::string layer;     ///< its own, which it writes to
  std::string on_layer;  ///< the point's, which it never writes to
  std::string point;     ///< that point's id
  std::vector<VmName> vms;
  friend bool operator==(const CopyRecord&, const CopyRecord&) = default;
};

/// An operation in progress: the next stage to enter. It is saved before the stage is entered.
struct JobRecord {
  Operation operation{};
  std::uint32_t stage = 0;
  bool undoing = false;   ///< a stage failed: the item is on its way back to where it was
  std::string failure;    ///< why, when undoing
  ItemState failed_rest;  ///< where the item rests when it has come back
  bool lasting = false;   ///< asking again does not help, when undoing
  // The request, but for the key, which is never saved.
  PointChoice point = PointChoice::latest;
  std::string point_id;
  bool shut_down_source = true;
  bool create_missing_vm = true;
  TargetSettings settings;
  /// The operation that a cancel took the place of; none for a cancel asked of a resting item.
  std::optional<Operation> cancelled;
  std::uint32_t cancelled_stage = 0;  ///< that operation's stage as recorded

  static JobRecord begin(const Request& request) {
    JobRecord job;
    job.operation = request.operation;
    job.point = request.point;
    job.point_id = request.point_id;
    job.shut_down_source = request.shut_down_source;
    job.create_missing_vm = request.create_missing_vm;
    job.settings = request.settings;
    return job;
  }
  friend bool operator==(const JobRecord&, const JobRecord&) = default;
};

/// Everything about one replicated item.
struct ItemRecord {
  ItemSpec spec;
  ItemState rest;  ///< the resting state that the item is in, or was in when its job began
  std::optional<JobRecord> job;
  /// An operation that failed and whose undo failed too: undone before the next one begins.
  std::optional<JobRecord> unsettled;
  TargetSettings settings;

  /// Names tracking and layers; every use of it takes the next number, so no name comes twice.
  std::uint32_t round = 0;
  /// The newest checkpoint, on the active VMs, whose earlier changes are all safe at the other
  /// site.
  std::optional<CheckpointName> tracked_since;
  /// Of the disks at primary, when both sides were last compared or their content went from one to
  /// the other; what is tracked is all that has changed since as long as they are the same.
  std::vector<ChangeMark> change_marks;

  std::vector<LayerRecord> sent;            ///< data sent and not yet processed, oldest first
  Shared<std::vector<PointRecord>> points;  ///< oldest first
  /// The layers between the replica's base and the newest data, oldest first, base not included.
  std::vector<std::string> layers;
  /// Layers whose content was folded into the one below them: to be removed.
  std::vector<std::string> folded;
  std::optional<CopyRecord> target;           ///< the VMs at recovery, while they are defined
  std::optional<CopyRecord> previous_target;  ///< during change_recovery_point: the one given up
  std::optional<CopyRecord> test;             ///< of a test failover
  std::optional<std::string> failover_point;  ///< see ItemStatus
  ConfigRecord original;  ///< what primary's VMs were made of when they failed over

  Health health = Health::normal;
  std::string health_reason;
  std::uint32_t failed_rounds = 0;  ///< in a row: for the delay before the next try

  Instant last_synchronized{};    ///< cut of the newest data sent, as the wall clock showed it
  Instant last_app_consistent{};  ///< cut of the newest app-consistent data
  // When the clock asks for what; zero: not at all.
  Instant next_round_due{};
  Instant next_processing_due{};
  Instant next_fence_due{};
  Bytes bytes_sent = 0;
  friend bool operator==(const ItemRecord&, const ItemRecord&) = default;
};

/// Durable storage of item records. Each call is atomic: it happens wholly or not at all, whenever
/// the controller dies.
class Catalog {
 public:
  virtual ~Catalog() = default;
  /// All items, by name.
  virtual Result<std::map<ItemName, ItemRecord>> load() = 0;
  virtual Nothing save(const Shared<ItemRecord>& record) = 0;
  virtual Nothing erase(const ItemName& item) = 0;
};

/// The simulated world's: a map that outlives the controllers which use it.
class MemoryCatalog final : public Catalog {
 public:
  Result<std::map<ItemName, ItemRecord>> load() override {
    return std::map<ItemName, ItemRecord>(items_.begin(), items_.end());
  }
  Nothing save(const Shared<ItemRecord>& record) override {
    items_[record->spec.name] = record;
    return {};
  }
  Nothing erase(const ItemName& item) override {
    items_.erase(item);
    return {};
  }

 private:
  std::map<ItemName, Shared<ItemRecord>> items_;
};

}  // namespace switchback::recovery
