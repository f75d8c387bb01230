// SPDX-License-Identifier: Apache-2.0
// See repeated_runs.hpp.
#include "harness/campaign/repeated_runs.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

namespace switchback {
namespace {

std::string words_of(const OperationEnded& event) {
  std::string words = fmt::format("{} ended {}", event.operation,
                                  event.was_cancelled ? "cancelled" : event.outcome);
  words += fmt::format(", {}", event.state_after);
  if (!event.health.empty()) words += fmt::format(", health {}", event.health);
  return words;
}

std::string words_of(const StepInJob& event) {
  if (!event.in_time) return fmt::format("its moment in {} did not come", event.stage);
  return fmt::format("took place in {} of {}", event.stage, event.operation);
}

std::string words_of(const FaultInjected& event) {
  return fmt::format("{} was injected", event.kind);
}

std::string words_of(const FaultTookEffect& event) {
  return fmt::format("{} changed {} in {}", event.kind, event.operation, event.stage);
}

std::string words_of(const ViolationFound& event) {
  return fmt::format("{} was broken ({})", event.property, event.kind);
}

}  // namespace

void WayOfRun::on(const Event& event) {
  std::visit(
      [&](const auto& fields) {
        using Kind = std::decay_t<decltype(fields)>;
        if constexpr (std::is_same_v<Kind, StepStarted>) {
          step_ = fields.step;
        } else if constexpr (std::is_same_v<Kind, SequenceEnded>) {
          conclusive_ = fields.verdict != "error";
          add(step_, "the sequence ended: " + fields.verdict);
        } else if constexpr (requires { words_of(fields); }) {
          add(fields.step, words_of(fields));
        }
        if constexpr (std::is_same_v<Kind, ViolationFound>) {
          broken_.emplace_back(fields.property, fields.kind);
          if (!first_) first_ = fields;
        }
      },
      event);
}

bool WayOfRun::broke(const std::string& property, const std::string& kind) const {
  return std::find(broken_.begin(), broken_.end(), std::pair(property, kind)) != broken_.end();
}

// A retry is told for each call that fails: how often is a matter of time.
void WayOfRun::add(std::size_t step, std::string words) {
  if (!happenings_.empty() && happenings_.back().words == words) return;
  happenings_.push_back({step, std::move(words)});
}

void RepeatedRuns::add(WayOfRun run) {
  if (!run.conclusive()) return;
  ++counts_.runs;
  if (counts_.property.empty() && run.first_violation()) {
    counts_.property = run.first_violation()->property;
    counts_.kind = run.first_violation()->kind;
  }
  if (run.broke(counts_.property, counts_.kind)) {
    ++counts_.broke;
    if (broken_) return;
    counts_.sequence = run.first_violation()->sequence;
    broken_ = std::move(run);
  } else if (!other_) {
    other_ = std::move(run);
  }
}

std::optional<ViolationRepeated> RepeatedRuns::result() const {
  if (!broken_) return std::nullopt;
  ViolationRepeated result = counts_;
  if (other_) note_difference(result);
  return result;
}

void RepeatedRuns::note_difference(ViolationRepeated& result) const {
  const std::vector<WayOfRun::Happening>& broken = broken_->happenings_;
  const std::vector<WayOfRun::Happening>& other = other_->happenings_;
  const auto [one, two] =
      std::mismatch(broken.begin(), broken.end(), other.begin(), other.end(),
                    [](const auto& a, const auto& b) { return a.words == b.words; });
  if (one != broken.end()) {
    result.differs_at = one->step;
    result.broken_run = one->words;
  }
  if (two != other.end()) {
    if (!result.differs_at) result.differs_at = two->step;
    result.other_run = two->words;
  }
}

}  // namespace switchback
