// SPDX-License-Identifier: Apache-2.0
// Folding events, and the rules of the verdict.
#include "reports/summary.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/base/names.hpp"
#include "harness/events/baseline.hpp"
#include "reports/required_coverage.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<RunVerdict>, 5> kVerdictNames = {{
    {RunVerdict::held, "held"},
    {RunVerdict::violated, "violated"},
    {RunVerdict::nothing_tested, "nothing_tested"},
    {RunVerdict::inconclusive, "inconclusive"},
    {RunVerdict::not_deterministic, "not_deterministic"},
}};

constexpr std::array<EnumName<PropertyResult>, 4> kResultNames = {{
    {PropertyResult::held, "held"},
    {PropertyResult::violated, "violated"},
    {PropertyResult::not_exercised, "not_exercised"},
    {PropertyResult::accepted, "accepted"},
}};

// The operations whose bytes show whether the way back sends only the delta, in its order.
constexpr std::array<std::string_view, 3> kWayBack = {"planned_failback", "complete_failover",
                                                      "reverse_replicate"};
constexpr std::array<std::string_view, 4> kOutcomes = {"done", "refused", "failed",
                                                       "indeterminate"};

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> list_not_exercised(const SummaryData& data) {
  std::vector<std::string> list;
  for (const JudgedProperty& property : data.properties)
    if (property.result() == PropertyResult::not_exercised)
      list.push_back(fmt::format("property {}: never judged", property.info.name));
  for (const std::string& operation : data.run.missing_operations)
    list.push_back(fmt::format("operation {}: the system does not have it", operation));
  std::vector<std::string> done;
  for (const auto& [cell, outcomes] : data.coverage.cells)
    if (outcomes.count("done") > 0) done.push_back(cell.operation);
  for (const std::string& operation : data.run.operations)
    if (!has(done, operation))
      list.push_back(fmt::format("operation {}: never ended done", operation));
  for (const std::string_view outcome : kOutcomes)
    if (data.outcomes.count(std::string(outcome)) == 0)
      list.push_back(fmt::format("outcome {}: never seen", outcome));
  if (data.faults.places.empty()) list.emplace_back("faults: none was injected");
  std::map<std::string, FaultTally> by_kind;
  for (const auto& [place, tally] : data.faults.places) {
    by_kind[place.kind].injected += tally.injected;
    by_kind[place.kind].effects += tally.effects;
  }
  for (const auto& [kind, tally] : by_kind)
    if (tally.effects == 0)
      list.push_back(fmt::format("fault {}: injected {}, never with effect", kind,
                                 counted(tally.injected, "time")));
  return list;
}

/// Marks what the run was told of beforehand.
void accept_known(SummaryData& data) {
  for (Finding& finding : data.findings)
    if (const BaselineEntry* const entry =
            baseline_entry(data.run.baseline, finding.kept.property, finding.kept.kind))
      finding.known = *entry;
  for (JudgedProperty& property : data.properties) {
    std::size_t found = 0;
    std::size_t accepted = 0;
    for (const Finding& finding : data.findings) {
      if (finding.kept.property != property.info.name) continue;
      ++found;
      if (finding.accepted()) ++accepted;
    }
    property.accepted = found > 0 && accepted == found;
  }
}

}  // namespace

std::string_view name_of(RunVerdict verdict) {
  return lookup_name(kVerdictNames, verdict);
}

std::string_view name_of(PropertyResult result) {
  return lookup_name(kResultNames, result);
}

int exit_code(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::held:
      return 0;
    case RunVerdict::violated:
    case RunVerdict::not_deterministic:
      return 1;
    case RunVerdict::nothing_tested:
      return 2;
    case RunVerdict::inconclusive:
      return 3;
  }
  SB_ASSERT(false && "every verdict has an exit code");
}

PropertyResult JudgedProperty::result() const {
  if (violated) return accepted ? PropertyResult::accepted : PropertyResult::violated;
  return judged > 0 ? PropertyResult::held : PropertyResult::not_exercised;
}

void Distribution::add(Bytes value) {
  ++times_[value];
  ++count_;
  total_ += value;
}

Bytes Distribution::least() const {
  return times_.empty() ? 0 : times_.begin()->first;
}

Bytes Distribution::greatest() const {
  return times_.empty() ? 0 : times_.rbegin()->first;
}

Bytes Distribution::median() const {
  std::uint64_t seen = 0;
  for (const auto& [value, times] : times_) {
    seen += times;
    if (seen * 2 >= count_) return value;
  }
  return 0;
}

// A finding stands whatever else went wrong. "Nothing was tested" comes before "inconclusive"
// because a run that never got anywhere is not one that was disturbed.
RunVerdict SummaryData::verdict() const {
  if (violated()) return RunVerdict::violated;
  if (sequences_differing > 0) return RunVerdict::not_deterministic;
  if (operations_done == 0 && !cut_short()) return RunVerdict::nothing_tested;
  if (disturbed() || !covered()) return RunVerdict::inconclusive;
  return RunVerdict::held;
}

bool SummaryData::violated() const {
  // A log may lack the event that names what was broken.
  if (findings.empty() && sequences_violated > 0) return true;
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return !finding.accepted(); }) ||
         std::any_of(properties.begin(), properties.end(), [](const JudgedProperty& property) {
           return property.result() == PropertyResult::violated;
         });
}

bool SummaryData::covered() const {
  return missing_coverage(*this).empty();
}

std::string power_words(const std::optional<Power>& power) {
  if (!power) return "this build has not searched for planted defects here: switchback defects";
  return fmt::format("{}/{} planted defects found by this build", power->found, power->planted);
}

std::vector<BaselineEntry> baseline_not_seen(const SummaryData& data) {
  std::vector<BaselineEntry> unseen;
  for (const BaselineEntry& entry : data.run.baseline)
    if (std::none_of(data.findings.begin(), data.findings.end(), [&](const Finding& finding) {
          return finding.kept.property == entry.property && finding.kept.kind == entry.kind;
        }))
      unseen.push_back(entry);
  return unseen;
}

std::string replay_command(const ViolationKept& kept) {
  if (kept.trace_file.empty()) return "";
  return fmt::format("switchback replay {}", shell_word(kept.trace_file));
}

// The number of sequences, not the time: a machine that is slower or faster must not matter.
std::string rerun_command(const SummaryData& data) {
  if (data.replayed) return "";
  std::string command = "switchback run";
  if (data.run.world != "sim" && !data.run.world.empty())
    command += fmt::format(" --system {}", shell_word(data.run.world));
  if (data.run.variant) command += fmt::format(" --variant {}", shell_word(*data.run.variant));
  if (data.run.defect) command += fmt::format(" --defect {}", shell_word(*data.run.defect));
  for (const std::string& word : data.run.arguments)
    command += " " + shell_word(word);
  command += fmt::format(" --seed {}", data.run.seed);
  // If it was cut short, not only by those that ended.
  if (data.sequences > 0 && !data.cut_short())
    command += fmt::format(" --max-sequences {}", data.sequences);
  return command;
}

Summary::Summary() {
  for (const std::string_view operation : kWayBack)
    data_.way_back.push_back(
        {.operation = std::string(operation), .wire = {}, .dirty = {}, .each = {}});
}

void Summary::on(const Event& event) {
  std::visit([this](const auto& fields) { fold(fields); }, event);
}

SummaryData Summary::data() const {
  SummaryData data = data_;
  data.replayed = started_from_trace_ > 0 && started_from_seed_ == 0;
  data.coverage = coverage_.table(data.run.operations);
  data.faults = fault_table(data.run, faults_.places());
  accept_known(data);
  data.not_exercised = list_not_exercised(data);
  return data;
}

void Summary::fold(const RunStarted& event) {
  data_.run = event;
  for (const PropertyInfo& info : event.properties)
    property(info.name).info = info;
}

void Summary::fold(const SequenceStarted& event) {
  ++(event.profile == "replay" ? started_from_trace_ : started_from_seed_);
  coverage_.sequence_begins(event.index);
}

void Summary::fold(const OperationEnded& event) {
  ++data_.operations;
  coverage_.operation_ended(event);
  ++data_.outcomes[event.was_cancelled ? "cancelled" : event.outcome];
  if (event.sends_data) {
    data_.wire_bytes += event.wire_bytes;
    data_.dirty_bytes += event.dirty_bytes;
  }
  if (event.outcome != "done") return;
  ++data_.operations_done;
  for (TransferTally& tally : data_.way_back) {
    if (tally.operation != event.operation || !event.sends_data) continue;
    tally.wire.add(event.wire_bytes);
    tally.dirty.add(event.dirty_bytes);
    if (tally.wire.count() > kMostTransfers)
      tally.each.clear();
    else
      tally.each.push_back({.sequence = event.sequence,
                            .step = event.step,
                            .wire_bytes = event.wire_bytes,
                            .dirty_bytes = event.dirty_bytes});
  }
}

void Summary::fold(const StepInJob& event) {
  StageTally& tally = data_.stages[{event.operation, event.stage}];
  ++(event.in_time ? tally.in_time : tally.too_late);
}

void Summary::fold(const FaultInjected& event) {
  faults_.injected(event);
}

void Summary::fold(const FaultTookEffect& event) {
  faults_.took_effect(event);
}

void Summary::fold(const ViolationFound& event) {
  Finding& found = finding(event.property, event.kind);
  if (++found.found == 1 && !found.was_kept) {
    found.kept.sequence = event.sequence;
    found.kept.message = event.message;
  }
  property(event.property).violated = true;
}

// One way of breaking a property may be kept more than once: each has a trace of its own.
void Summary::fold(const ViolationKept& event) {
  property(event.property).violated = true;
  Finding& found = finding(event.property, event.kind);
  if (found.was_kept) {
    data_.findings.push_back({.kept = event, .was_kept = true, .found = 1});
    return;
  }
  found.kept = event;
  found.was_kept = true;
}

void Summary::fold(const SequenceEnded& event) {
  if (data_.sequences == 0)
    data_.interface_bytes = event.interface_bytes;
  else if (data_.interface_bytes && event.interface_bytes)
    *data_.interface_bytes += *event.interface_bytes;
  else
    data_.interface_bytes.reset();
  ++data_.sequences;
  data_.steps += event.steps_run;
  data_.writes += event.writes;
  data_.loops += event.loops;
  data_.all_wire_bytes += event.wire_bytes;
  coverage_.sequence_ends(event.index);
  if (event.verdict == "violated") ++data_.sequences_violated;
  if (event.verdict == "error") {
    ++data_.sequences_in_error;
    add_error(event.index, event.error);
  }
  for (const PropertyTally& tally : event.properties) {
    JudgedProperty& judged = property(tally.name);
    judged.judged += tally.judged;
    judged.broken += tally.broken;
    if (tally.broken > 0) judged.violated = true;
  }
}

void Summary::fold(const SequenceRepeated& event) {
  ++data_.sequences_repeated;
  if (event.same) return;
  ++data_.sequences_differing;
  if (data_.differing.size() < kMostErrors) data_.differing.push_back(event);
}

void Summary::fold(const ViolationRepeated& event) {
  finding(event.property, event.kind).repeated = event;
}

void Summary::fold(const RunEnded& event) {
  data_.end = event;
  if (!event.error.empty()) add_error(std::nullopt, event.error);
}

void Summary::add_error(std::optional<std::uint64_t> sequence, const std::string& message) {
  if (data_.errors.size() < kMostErrors)
    data_.errors.push_back({.sequence = sequence, .message = message});
}

Finding& Summary::finding(const std::string& property, const std::string& kind) {
  for (Finding& known : data_.findings)
    if (known.kept.property == property && known.kept.kind == kind) return known;
  Finding fresh;
  fresh.kept.property = property;
  fresh.kept.kind = kind;
  return data_.findings.emplace_back(std::move(fresh));
}

JudgedProperty& Summary::property(const std::string& name) {
  for (JudgedProperty& known : data_.properties)
    if (known.info.name == name) return known;
  JudgedProperty fresh;
  fresh.info.name = name;
  return data_.properties.emplace_back(std::move(fresh));
}

}  // namespace switchback
