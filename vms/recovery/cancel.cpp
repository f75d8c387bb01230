// SPDX-License-Identifier: Apache-2.0
// See cancel.hpp.
#include "vms/recovery/cancel.hpp"

#include "vms/recovery/copies.hpp"
#include "vms/recovery/failback.hpp"
#include "vms/recovery/failover.hpp"
#include "vms/recovery/fence.hpp"
#include "vms/recovery/processing.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

bool fails_over(Operation operation) {
  return operation == Operation::planned_failover || operation == Operation::unplanned_failover;
}

Task<Nothing> abandon_failover(JobContext& job, Operation cancelled) {
  job.record.tracked_since.reset();  // nothing is to be replicated any more
  SB_CO_TRY(co_await return_from_failover(job, cancelled));
  co_return co_await remove_expired(job);
}

Task<Nothing> abandon_failback(JobContext& job) {
  // The VMs at recovery may be held for a cut: they are let go of, or the cancel is asked again.
  SB_CO_TRY(co_await release_guests(job, Site::recovery));
  SB_CO_TRY(co_await close_views(job, Site::recovery));
  job.record.tracked_since.reset();  // the next failback compares
  // An old primary VM that was not fenced yet: its disks are given up, it must not run on them.
  if (job.record.rest.primary == Role::superseded) SB_CO_TRY(co_await stop_source(job));
  // A completion that failed while primary was lost has left the VMs off, lest they run on both
  // sites. Whoever cancels now has decided.
  if (job.record.unsettled) SB_CO_TRY(co_await give_up_completion(job));
  co_return co_await retire_checkpoints_if_possible(job, Site::recovery);
}

}  // namespace

Task<Nothing> abandon(JobContext& job) {
  const std::optional<Operation> cancelled = job.record.job->cancelled;
  if (cancelled && fails_over(*cancelled)) co_return co_await abandon_failover(job, *cancelled);
  co_return co_await abandon_failback(job);
}

}  // namespace switchback::recovery
