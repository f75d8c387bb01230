// SPDX-License-Identifier: Apache-2.0
// What the DR service must remember when its controller dies: items, jobs, recovery points.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "harness/lifecycle/operation.hpp"
#include "harness/lifecycle/state.hpp"
#include "harness/system/dr_system.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::recovery {

/// A recovery point: the volumes `<item>-<device>-<layer>` on the recovery site, one a disk.
struct PointRecord {
  std::string id;
  std::string layer;
  Instant cut{};
  friend bool operator==(const PointRecord&, const PointRecord&) = default;
};

/// An operation in progress: the next stage to enter. It is saved before the stage is entered.
struct JobRecord {
  Operation operation{};
  std::uint32_t stage = 0;
  bool undoing = false;  ///< a stage failed: the item is on its way back to where it was
  std::string failure;   ///< why, when undoing

  static JobRecord begin(Operation operation) {
    JobRecord job;
    job.operation = operation;
    return job;
  }
  friend bool operator==(const JobRecord&, const JobRecord&) = default;
};

/// Everything about one replicated item.
struct ItemRecord {
  ItemSpec spec;
  ItemState rest;  ///< the resting state that the item is in, or was in when its job began
  std::optional<JobRecord> job;

  /// Names tracking and layers; every use of it takes the next number, so no name comes twice.
  std::uint32_t round = 0;
  /// The newest checkpoint, on the active VM, whose earlier changes are all safe at the other site.
  std::optional<CheckpointName> tracked_since;
  std::vector<PointRecord> points;  ///< oldest first
  /// The layers between the replica's base and the newest point, oldest first, base not included.
  std::vector<std::string> layers;
  /// The layer on which the recovery VM runs, while one is defined.
  std::optional<std::string> target;

  Instant last_synchronized{};
  Instant next_round_due{};
  Bytes bytes_sent = 0;
};

/// Durable storage of item records. Each call is atomic: it happens wholly or not at all, whenever
/// the controller dies.
class Catalog {
 public:
  virtual ~Catalog() = default;
  /// All items, by name.
  virtual Result<std::map<ItemName, ItemRecord>> load() = 0;
  virtual Nothing save(const ItemRecord& record) = 0;
  virtual Nothing erase(const ItemName& item) = 0;
};

/// The simulated world's: a map that outlives the controllers which use it.
class MemoryCatalog final : public Catalog {
 public:
  Result<std::map<ItemName, ItemRecord>> load() override { return items_; }
  Nothing save(const ItemRecord& record) override {
    items_[record.spec.name] = record;
    return {};
  }
  Nothing erase(const ItemName& item) override {
    items_.erase(item);
    return {};
  }

 private:
  std::map<ItemName, ItemRecord> items_;
};

}  // namespace switchback::recovery
