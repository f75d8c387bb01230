// SPDX-License-Identifier: Apache-2.0
// What a run comes to, folded from its events and from nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/coverage/coverage.hpp"
#include "harness/coverage/fault_coverage.hpp"
#include "harness/events/event.hpp"

namespace switchback {

enum class RunVerdict : std::uint8_t {
  held,            ///< every property that was judged held
  violated,        ///< one was broken
  nothing_tested,  ///< no operation ended done, so nothing was shown
  /// Trouble of the environment, or cut short, or required coverage that was not reached.
  inconclusive,
  /// None was broken, but a sequence that was run twice did not do the same: nothing that was found
  /// or not found can be relied on.
  not_deterministic,
};

inline constexpr std::array<RunVerdict, 5> kAllRunVerdicts = {
    RunVerdict::held, RunVerdict::violated, RunVerdict::nothing_tested, RunVerdict::inconclusive,
    RunVerdict::not_deterministic};

/// "held", "violated", "nothing_tested", "inconclusive", "not_deterministic": the words of
/// docs/summary-json.md.
std::string_view name_of(RunVerdict verdict);
/// The exit code of `switchback run`: 0, 1, 2, 3 in the order of the enumerators, and 1 for the
/// last.
int exit_code(RunVerdict verdict);

enum class PropertyResult : std::uint8_t {
  held,
  violated,
  not_exercised,
  accepted,  ///< broken, and only as the baseline accepts
};
std::string_view name_of(PropertyResult result);

/// A property over the whole run.
struct JudgedProperty {
  PropertyInfo info;
  std::uint64_t judged = 0;
  std::uint64_t broken = 0;  ///< times that it was judged and broken
  bool violated = false;
  bool accepted = false;  ///< violated, and the baseline accepts every way in which it was

  [[nodiscard]] PropertyResult result() const;
};

/// Many values, few of them different.
class Distribution {
 public:
  void add(Bytes value);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Bytes total() const { return total_; }
  // Of no values: 0. The median of an even number is the lower one of the middle.
  [[nodiscard]] Bytes least() const;
  [[nodiscard]] Bytes median() const;
  [[nodiscard]] Bytes greatest() const;

 private:
  std::map<Bytes, std::uint64_t> times_;
  std::uint64_t count_ = 0;
  Bytes total_ = 0;
};

/// One operation's bytes: what the harness's meter saw against what the guest had changed.
struct Transfer {
  std::uint64_t sequence = 0;
  std::size_t step = 0;
  Bytes wire_bytes = 0;
  Bytes dirty_bytes = 0;
};

/// All that ended done of one operation of the way back.
struct TransferTally {
  std::string operation;
  Distribution wire;
  Distribution dirty;
  std::vector<Transfer> each;  ///< complete, or empty if there are more than kMostTransfers
};
inline constexpr std::size_t kMostTransfers = 200;

struct StageTally {
  std::uint64_t in_time = 0;   ///< steps that took place in the stage
  std::uint64_t too_late = 0;  ///< steps whose moment never came
};

/// What was broken in one way: the way is `property` and `kind` together.
struct Finding {
  ViolationKept kept;       ///< if it was not: what is known, without story, trace and step counts
  bool was_kept = false;    ///< shrunk, and written to `kept.trace_file` if that is not empty
  std::uint64_t found = 0;  ///< times that it was found, in all sequences; 1 for a further trace
  /// How often the same sequence broke it; nothing: it was run once.
  std::optional<ViolationRepeated> repeated = {};
  /// What the baseline says of it, in force or expired.
  std::optional<BaselineEntry> known = {};

  [[nodiscard]] bool accepted() const { return known && !known->expired; }
};

struct EnvironmentError {
  std::optional<std::uint64_t> sequence;  ///< nothing: the run's own
  std::string message;
};
inline constexpr std::size_t kMostErrors = 20;

/// How many planted defects a build was seen to find, see docs/power.md.
struct Power {
  std::uint64_t found = 0;
  std::uint64_t planted = 0;
};

struct SummaryData {
  RunStarted run;
  RunEnded end;
  bool replayed = false;  ///< all sequences came from traces, none from the seed

  std::uint64_t sequences = 0;  ///< ended
  std::uint64_t sequences_violated = 0;
  std::uint64_t sequences_in_error = 0;     ///< ended by trouble of the environment
  std::uint64_t sequences_repeated = 0;     ///< run twice and compared
  std::uint64_t sequences_differing = 0;    ///< those that were not the same
  std::vector<SequenceRepeated> differing;  ///< the first kMostErrors of them
  std::uint64_t steps = 0;
  std::uint64_t operations = 0;  ///< ended, whatever the outcome
  std::uint64_t operations_done = 0;
  std::uint64_t loops = 0;  ///< times round the whole lifecycle
  std::uint64_t writes = 0;
  Bytes wire_bytes = 0;      ///< of the operations that send data, on the wire
  Bytes dirty_bytes = 0;     ///< of the same operations, changed by the guest
  Bytes all_wire_bytes = 0;  ///< of the sequences, whatever sent them
  /// The same at the link's network interface; nothing if one of them could not be measured there.
  std::optional<Bytes> interface_bytes = {};

  std::vector<JudgedProperty> properties;
  std::vector<Finding> findings;         ///< in the order in which they were first found
  std::vector<EnvironmentError> errors;  ///< the first kMostErrors

  CoverageTable coverage;
  OutcomeCounts outcomes;
  std::map<std::pair<std::string, std::string>, StageTally> stages;  ///< by operation and stage
  FaultTable faults;
  std::vector<TransferTally> way_back;  ///< always the three of the way back, in its order

  std::vector<std::string> not_exercised;  ///< one line each, for people
  /// Of the build, not of the run, and so of no event: whoever makes the reports sets it. Nothing:
  /// this build has not searched for them here.
  std::optional<Power> power = {};

  [[nodiscard]] RunVerdict verdict() const;
  /// Something was broken that the baseline does not accept.
  [[nodiscard]] bool violated() const;
  /// Nothing that was required is cold.
  [[nodiscard]] bool covered() const;
  /// A sequence did not come back, or took the process with it.
  [[nodiscard]] bool cut_short() const {
    return end.stopped_by == "hang" || end.stopped_by == "crash";
  }
  /// Trouble of the environment ended a sequence, or the run; or it was cut short.
  [[nodiscard]] bool disturbed() const {
    return !errors.empty() || end.stopped_by == "error" || cut_short();
  }
};

/// "71/71 planted defects found by this build", or that it has not searched for them.
std::string power_words(const std::optional<Power>& power);
/// What the baseline accepts and this run did not see: it may be mended, and its entry can go.
std::vector<BaselineEntry> baseline_not_seen(const SummaryData& data);
/// "switchback replay FILE", or "" if no trace was kept.
std::string replay_command(const ViolationKept& kept);
/// The command that makes the same run again; "" if the run was a replay.
std::string rerun_command(const SummaryData& data);

class Summary final : public EventSink {
 public:
  Summary();

  void on(const Event& event) override;
  [[nodiscard]] bool reads_steps() const override { return false; }

  /// Of the events so far.
  [[nodiscard]] SummaryData data() const;

 private:
  void fold(const RunStarted& event);
  void fold(const SequenceStarted& event);
  void fold(const StepStarted&) {}
  void fold(const OperationEnded& event);
  void fold(const StepInJob& event);
  void fold(const FaultInjected& event);
  void fold(const FaultTookEffect& event);
  void fold(const ViolationFound& event);
  void fold(const SequenceEnded& event);
  void fold(const SequenceRepeated& event);
  void fold(const ViolationRepeated& event);
  void fold(const ViolationKept& event);
  void fold(const RunEnded& event);

  void add_error(std::optional<std::uint64_t> sequence, const std::string& message);
  Finding& finding(const std::string& property, const std::string& kind);
  JudgedProperty& property(const std::string& name);

  SummaryData data_;
  Coverage coverage_;
  FaultCoverage faults_;
  std::uint64_t started_from_seed_ = 0;
  std::uint64_t started_from_trace_ = 0;
};

}  // namespace switchback
