// SPDX-License-Identifier: Apache-2.0
// See cut_ledger.hpp.
#include "harness/runner/cut_ledger.hpp"

#include <algorithm>

namespace switchback {
namespace {

/// What the reference service calls the cut of a VM's disks. A system that names it otherwise is
/// only held to have frozen the guests at some point of the job.
constexpr std::string_view kCut = "open_view";

std::size_t frozen_among(const std::vector<SeenVm>& vms) {
  return static_cast<std::size_t>(std::count_if(vms.begin(), vms.end(), [](const SeenVm& vm) {
    return vm.site == Site::primary && !vm.test && vm.running && vm.hold == Hold::frozen;
  }));
}

}  // namespace

void CutLedger::clock_leaves(Instant instant, std::uint32_t branch, Tick tick) {
  left_[branch][instant] = tick;
}

void CutLedger::assign(const std::vector<RecoveryPoint>& listed, std::uint32_t branch) {
  std::map<Instant, std::size_t> points_of;
  for (const RecoveryPoint& point : listed) {
    ++points_of[point.cut];
    points_.erase(point.id);  // one of that name may have been there before protection began anew
  }
  for (auto point = listed.rbegin(); point != listed.rend(); ++point) {
    const auto seen = cuts_.find(point->cut);
    if (seen == cuts_.end()) continue;
    std::vector<SeenCut>& cuts = seen->second;
    const std::size_t points = points_of[point->cut];
    const bool doubtful =
        std::any_of(cuts.begin(), cuts.end(), [](const SeenCut& cut) { return cut.doubtful; });
    if (cuts.size() < points || (doubtful && cuts.size() > points)) {
      points_.insert_or_assign(point->id, any_of(cuts, cuts.size() < points, point->cut, branch));
      continue;
    }
    points_.insert_or_assign(point->id, std::move(cuts.back()));
    cuts.pop_back();
    --points_of[point->cut];
  }
  for (const RecoveryPoint& point : listed)
    cuts_.erase(point.cut);
}

SeenCut CutLedger::any_of(const std::vector<SeenCut>& cuts, bool unseen, Instant instant,
                          std::uint32_t branch) const {
  const bool frozen =
      std::any_of(cuts.begin(), cuts.end(), [](const SeenCut& cut) { return cut.frozen; });
  const bool same_config =
      !unseen && std::all_of(cuts.begin(), cuts.end(),
                             [&](const SeenCut& cut) { return cut.config == cuts.front().config; });
  return {.began = before(instant, branch),
          .config = same_config ? cuts.front().config : std::vector<Hardware>(),
          .frozen = frozen};
}

Tick CutLedger::before(Instant instant, std::uint32_t branch) const {
  const auto of_branch = left_.find(branch);
  if (of_branch == left_.end()) return 0;
  const auto later = of_branch->second.lower_bound(instant);
  return later == of_branch->second.begin() ? 0 : std::prev(later)->second;
}

const SeenCut* CutLedger::find(const std::string& point) const {
  const auto found = points_.find(point);
  return found == points_.end() ? nullptr : &found->second;
}

Tick CutLedger::complete_to(const RecoveryPoint& point, std::uint32_t branch) const {
  if (const SeenCut* const seen = find(point.id)) return seen->began;
  return before(point.cut, branch);
}

void FreezeWatch::look(const JobPoint& point, const std::vector<SeenVm>& vms,
                       std::size_t item_vms) {
  const std::size_t frozen = frozen_among(vms);
  const bool all = frozen == item_vms;
  saw_frozen_ = saw_frozen_ || frozen > 0;
  saw_all_frozen_ = saw_all_frozen_ || all;
  // A stage that is entered again, by a controller that was started anew, cuts anew.
  const bool goes_on = stage_ == point.stage && call_ < point.call;
  if (!goes_on) cutting_ = false;
  stage_ = point.stage;
  call_ = point.call;
  if (point.call_name != kCut) return;
  frozen_at_cut_ = all && (!cutting_ || frozen_at_cut_);
  cut_ = cutting_ = true;
}

void FreezeWatch::look_again(const JobPoint& point, const std::vector<SeenVm>& vms,
                             std::size_t item_vms) {
  if (point.call_name == kCut) frozen_at_cut_ = frozen_at_cut_ && frozen_among(vms) == item_vms;
}

}  // namespace switchback
