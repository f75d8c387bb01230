// SPDX-License-Identifier: Apache-2.0
// What holds for shrinking whatever is shrunk.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/sequence/draw.hpp"
#include "harness/sequence/trace.hpp"
#include "harness/shrink/any_write.hpp"
#include "harness/shrink/shrink.hpp"
#include "harness/shrink/simplicity.hpp"

namespace switchback {
namespace {

using Found = std::optional<std::size_t>;

constexpr std::size_t kKinds = std::variant_size_v<Action>;

WriteStep draw_write(Draw& draw) {
  return {static_cast<std::uint32_t>(draw.below(4)), draw.below(5000),
          static_cast<std::uint32_t>(draw.between(1, 60))};
}

OperateStep draw_request(Draw& draw) {
  OperateStep ask{.operation = kAllOperations[draw.below(kOperationCount)]};
  if (draw.percent(50)) return ask;
  ask.point = kAllPointChoices[draw.below(kAllPointChoices.size())];
  if (ask.point == PointChoice::custom)
    ask.custom_point = static_cast<std::uint32_t>(draw.below(20));
  ask.shut_down_source = draw.percent(50);
  ask.create_missing_vm = draw.percent(50);
  ask.key = kAllKeysGiven[draw.below(kAllKeysGiven.size())];
  if (draw.percent(30)) ask.settings.cpus = 2;
  if (draw.percent(30)) ask.settings.nic_addresses = {"", "10.0.0.1"};
  return ask;
}

Action draw_action(Draw& draw) {
  const WriteStep write = draw_write(draw);
  switch (draw.below(kKinds)) {
    case 0:
      return write;
    case 1:
      return FlushStep{};
    case 2:
      return draw_request(draw);
    case 3:
      return WaitStep{std::chrono::milliseconds(draw.below(1000000))};
    case 4:
      return FaultStep{kAllFaults[draw.below(kAllFaults.size())]};
    case 5:
      return HealStep{};
    case 6:
      return EditStep{kAllEdits[draw.below(kAllEdits.size())]};
    case 7:
      return TestWriteStep{write.disk, write.block, write.count};
    default:
      return OldPrimaryWriteStep{write.disk, write.block, write.count};
  }
}

/// One or two VMs with one to three disks each.
void draw_item(Draw& draw, Sequence& sequence) {
  sequence.vms.assign(draw.between(1, 2), Hardware{});
  for (std::size_t vm = 0; vm < sequence.vms.size(); ++vm) {
    const std::uint64_t disks = draw.between(1, 3);
    for (std::uint64_t n = 0; n < disks; ++n)
      sequence.disks.push_back(
          {"vd" + std::string(1, static_cast<char>('a' + n)), draw.between(512, 1U << 30), vm});
    sequence.vms[vm].boot_disk = draw.below(disks);
    sequence.vms[vm].cpus = static_cast<unsigned>(draw.between(1, 2));
    if (draw.percent(50)) sequence.vms[vm].nics = {{"52:54:00:00:00:01", "lan", ""}};
  }
  if (draw.percent(50)) sequence.policy.most_points = static_cast<unsigned>(draw.between(1, 24));
  sequence.policy.encrypted = draw.percent(30);
}

Sequence draw_sequence(std::uint64_t seed) {
  Draw draw{rc::Random(seed)};
  Sequence sequence{.seed = seed, .disks = {}, .steps = {}};
  draw_item(draw, sequence);
  for (std::uint64_t steps = draw.between(1, 30); steps > 0; --steps) {
    sequence.steps.push_back({draw_action(draw), std::nullopt});
    if (draw.percent(25))
      sequence.steps.back().at =
          Moment{draw.percent(50) ? "one" : "two", static_cast<std::uint32_t>(draw.below(30)),
                 draw.percent(20) ? "write" : ""};
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
      wanted_.push_back(draw.below(kKinds + 5));
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
    if (what < kKinds) return step.action.index() == what;
    if (what == kKinds) return step.at.has_value();
    if (what == kKinds + 1) return step.at && step.at->call > 4;
    const auto* const ask = std::get_if<OperateStep>(&step.action);
    if (what == kKinds + 2) return ask != nullptr && ask->custom_point > 3;
    if (what == kKinds + 3) return ask != nullptr && !ask->shut_down_source;
    const std::optional<WriteStep> write = write_in(step);
    return write && write->block % 16 == 15;
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
