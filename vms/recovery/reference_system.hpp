// SPDX-License-Identifier: Apache-2.0
// The reference DR service, driven through the interface that every DR system is driven through.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/system/dr_system.hpp"
#include "vms/recovery/catalog.hpp"
#include "vms/recovery/faults.hpp"
#include "vms/recovery/faulty_host.hpp"
#include "vms/recovery/link.hpp"
#include "vms/recovery/power.hpp"
#include "vms/recovery/stages.hpp"
#include "vms/recovery/storage.hpp"
#include "vms/recovery/timers.hpp"
#include "vms/recovery/wall_clock.hpp"

namespace switchback::recovery {

/// What a service works with. It owns all but the link, the power and the storage, which
/// outlive it.
struct ServiceParts {
  std::unique_ptr<Host> primary;
  std::unique_ptr<Host> recovery;
  std::unique_ptr<Catalog> catalog;
  Link& link;
  Power* power = nullptr;      ///< nullptr: no site can lose it. Outlives the service
  Storage* storage = nullptr;  ///< nullptr: that it is full is pretended. Outlives the service
  StageTable stages;
  std::string system_name;
  Bytes tracking_grain = 65536;
  Bytes sync_overhead_per_disk = 0;
  Bytes sync_overhead_per_grain = 0;
  /// Of items whose policy says none.
  Duration copy_frequency = std::chrono::minutes(5);
  /// From the end of a round to the processing of what it sent.
  Duration processing_delay = std::chrono::minutes(1);
  Bytes checksum_chunk = 65536;
  Bytes checksum_bytes = 24;  ///< 16 of checksum and 8 that number the chunk
  unsigned most_vms = 8;
  bool encrypts = true;
  bool app_consistent = true;
  bool uefi = true;
  DeclaredSet declared = {};
  /// What a product around the service says of an item beside it; empty: nothing.
  std::function<void(const ItemName&, ItemStatus&)> add_to_status = {};
  /// That can be injected.
  std::vector<FaultKind> faults = {kAllFaults.begin(), kAllFaults.end()};
};

/// One controller. Its own clock is moved by pass_time() alone; its wall clock shows the same, but
/// for steps: see wall_clock.hpp. Not thread-safe; items on separate systems may be driven from
/// separate threads.
class ReferenceSystem final : public DrSystem {
 public:
  explicit ReferenceSystem(ServiceParts parts);
  ~ReferenceSystem() override;

  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  Result<Progress> start(const ItemSpec& item, const Request& request) override;
  Result<Progress> advance(const ItemName& item) override;
  Result<Duration> pass_time(Duration duration) override;
  Result<ItemStatus> status(const ItemName& item) override;
  Result<Shared<std::vector<DiskLocator>>> locate_point(const ItemName& item,
                                                        const std::string& point_id) override;
  Nothing inject(const Fault& fault) override;
  Nothing heal() override;
  std::vector<FaultKind> take_fault_effects() override { return faults_.take_effects(); }
  Duration take_call_time() override { return faults_.take_time(); }

  /// Takes up what the catalog holds, as a controller does when it starts: jobs in progress go on
  /// from the stage that was recorded last. The clock goes on, at the earliest from the newest cut.
  Nothing restore();
  /// Puts the clock of a controller that was started anew where it belongs. Never back.
  void set_clock(Instant now) { now_ = std::max(now_, now); }
  [[nodiscard]] Instant now() const { return now_; }

 private:
  struct Job;
  /// Where the images of a point are.
  struct Located {
    std::string layer;
    Shared<std::vector<DiskLocator>> disks;  ///< empty: nobody has asked yet
  };
  struct Item {
    Shared<ItemRecord> saved;                   ///< as the catalog has it
    ItemRecord working;                         ///< with the changes of the stage in progress
    Shared<std::vector<RecoveryPoint>> points;  ///< those of `saved`, as its status lists them
    std::vector<Located> located;               ///< the same
    std::unique_ptr<Job> job;
  };

  // reference_system.cpp
  [[nodiscard]] std::optional<std::string> objection(const ItemSpec& spec, const Item* item,
                                                     const Request& request) const;
  Result<Progress> cancel_job(const ItemName& name, Item& item, const Request& request);
  static void keep(Item& item, Shared<ItemRecord> saved);
  Nothing lose_tracking();
  Nothing delete_targets();
  Nothing lose_power(FaultKind kind, Site site);
  [[nodiscard]] bool any_job() const;
  /// What the lifecycle allows in that state, of what this service has.
  [[nodiscard]] OperationSet allowed_in(const ItemState& rest) const;
  void begin_job(Item& item, std::string key, std::optional<ItemSpec> spec);
  Result<Progress> progress_of(const ItemName& name, Item& item);

  // job_run.cpp
  Task<Nothing> run_job(Item& item, Job& job);
  Task<Nothing> settle(Item& item, Job& job);
  Task<Nothing> run_stages(Item& item, Job& job, const OperationPlan& plan);
  Task<Nothing> note_failure(Item& item, Job& job, const OperationPlan& plan, Error why);
  Task<Nothing> go_back(Item& item, Job& job, const OperationPlan& plan);
  Task<Nothing> finish_done(Item& item, Job& job);
  Task<Nothing> finish_failed(Item& item, Job& job);
  Task<Nothing> save(Item& item, Job& job);
  Task<Nothing> save_end(Item& item, Job& job);
  [[nodiscard]] Timing timing_of(const ItemRecord& record) const;

  ServiceParts parts_;
  Faults faults_;
  FaultyHost* primary_;  ///< of `parts_`
  FaultyHost* recovery_;
  Capabilities capabilities_;
  OperationSet offered_;  ///< of the same
  Instant now_{};
  FaultyWallClock wall_;
  std::map<ItemName, Item> items_;
};

}  // namespace switchback::recovery
