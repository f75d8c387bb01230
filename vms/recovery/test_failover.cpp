// SPDX-License-Identifier: Apache-2.0
// See test_failover.hpp.
#include "vms/recovery/test_failover.hpp"

#include "vms/recovery/copies.hpp"
#include "vms/recovery/losses.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/points_choice.hpp"
#include "vms/recovery/processing.hpp"

namespace switchback::recovery {
namespace {

Result<CopyRecord> test_copy_of_job(const ItemRecord& record) {
  SB_ASSIGN(point, choose_point(record, record.job->point, record.job->point_id));
  return next_test_copy(record, point);
}

}  // namespace

Task<Nothing> check_test_failover(JobContext& job) {
  SB_CO_ASSIGN(copy, test_copy_of_job(job.record));
  SB_CO_TRY(co_await check_key(job, copy.on_layer));
  SB_CO_TRY(co_await check_names_are_free(job, copy.vms));
  const bool newest = job.record.job->point == PointChoice::latest;
  const std::string layer = newest ? newest_layer(job.record) : copy.on_layer;
  co_return co_await check_layer(job, layer);
}

Task<Nothing> create_test_vm(JobContext& job) {
  ItemRecord& record = job.record;
  SB_CO_TRY(co_await remove_expired(job));
  SB_CO_ASSIGN(copy, test_copy_of_job(record));
  SB_CO_TRY(co_await create_copy_disks(job, copy));
  SB_CO_TRY(co_await define_copy(job, copy, true));
  record.test = copy;
  ++record.round;
  co_return Nothing{};
}

Task<Nothing> start_test_vm(JobContext& job) {
  SB_ASSERT(job.record.test);
  co_return co_await start_copy(job, *job.record.test, std::nullopt);
}

Task<Nothing> abandon_test_failover(JobContext& job) {
  ItemRecord& record = job.record;
  if (record.job->stage == 0) co_return Nothing{};  // the checks change nothing
  // A copy that was begun and not recorded has the names that the next one would have.
  const CopyRecord copy = record.test ? *record.test : next_test_copy(record, PointRecord{});
  SB_CO_TRY(co_await discard_copy(job, copy));
  record.test.reset();
  co_return Nothing{};
}

Task<Nothing> stop_test_vm(JobContext& job) {
  SB_ASSERT(job.record.test);
  co_return co_await force_off_copy(job, *job.record.test);
}

Task<Nothing> remove_test_vm(JobContext& job) {
  ItemRecord& record = job.record;
  SB_CO_TRY(co_await discard_copy(job, *record.test));
  record.test.reset();
  co_return Nothing{};
}

}  // namespace switchback::recovery
