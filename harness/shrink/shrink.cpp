// SPDX-License-Identifier: Apache-2.0
// The order in which a sequence is made simpler. Documented in docs/shrinking.md.
#include "harness/shrink/shrink.hpp"

#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

/// What makes a sequence much shorter comes first, as everything after it is then cheaper.
bool one_round(Trials& trials) {
  bool better = drop_items(trials);
  better |= cut_widest_round(trials);
  better |= delete_jobs(trials);
  better |= delete_steps(trials);
  better |= cut_rounds(trials);
  better |= drop_vms(trials);
  better |= drop_disks(trials);
  better |= choose_defaults(trials);
  better |= merge_steps(trials);
  better |= leave_jobs(trials);
  better |= run_jobs_through(trials);
  better |= make_disks_smaller(trials);
  better |= lower_values(trials);
  // Seldom worth while, so only when nothing else is left to try.
  return better || wait_instead_of_rounds(trials) || end_sooner(trials) ||
         break_in_the_end(trials) || delete_pairs(trials);
}

}  // namespace

ShrinkResult shrink(const Sequence& failing, std::size_t violating_step,
                    const Reproduces& reproduces, const ShrinkBudget& budget,
                    const std::function<void(const ShrinkResult&)>& on_better) {
  Trials trials(failing, violating_step, reproduces, budget, on_better);
  trials.truncate();
  take_shortest_way(trials);
  while (!trials.spent() && one_round(trials)) {
  }
  return trials.result();
}

}  // namespace switchback
