// SPDX-License-Identifier: Apache-2.0
// See weaving.hpp.
#include "harness/sequence/weaving.hpp"

#include <algorithm>
#include <utility>

namespace switchback {
namespace {

/// Of operations, and of waits: left in the background, in percent.
constexpr unsigned kBackgroundPercent = 60;
constexpr unsigned kBackgroundWaitPercent = 30;
/// Of jobs in the background: let go on before the next step of any item.
constexpr unsigned kGoesOnPercent = 50;
/// Of an item's next operations: asked for before the last one has ended.
constexpr unsigned kSecondOperatorPercent = 15;
/// More points than any job passes.
constexpr std::uint32_t kToItsEnd = 100'000;

class Weaving {
 public:
  Weaving(Draw& draw, std::vector<Sequence> of_items)
      : draw_(draw), parts_(std::move(of_items)), next_(parts_.size()), busy_(parts_.size()) {}

  Sequence weave(std::size_t steps_max) {
    for (std::vector<std::uint32_t> left = unfinished();
         !left.empty() && woven_.steps.size() < steps_max; left = unfinished()) {
      let_jobs_go_on();
      add_next(draw_.one_of(left));
    }
    woven_.steps.resize(std::min(woven_.steps.size(), steps_max));
    woven_.seed = parts_.front().seed;
    woven_.disks = std::move(parts_.front().disks);
    woven_.vms = std::move(parts_.front().vms);
    woven_.policy = parts_.front().policy;
    for (std::size_t n = 1; n < parts_.size(); ++n)
      woven_.others.push_back(parts_[n].plan(0));
    return std::move(woven_);
  }

 private:
  [[nodiscard]] std::vector<std::uint32_t> unfinished() const {
    std::vector<std::uint32_t> items;
    for (std::uint32_t item = 0; item < parts_.size(); ++item)
      if (next_[item] < parts_[item].steps.size()) items.push_back(item);
    return items;
  }

  void let_jobs_go_on() {
    for (std::uint32_t item = 0; item < parts_.size(); ++item) {
      if (!busy_[item] || !draw_.percent(kGoesOnPercent)) continue;
      // A stage makes a handful of calls, one that copies many.
      const std::uint64_t most = draw_.percent(70) ? 6 : 40;
      advance(item, static_cast<std::uint32_t>(draw_.between(1, most)));
    }
  }

  void advance(std::uint32_t item, std::uint32_t points) {
    woven_.steps.push_back({.action = AdvanceStep{points}, .item = item});
  }

  /// The item's next step, with those inside its job.
  void add_next(std::uint32_t item) {
    const std::vector<Step>& steps = parts_[item].steps;
    const std::size_t begin = next_[item];
    std::size_t end = begin + 1;
    while (end < steps.size() && steps[end].at)
      ++end;
    next_[item] = end;
    Step step = steps[begin];
    step.item = item;
    auto* const ask = std::get_if<OperateStep>(&step.action);
    auto* const wait = std::get_if<WaitStep>(&step.action);
    if (ask != nullptr && busy_[item] && !draw_.percent(kSecondOperatorPercent)) {
      advance(item, kToItsEnd);
      busy_[item] = false;
    }
    const bool alone = end == begin + 1;  // a job in the background has no steps inside it
    if (ask != nullptr && alone && draw_.percent(kBackgroundPercent)) {
      ask->background = true;
      busy_[item] = true;
    }
    if (wait != nullptr && alone && draw_.percent(kBackgroundWaitPercent)) {
      wait->background = true;
      busy_.assign(busy_.size(), true);  // any item may have a round to run
    }
    woven_.steps.push_back(std::move(step));
    for (std::size_t n = begin + 1; n < end; ++n) {
      woven_.steps.push_back(steps[n]);
      // Now and then it is another item's guest or operator.
      woven_.steps.back().item = draw_.percent(75) ? item : draw_item();
    }
  }

  std::uint32_t draw_item() { return static_cast<std::uint32_t>(draw_.below(parts_.size())); }

  Draw& draw_;
  std::vector<Sequence> parts_;
  std::vector<std::size_t> next_;  ///< step of each part
  std::vector<bool> busy_;         ///< most likely has a job in the background
  Sequence woven_;
};

}  // namespace

Sequence woven(Draw& draw, std::vector<Sequence> of_items, std::size_t steps_max) {
  return Weaving(draw, std::move(of_items)).weave(steps_max);
}

}  // namespace switchback
