// SPDX-License-Identifier: Apache-2.0
// The story of a trace for people. One function a section.
#include <algorithm>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/cli/explain/steps_told.hpp"
#include "harness/cli/explain/story.hpp"
#include "harness/cli/explain/timeline.hpp"
#include "harness/cli/explain/words.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

constexpr std::size_t kWidth = kStoryWidth;

std::string heading(const Story& story) {
  std::string what = fmt::format("{}: {} in the simulated world", printable_line(story.file),
                                 counted(story.trace.sequence.steps.size(), "step"));
  if (story.trace.variant) what += ", of the variant " + *story.trace.variant;
  if (story.trace.defect) what += ", with the defect " + *story.trace.defect;
  std::string text = wrapped(what, 0, kWidth);
  if (!story.broken.empty()) {
    const BrokenPromise& first = story.broken.front();
    text += fmt::format("VIOLATED  {}, in step {}\n", identity_of(first.violation), first.step + 1);
  } else if (story.verdict == RunVerdict::held) {
    text += fmt::format("HELD  all {} that had something to judge\n",
                        counted(story.promises_judged, "promise"));
  } else if (story.verdict == RunVerdict::nothing_tested) {
    text += "NOTHING TESTED  no operation ended done, so nothing was shown\n";
  } else {
    text += "INCONCLUSIVE\n" + wrapped(printable(story.chronicle.error), 2, kWidth);
  }
  const std::optional<ExpectedViolation>& expected = story.trace.violation;
  if (!expected) return text;
  const ToldViolation named{expected->property, expected->kind, {}};
  if (story.broken.empty() || identity_of(story.broken.front().violation) != identity_of(named))
    text += wrapped(fmt::format("The trace was kept for {}, which is not broken here.",
                                printable_line(identity_of(named))),
                    0, kWidth);
  return text;
}

std::string set_up(const Story& story) {
  const Sequence& sequence = story.trace.sequence;
  std::string text = "\nWhat is protected\n";
  for (std::size_t item = 0; item < sequence.item_count(); ++item) {
    const ItemPlan plan = sequence.plan(item);
    std::vector<std::string> disks;
    for (std::size_t disk = 0; disk < plan.disks.size(); ++disk)
      disks.push_back(fmt::format(
          "disk {} of {}{}", disk, human_bytes(plan.disks[disk].size_bytes),
          plan.vms.size() > 1 ? fmt::format(" (VM {})", plan.disks[disk].vm) : std::string()));
    const auto period =
        std::chrono::duration_cast<std::chrono::seconds>(plan.policy.copy_frequency);
    text += wrapped(fmt::format("item {}: {}; {}; a round every {} s{}", item,
                                counted(plan.vms.size(), "VM"), fmt::join(disks, ", "),
                                period.count(), plan.policy.encrypted ? "; encrypted" : ""),
                    2, kWidth);
  }
  return text;
}

/// What the images showed after the operation that broke it.
std::vector<WrongBlock> wrong_in(const Story& story, std::size_t step) {
  std::vector<WrongBlock> wrong;
  for (const Happening& happening : story.chronicle.happenings)
    if (const auto* const told = std::get_if<ToldOperation>(&happening.what))
      if (happening.step == step) wrong.insert(wrong.end(), told->wrong.begin(), told->wrong.end());
  return wrong;
}

std::string violation_section(const Story& story) {
  std::string text;
  for (const BrokenPromise& broken : story.broken) {
    text += fmt::format("  {}, in step {}\n", identity_of(broken.violation), broken.step + 1);
    text += labelled("promise", broken.promise);
    text += labelled("source", broken.source);
    text += labelled("found", broken.violation.message);
    for (const WrongBlock& wrong : wrong_in(story, broken.step))
      text += labelled("block", in_words(wrong));
  }
  return text;
}

std::string needs_section(const Story& story) {
  std::vector<std::size_t> spared;
  std::size_t needed = 0;
  std::size_t untried = 0;
  for (std::size_t step = 0; step < story.needs.size(); ++step) {
    if (story.needs[step] == Need::spared) spared.push_back(step + 1);
    if (story.needs[step] == Need::needed) ++needed;
    if (story.needs[step] == Need::untried) ++untried;
  }
  if (untried > 0)
    return wrapped("Not tried: shorten the trace with `switchback shrink` first.", 2, kWidth);
  std::string text =
      wrapped(fmt::format("{} of the {} that ran: without any one of these the same is not broken.",
                          needed, counted(needed + spared.size(), "step")),
              2, kWidth);
  if (!spared.empty())
    text += wrapped(fmt::format("Not needed, each for itself: {}. `switchback shrink` leaves out "
                                "what all together can do without.",
                                fmt::join(spared, ", ")),
                    2, kWidth);
  return text;
}

}  // namespace

std::string story_text(const Story& story) {
  std::string text = heading(story) + set_up(story);
  text += "\nStep by step\n" + steps_text(story);
  text += "\nWhere the VMs are\n" + timeline_text(story);
  if (story.broken.empty()) return text;
  text += "\nWhat broke\n" + violation_section(story);
  text += "\nWhich steps are needed\n" + needs_section(story);
  return text;
}

}  // namespace switchback
