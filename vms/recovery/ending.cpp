// SPDX-License-Identifier: Apache-2.0
// See ending.hpp.
#include "vms/recovery/ending.hpp"

#include "harness/lifecycle/resting_states.hpp"
#include "vms/recovery/commit.hpp"
#include "vms/recovery/copies.hpp"
#include "vms/recovery/failback.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/processing.hpp"
#include "vms/recovery/protection.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {

Task<Nothing> release_primary(JobContext& job) {
  SB_CO_TRY(co_await release_guests(job, Site::primary));
  co_return co_await close_views(job, Site::primary);
}

Task<Nothing> end_primary_tracking(JobContext& job) {
  ItemRecord& record = job.record;
  // A failure leaves it open what still tracks.
  if (record.rest == resting::kProtected || record.rest == resting::kPaused)
    job.fail_to = resting::kResyncRequired;
  if (!record.target) record.tracked_since.reset();
  SB_CO_TRY(co_await retire_checkpoints(job, Site::primary));
  co_return co_await retire_checkpoints_of_moved_disks(job);
}

Task<Nothing> detach_target(JobContext& job) {
  ItemRecord& record = job.record;
  if (!record.target) co_return Nothing{};
  SB_CO_TRY(co_await close_views(job, Site::recovery));
  record.tracked_since.reset();
  SB_CO_TRY(co_await retire_checkpoints(job, Site::recovery));
  // A failback that failed while primary was lost has left them off, lest they run on both sites.
  // Whoever ends protection now has decided.
  if (record.unsettled) SB_CO_TRY(co_await give_up_completion(job));
  co_return co_await flatten_or_fail(job);
}

Task<Nothing> remove_replica(JobContext& job) {
  ItemRecord& record = job.record;
  SB_CO_TRY(co_await delete_points(job));
  if (!record.target) co_return co_await remove_replica_volumes(job);
  // The VMs' key stays: their disks are encrypted for good.
  co_return co_await remove_layers(job);
}

}  // namespace switchback::recovery
