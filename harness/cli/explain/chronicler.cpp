// SPDX-License-Identifier: Apache-2.0
// See chronicler.hpp.
#include "harness/cli/explain/chronicler.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fixtures/defects/wrapped_system.hpp"
#include "harness/cli/explain/standing.hpp"
#include "harness/cli/explain/wrong_blocks.hpp"
#include "harness/lifecycle/resting_states.hpp"

namespace switchback {
namespace {

/// What the table says that the operation has to come to. A second operator asks while a job is in
/// progress.
std::string expected_words(const OperationEvidence& evidence, bool by_second) {
  if (evidence.row == nullptr && by_second)
    return "refused: a job is in progress, and at most a cancel is allowed";
  if (evidence.row == nullptr)
    return fmt::format("refused: the lifecycle has no row for it from {}",
                       name_of(evidence.model_before));
  std::string words = fmt::format("done: {} -> {} (row {})", name_of(evidence.model_before),
                                  name_of(evidence.row->to), evidence.row->row);
  if (evidence.fault_in_force) words += ", or failed, for there was a fault";
  return words;
}

std::optional<ToldPlace> place_of(const std::string& operation, const std::string& stage,
                                  std::uint32_t call) {
  if (operation.empty()) return std::nullopt;
  return ToldPlace{operation, stage, call};
}

std::vector<std::string> gone_points(const Snapshot& before, const Snapshot& after) {
  std::vector<std::string> gone;
  const auto is_listed = [&](const std::string& id) {
    return std::any_of(after.status.points.begin(), after.status.points.end(),
                       [&](const RecoveryPoint& point) { return point.id == id; });
  };
  for (const RecoveryPoint& point : before.status.points)
    if (!is_listed(point.id)) gone.push_back(point.id);
  return gone;
}

}  // namespace

/// Hands the evidence of operations on, and judges nothing.
class Chronicler::Onlooker final : public Property {
 public:
  explicit Onlooker(Chronicler& chronicler) : chronicler_(chronicler) {}
  [[nodiscard]] std::string_view name() const override { return "onlooker"; }
  [[nodiscard]] std::string_view promise() const override { return "promises nothing"; }
  [[nodiscard]] std::string_view source() const override { return ""; }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    chronicler_.look_at(evidence);
    return Verdict::does_not_apply();
  }

 private:
  Chronicler& chronicler_;
};

/// No event tells when the healthy phase begins, but the first thing it does is to mend.
class Chronicler::ToldSystem final : public WrappedSystem {
 public:
  ToldSystem(std::unique_ptr<DrSystem> system, Chronicler& chronicler)
      : WrappedSystem(std::move(system)), chronicler_(chronicler) {}
  Nothing heal() override {
    chronicler_.was_healed();
    return WrappedSystem::heal();
  }

 private:
  Chronicler& chronicler_;
};

class Chronicler::ToldWorlds final : public WorldFactory {
 public:
  ToldWorlds(WorldFactory& worlds, Chronicler& chronicler)
      : worlds_(worlds), chronicler_(chronicler) {}
  Result<World> make(std::uint64_t seed) override {
    Result<World> world = worlds_.make(seed);
    if (world) world->system = std::make_unique<ToldSystem>(std::move(world->system), chronicler_);
    return world;
  }
  [[nodiscard]] std::string name() const override { return worlds_.name(); }
  [[nodiscard]] bool deterministic() const override { return worlds_.deterministic(); }

 private:
  WorldFactory& worlds_;
  Chronicler& chronicler_;
};

Chronicler::Chronicler(const Sequence& sequence) : sequence_(sequence) {
  for (std::size_t item = 0; item < sequence.item_count(); ++item)
    chronicle_.at_first.push_back(standing_at_first(sequence.plan(item).vms.size()));
}

std::unique_ptr<const Property> Chronicler::onlooker() {
  return std::make_unique<Onlooker>(*this);
}

std::unique_ptr<WorldFactory> Chronicler::told_worlds(WorldFactory& worlds) {
  return std::make_unique<ToldWorlds>(worlds, *this);
}

void Chronicler::on(const Event& event) {
  std::visit([this](const auto& one) { take(one); }, event);
}

void Chronicler::take(const StepStarted& event) {
  step_ = event.step;
  mended_ = false;
  for (auto& [journal, ticks] : journals_)
    ticks.emplace_back(journal->now(), step_);
  add(ToldStep{.inside = std::nullopt, .too_late = std::exchange(late_, false)});
}

void Chronicler::take(const StepInJob& event) {
  late_ = !event.in_time;  // told before the step begins; in time, after that
  if (late_) return;
  std::get<ToldStep>(chronicle_.happenings.back().what).inside =
      ToldPlace{event.operation, event.stage, event.call};
}

void Chronicler::take(const OperationEnded& event) {
  step_ = event.step;
  add(ToldOperation{.item = event.item,
                    .operation = event.operation,
                    .choices = event.choices,
                    .by_clock = false,
                    .expected = {},
                    .outcome = event.was_cancelled ? "cancelled" : event.outcome,
                    .reason = event.was_cancelled ? std::string() : event.reason,
                    .before = event.state_before,
                    .after = event.state_after,
                    .system_says = {},
                    .health = event.health,
                    .at = event.at,
                    .calls = event.calls,
                    .wire_bytes = event.wire_bytes,
                    .faults = {},
                    .made = {},
                    .gone = {}});
  untold_ = !event.was_cancelled;
}

void Chronicler::take(const FaultInjected& event) {
  add(ToldFault{
      .kind = event.kind, .inside = place_of(event.operation, event.stage, 0), .lost = event.lost});
}

void Chronicler::take(const FaultTookEffect& event) {
  for (auto told = chronicle_.happenings.rbegin(); told != chronicle_.happenings.rend(); ++told) {
    auto* const fault = std::get_if<ToldFault>(&told->what);
    if (fault == nullptr || fault->kind != event.kind) continue;
    fault->changed.push_back({event.operation, event.stage, event.call});
    return;
  }
}

void Chronicler::take(const ViolationFound& event) {
  is_broken_ = true;
  step_ = event.step;
  add(ToldViolation{event.property, event.kind, event.message});
}

void Chronicler::take(const SequenceEnded& event) {
  chronicle_.error = event.error;
}

void Chronicler::take(const RunEnded& event) {
  if (chronicle_.error.empty()) chronicle_.error = event.error;
}

void Chronicler::was_healed() {
  const bool is_step = std::holds_alternative<HealStep>(sequence_.steps[step_].action);
  if (is_broken_ || (is_step && !std::exchange(mended_, true))) return;
  add(ToldHealing{});
}

/// The event of its end has just been told, but for the violations found since. Of what a second
/// operator was refused there is none.
ToldOperation& Chronicler::operation_of(const OperationEvidence& evidence) {
  if (!std::exchange(untold_, false))
    take(OperationEnded{.step = step_,
                        .operation = std::string(name_of(evidence.operation)),
                        .state_before = std::string(name_of(evidence.model_before)),
                        .outcome = std::string(name_of(evidence.outcome)),
                        .reason = reason_of(evidence.outcome),
                        .state_after = std::string(name_of(evidence.model_after)),
                        .at = evidence.after.now,
                        .choices = choices_in_words(evidence.request),
                        .health = std::string(name_of(evidence.after.status.health)),
                        .item = sequence_.steps[step_].item % sequence_.item_count()});
  untold_ = false;
  const auto told = std::find_if(chronicle_.happenings.rbegin(), chronicle_.happenings.rend(),
                                 [](const Happening& happening) {
                                   return std::holds_alternative<ToldOperation>(happening.what);
                                 });
  return std::get<ToldOperation>(told->what);
}

void Chronicler::look_at(const OperationEvidence& evidence) {
  know(evidence.journal);
  for (const PointImage& point : evidence.new_points)
    know(*point.journal);
  const bool by_second = !untold_;
  ToldOperation& operation = operation_of(evidence);
  operation.by_clock = !asked_by_operator(evidence.operation);
  operation.expected = expected_words(evidence, by_second);
  const ItemState& says = evidence.after.status.state;
  if (!by_second && !compatible(says, evidence.model_after)) operation.system_says = describe(says);
  for (const FaultKind kind : evidence.faults)
    operation.faults.emplace_back(name_of(kind));
  for (const PointImage& point : evidence.new_points)
    operation.made.push_back({point.point.id, point.point.cut, point.point.app_consistent,
                              describe(point.cut, *point.journal)});
  operation.gone = gone_points(evidence.before, evidence.after);
  if (evidence.target) operation.started_from = evidence.target->point;
  if (evidence.test) operation.tested_from = evidence.test->point;
  operation.wrong = wrong_blocks(
      evidence, [this](const Journal& journal, WriteSeq number) { return tell(journal, number); });
  operation.standing = standing_of(evidence);
}

void Chronicler::know(const Journal& journal) {
  const auto is_it = [&](const auto& known) { return known.first == &journal; };
  if (std::none_of(journals_.begin(), journals_.end(), is_it))
    journals_.emplace_back(&journal, Ticks{});
}

ToldWrite Chronicler::tell(const Journal& journal, WriteSeq number) {
  ToldWrite told{.number = number, .step = std::nullopt, .issued = std::nullopt};
  if (!journal.has(number)) return told;
  const WriteRecord record = journal.record(number);
  told.issued = record.issued_at;
  for (const auto& [known, ticks] : journals_) {
    if (known != &journal) continue;
    for (const auto& [tick, step] : ticks)
      if (tick < record.issued) told.step = step;
  }
  return told;
}

}  // namespace switchback
