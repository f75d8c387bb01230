// SPDX-License-Identifier: Apache-2.0
// The reference DR service, driven through the interface that every DR system is driven through.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "harness/system/dr_system.hpp"
#include "vms/recovery/catalog.hpp"
#include "vms/recovery/link.hpp"
#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// What a service works with. It owns all but the link, which outlives it.
struct ServiceParts {
  std::unique_ptr<Host> primary;
  std::unique_ptr<Host> recovery;
  std::unique_ptr<Catalog> catalog;
  Link& link;
  StageTable stages;
  std::string system_name;
  Bytes tracking_grain = 65536;
  Bytes sync_overhead_per_disk = 0;
  Bytes sync_overhead_per_grain = 0;
  Duration copy_frequency = std::chrono::minutes(5);
};

/// One controller. Its clock is moved by pass_time() alone. Not thread-safe; items on separate
/// systems may be driven from separate threads.
class ReferenceSystem final : public DrSystem {
 public:
  explicit ReferenceSystem(ServiceParts parts);
  ~ReferenceSystem() override;

  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  Result<Progress> start(const ItemSpec& item, Operation operation) override;
  Result<Progress> advance(const ItemName& item) override;
  Result<Duration> pass_time(Duration duration) override;
  Result<ItemStatus> status(const ItemName& item) override;
  Result<std::vector<DiskLocator>> locate_point(const ItemName& item,
                                                const std::string& point_id) override;
  Nothing inject(FaultKind kind) override;
  Nothing heal() override;

  /// Takes up what the catalog holds, as a controller does when it starts: jobs in progress go on
  /// from the stage that was recorded last.
  Nothing restore();

 private:
  struct Job;
  struct Item {
    ItemRecord saved;    ///< as the catalog has it
    ItemRecord working;  ///< with the changes of the stage in progress
    std::unique_ptr<Job> job;
  };

  Task<Nothing> run_job(Item& item, Job& job);
  Task<Nothing> run_stages(Item& item, Job& job, const OperationPlan& plan);
  Task<Nothing> undo(Item& item, Job& job, const OperationPlan& plan);
  Task<Nothing> finish(Item& item, Job& job, const ItemState& rest);
  Task<Nothing> save(Item& item, Job& job);
  void begin_job(Item& item);
  Result<Progress> progress_of(const ItemName& name, Item& item);

  ServiceParts parts_;
  Capabilities capabilities_;
  Instant now_{};
  std::map<ItemName, Item> items_;
};

}  // namespace switchback::recovery
