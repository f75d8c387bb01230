// SPDX-License-Identifier: Apache-2.0
// See resync.hpp.
#include "vms/recovery/resync.hpp"

#include <fmt/format.h>

#include "vms/recovery/change_marks.hpp"
#include "vms/recovery/comparison.hpp"
#include "vms/recovery/losses.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {

Task<Nothing> check_resync_prerequisites(JobContext& job) {
  SB_CO_TRY(co_await check_disks_unchanged(job));
  const std::vector<VmName> vms = vms_on(job.record, Site::primary);
  for (const VmName& vm : vms) {
    SB_CO_ASSIGN(runs, co_await job.call("is_running", [&] { return job.primary.is_running(vm); }));
    if (!runs)
      co_return environment_error(fmt::format("VM {} does not run on the primary site", vm),
                                  "start it and resynchronize again");
  }
  co_return co_await forget_lost_layers(job);
}

Task<Nothing> resynchronize_round(JobContext& job) {
  ItemRecord& record = job.record;
  const std::string layer = point_layer_of_round(record.round + 1);
  const std::string newest = newest_layer(record);
  if (record.points.empty() && record.layers.empty()) SB_CO_TRY(co_await make_missing_base(job));
  SB_CO_TRY(co_await create_layer(job, layer, newest));
  SB_CO_TRY(co_await note_change_marks(job));
  const Comparison both{
      .source = Site::primary,
      .source_runs = true,
      .quiesce = false,  // no app-consistent point is made of a comparison
      .compare_with = [&record,
                       newest](const DiskSpec& disk) { return layer_volume(record, disk, newest); },
      .target = [&record,
                 layer](const DiskSpec& disk) { return layer_volume(record, disk, layer); }};
  SB_CO_ASSIGN(sent, co_await compare_and_send(job, both));
  sent.layer = layer;
  record.layers.push_back(layer);
  record.sent.push_back(std::move(sent));
  co_return Nothing{};
}

}  // namespace switchback::recovery
