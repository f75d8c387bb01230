// SPDX-License-Identifier: Apache-2.0
// See timeline.hpp.
#include "harness/cli/explain/timeline.hpp"

#include <variant>

#include <fmt/format.h>

#include "harness/cli/explain/words.hpp"

namespace switchback {
namespace {

/// Makes the rows, one after the other.
class Timeline {
 public:
  explicit Timeline(const Story& story) : story_(story), last_(story.chronicle.at_first) {
    for (std::size_t item = 0; item < last_.size(); ++item)
      rows_.push_back({.step = std::nullopt,
                       .item = item,
                       .at = Instant{},
                       .what = "at first",
                       .times = 1,
                       .standing = last_[item]});
  }

  void take(const Happening& happening) {
    step_ = happening.step;
    std::visit([this](const auto& what) { tell(what); }, happening.what);
  }
  std::vector<TimelineRow> rows() && { return std::move(rows_); }

 private:
  void tell(const ToldStep&) {
    const Step& step = story_.trace.sequence.steps[step_];
    if (std::holds_alternative<EditStep>(step.action)) add(describe(step));
  }
  void tell(const ToldOperation& operation) {
    if (!operation.standing) return;
    const bool changed = operation.before != operation.after || operation.outcome != "done";
    if (!changed && *operation.standing == last_[operation.item]) return;
    last_[operation.item] = *operation.standing;
    TimelineRow& before = rows_.back();
    const std::string what = operation.operation + " " + operation.outcome;
    if (before.what == what && before.item == operation.item && before.step == step_ &&
        before.standing == operation.standing) {
      ++before.times;
      before.at = operation.at;
      return;
    }
    add(what);
    rows_.back().item = operation.item;
    rows_.back().at = operation.at;
    rows_.back().standing = operation.standing;
  }
  void tell(const ToldFault& fault) { add("fault " + fault.kind); }
  void tell(const ToldHealing&) { add("the steps are over: faults are mended"); }
  void tell(const ToldViolation& violation) { add("BROKEN " + violation.property); }

  void add(std::string what) {
    rows_.push_back({.step = step_,
                     .item = 0,
                     .at = std::nullopt,
                     .what = std::move(what),
                     .times = 1,
                     .standing = std::nullopt});
  }

  const Story& story_;
  std::vector<Standing> last_;  ///< of each item
  std::size_t step_ = 0;
  std::vector<TimelineRow> rows_;
};

std::string without_blanks_at_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::vector<TimelineRow> timeline_of(const Story& story) {
  Timeline timeline(story);
  for (const Happening& happening : story.chronicle.happenings)
    timeline.take(happening);
  return std::move(timeline).rows();
}

std::string timeline_text(const Story& story) {
  constexpr std::string_view kLine = "  {:>4}  {:>10}  {:<36} {:<18} {}";
  std::string text = without_blanks_at_end(
      fmt::format(fmt::runtime(kLine), "step", "at", "", "primary", "recovery"));
  for (const TimelineRow& row : timeline_of(story)) {
    std::string what = row.what;
    if (row.times > 1) what += fmt::format(", {} times", row.times);
    if (story.chronicle.at_first.size() > 1 && row.standing)
      what += fmt::format(" (item {})", row.item);
    const Standing standing = row.standing.value_or(Standing{});
    text += without_blanks_at_end(fmt::format(
        fmt::runtime(kLine), row.step ? fmt::format("{}", *row.step + 1) : std::string(),
        row.at ? in_words(*row.at) : std::string(), what, standing.primary, standing.recovery));
  }
  return text;
}

}  // namespace switchback
