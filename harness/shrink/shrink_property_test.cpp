// SPDX-License-Identifier: Apache-2.0
// What holds for shrinking whatever is shrunk.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/sequence/draw.hpp"
#include "harness/sequence/trace.hpp"
#include "harness/shrink/shrink.hpp"
#include "harness/shrink/simplicity.hpp"

namespace switchback {
namespace {

using Found = std::optional<std::size_t>;

Action draw_action(Draw& draw) {
  switch (draw.below(6)) {
    case 0:
      return WriteStep{static_cast<std::uint32_t>(draw.below(4)), draw.below(5000),
                       static_cast<std::uint32_t>(draw.between(1, 60))};
    case 1:
      return FlushStep{};
    case 2:
      return OperateStep{kAllOperations[draw.below(kOperationCount)]};
    case 3:
      return WaitStep{std::chrono::milliseconds(draw.below(1000000))};
    case 4:
      return FaultStep{kAllFaults[draw.below(kAllFaults.size())]};
    default:
      return HealStep{};
  }
}

Sequence draw_sequence(std::uint64_t seed) {
  Draw draw{rc::Random(seed)};
  Sequence sequence{.seed = seed, .disks = {}, .steps = {}};
  for (std::uint64_t disks = draw.between(1, 4); disks > 0; --disks)
    sequence.disks.push_back({"vd" + std::to_string(disks), draw.between(512, 1u << 30)});
  for (std::uint64_t steps = draw.between(1, 30); steps > 0; --steps) {
    sequence.steps.push_back({draw_action(draw), std::nullopt});
    if (draw.percent(25))
      sequence.steps.back().at =
          Moment{draw.percent(50) ? "one" : "two", static_cast<std::uint32_t>(draw.below(30))};
  }
  return sequence;
}

/// A promise with a whim: it is broken at the first step at which enough things of a drawn choice
/// have come together. Any deterministic function would do.
class Whim {
 public:
  explicit Whim(std::uint64_t seed) {
    Draw draw{rc::Random(seed)};
    for (std::uint64_t count = draw.between(0, 4); count > 0; --count)
      wanted_.push_back(draw.below(9));
    threshold_ = draw.between(1, 80);
    disks_ = draw.between(1, 2);
    parity_ = draw.percent(20);
  }

  Found operator()(const Sequence& sequence) const {
    std::size_t next = 0;
    std::uint64_t blocks = 0;
    for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
      const Step& step = sequence.steps[n];
      if (const auto* const write = std::get_if<WriteStep>(&step.action)) blocks += write->count;
      if (next < wanted_.size() && is_wanted(step, wanted_[next])) ++next;
      if (next == wanted_.size() && blocks >= threshold_ && sequence.disks.size() >= disks_ &&
          (!parity_ || sequence.steps.size() % 2 == 0))
        return n;
    }
    return std::nullopt;
  }

 private:
  static bool is_wanted(const Step& step, std::uint64_t what) {
    if (what < 6) return step.action.index() == what;
    if (what == 6) return step.at.has_value();
    if (what == 7) return step.at && step.at->call > 4;
    const auto* const write = std::get_if<WriteStep>(&step.action);
    return write != nullptr && write->block % 16 == 15;
  }

  std::vector<std::uint64_t> wanted_;
  std::uint64_t threshold_ = 1;
  std::uint64_t disks_ = 1;
  bool parity_ = false;
};

struct Case {
  Sequence failing;
  Whim whim;
  std::size_t step = 0;
};

/// A sequence that breaks a drawn promise. About every tenth drawn does.
Case draw_case() {
  Draw seeds{rc::Random(*rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()))};
  while (true) {
    Case drawn{.failing = draw_sequence(seeds.number()), .whim = Whim(seeds.number())};
    const Found step = drawn.whim(drawn.failing);
    if (!step) continue;
    drawn.step = *step;
    return drawn;
  }
}

RC_GTEST_PROP(AnyShrinking, GivesWhatStillBreaksThePromise, ()) {
  const Case drawn = draw_case();
  ShrinkBudget budget;
  if (*rc::gen::arbitrary<bool>()) budget.max_candidates = *rc::gen::inRange<std::uint64_t>(0, 50);
  const ShrinkResult result = shrink(drawn.failing, drawn.step, drawn.whim, budget);
  RC_ASSERT(drawn.whim(result.smallest) == Found(result.violating_step));
  RC_ASSERT(burden_of(result.smallest) <= burden_of(drawn.failing));
  RC_ASSERT(result.smallest.steps.size() <= drawn.failing.steps.size());
  RC_ASSERT(result.smallest.seed == drawn.failing.seed);
  RC_ASSERT(result.candidates <= budget.max_candidates);
}

RC_GTEST_PROP(AnyShrinking, LeavesNoStepThatCouldBeDeleted, ()) {
  const Case drawn = draw_case();
  const ShrinkResult result = shrink(drawn.failing, drawn.step, drawn.whim, {});
  RC_ASSERT(result.finished);
  for (std::size_t n = 0; n < result.smallest.steps.size(); ++n) {
    Sequence shorter = result.smallest;
    shorter.steps.erase(shorter.steps.begin() + static_cast<std::ptrdiff_t>(n));
    RC_ASSERT(!drawn.whim(shorter));
  }
}

RC_GTEST_PROP(AnyShrinking, IsTheSameEveryTime, ()) {
  const Case drawn = draw_case();
  std::vector<Digest> run;
  const auto recording = [&](const Sequence& candidate) {
    run.push_back(digest_of(candidate));
    return drawn.whim(candidate);
  };
  const ShrinkResult once = shrink(drawn.failing, drawn.step, recording, {});
  const std::vector<Digest> first = std::exchange(run, {});
  const ShrinkResult again = shrink(drawn.failing, drawn.step, recording, {});
  RC_ASSERT(first == run);
  RC_ASSERT(digest_of(once.smallest) == digest_of(again.smallest));
  // Never the same candidate twice.
  RC_ASSERT(std::set<Digest>(run.begin(), run.end()).size() == run.size());
}

RC_GTEST_PROP(AnyShrinking, GivesATraceThatCanBeRead, ()) {
  const Case drawn = draw_case();
  const ShrinkResult result = shrink(drawn.failing, drawn.step, drawn.whim, {});
  const Trace trace{.made_by = "test",
                    .system = "sim",
                    .defect = {},
                    .sequence = result.smallest,
                    .violation = {}};
  const Result<Trace> read = trace_from_json(trace_to_json(trace), "t.json");
  RC_ASSERT(read.has_value());
  RC_ASSERT(digest_of(read->sequence) == digest_of(result.smallest));
}

RC_GTEST_PROP(Digests, DifferWhereSequencesDiffer, ()) {
  const Sequence a = draw_sequence(*rc::gen::inRange<std::uint64_t>(0, 50));
  const Sequence b = draw_sequence(*rc::gen::inRange<std::uint64_t>(0, 50));
  const auto text = [](const Sequence& sequence) {
    Trace trace;
    trace.sequence = sequence;
    trace.sequence.seed = 0;  // the world's, and the same for all candidates
    return trace_to_json(trace);
  };
  RC_ASSERT((text(a) == text(b)) == (digest_of(a) == digest_of(b)));
}

}  // namespace
}  // namespace switchback
