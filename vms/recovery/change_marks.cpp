// SPDX-License-Identifier: Apache-2.0
// See change_marks.hpp.
#include "vms/recovery/change_marks.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vms/recovery/naming.hpp"

namespace switchback::recovery {

Task<Nothing> note_change_marks(JobContext& job) {
  std::vector<ChangeMark> marks;
  for (const DiskSpec& disk : job.record.spec.disks) {
    const VolumeName volume = primary_volume(job.record, disk);
    SB_CO_ASSIGN(mark,
                 co_await job.call("change_mark", [&] { return job.primary.change_mark(volume); }));
    marks.push_back(mark);
  }
  job.record.change_marks = std::move(marks);
  co_return Nothing{};
}

Nothing check_change_marks(const JobContext& job, std::size_t vm) {
  const ItemRecord& record = job.record;
  for (std::size_t n = 0; n < record.spec.disks.size(); ++n) {
    const DiskSpec& disk = record.spec.disks[n];
    if (disk.vm != vm) continue;
    SB_ASSIGN(mark, job.primary.change_mark(primary_volume(record, disk)));
    if (n < record.change_marks.size() && mark == record.change_marks[n]) continue;
    return bad_input(
        fmt::format("disk {} of VM {} was changed at primary behind the back of its VM: what has "
                    "changed is not known",
                    disk.device, vm_name(record.spec, vm)),
        "have both sides compared: resynchronize, or fail back again");
  }
  return {};
}

Task<Nothing> check_all_change_marks(JobContext& job) {
  for (std::size_t vm = 0; vm < job.record.spec.vms.size(); ++vm)
    SB_CO_TRY(co_await job.call("change_mark", [&] { return check_change_marks(job, vm); }));
  co_return Nothing{};
}

}  // namespace switchback::recovery
