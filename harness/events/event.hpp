// SPDX-License-Identifier: Apache-2.0
// What happens in a run, as plain events: the single source of every report.
//
// Events of the simulated world carry no wall-clock time and no address, so the same seed gives the
// same log byte for byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/units.hpp"

namespace switchback {

inline constexpr int kEventLogVersion = 1;

struct PropertyInfo {
  std::string name;
  std::string promise;
  std::string source;
};

/// A stage of an operation's job.
struct JobStage {
  std::string operation;
  std::string stage;
};

/// A finding that a run was told of beforehand: until that day it does not fail the run. See
/// docs/regressions.md.
struct BaselineEntry {
  std::string property;
  std::string kind;
  std::string until;  ///< the last day on which it is accepted, UTC: "2026-12-31"
  std::string reason;
  bool expired = false;  ///< on the day of the run, which came after
};

struct RunStarted {
  std::string tool;    ///< "switchback 0.1.0"
  std::string world;   ///< "sim" or "libvirt"
  std::string system;  ///< what the DR system calls itself
  std::optional<std::string> defect;
  std::optional<std::string> variant = {};  ///< of the sound service
  std::vector<std::string> declared = {};   ///< exceptions that the system declares
  std::uint64_t seed = 0;
  std::vector<PropertyInfo> properties;
  std::vector<std::string> operations;          ///< those that the system has
  std::vector<std::string> missing_operations;  ///< of the specification, not offered by the system
  std::vector<std::string> notes;        ///< e.g. "KVM: present but unusable (...); using TCG"
  std::vector<JobStage> stages = {};     ///< of those operations, their undo too
  std::vector<std::string> faults = {};  ///< kinds that can be injected
  /// Goals of coverage without which the run has no verdict, see reports/required_coverage.hpp.
  std::vector<std::string> required_coverage = {};
  /// What else of the command line decides what is drawn and judged, word by word: "--profile",
  /// "crowd".
  std::vector<std::string> arguments = {};
  std::vector<BaselineEntry> baseline = {};
};

struct SequenceStarted {
  std::uint64_t index = 0;
  std::uint64_t seed = 0;
  std::vector<Bytes> disk_sizes;
  std::size_t steps = 0;
  std::string profile;  ///< the named mixture that it was drawn from, or "replay"
};

/// Written before the step runs.
struct StepStarted {
  std::uint64_t sequence = 0;
  std::size_t step = 0;
  std::string json;  ///< the step as in a trace; empty if nobody reads it
};

/// An operation ended: an operator's or the clock's.
struct OperationEnded {
  std::uint64_t sequence = 0;
  std::size_t step = 0;
  std::string operation;
  std::string state_before;  ///< name of the model's resting state; of a job's cancel: of the job's
  std::string outcome;       ///< done, refused, failed, indeterminate
  std::string reason;
  std::string state_after;
  Instant at{};  ///< of the system's clock
  Bytes wire_bytes = 0;
  Bytes dirty_bytes = 0;
  bool sends_data = false;     ///< the operation moves replication data, so the two can be compared
  std::uint64_t calls = 0;     ///< points at which its job was stopped
  std::string choices = {};    ///< what was asked for, in words: "latest_processed, no shutdown"
  std::string cancelled = {};  ///< of a cancel: the operation whose job it stopped
  /// A cancel took its place: the outcome says "failed", and the cancel's own end follows.
  bool was_cancelled = false;
  std::string health = {};  ///< of replication, afterwards, as the system says
  std::size_t item = 0;     ///< which of the sequence's
};

/// A step inside a job took place at its moment, or came too late for it.
struct StepInJob {
  std::uint64_t sequence = 0;
  std::size_t step = 0;
  std::string operation;
  std::string stage;
  std::uint32_t call = 0;
  bool in_time = false;
};

struct FaultInjected {
  std::uint64_t sequence = 0;
  std::size_t step = 0;
  std::string kind;
  std::string stage;      ///< empty outside a job
  std::string operation;  ///< of that job
  std::string lost = {};  ///< see Laboratory::take_losses()
};

/// A fault changed what a call of a job did, as the world saw it: the call failed, its job died.
struct FaultTookEffect {
  std::uint64_t sequence = 0;
  std::size_t step = 0;
  std::string kind;
  std::string operation;  ///< of the job; empty outside one
  std::string stage;
  std::uint32_t call = 0;
  std::size_t item = 0;  ///< which of the sequence's
};

struct ViolationFound {
  std::uint64_t sequence = 0;
  std::size_t step = 0;
  std::string property;
  std::string kind;
  std::string message;
};

struct PropertyTally {
  std::string name;
  std::uint64_t judged = 0;
  std::uint64_t broken = 0;
};

struct SequenceEnded {
  std::uint64_t index = 0;
  std::string verdict;  ///< held, violated, error
  std::string error;    ///< the environment's, for "error"
  std::size_t steps_run = 0;
  std::uint64_t writes = 0;
  std::uint64_t loops = 0;  ///< times round the whole lifecycle
  Bytes wire_bytes = 0;
  std::vector<PropertyTally> properties;
  /// That crossed the link's network interface, headers and all; nothing where it has none.
  std::optional<Bytes> interface_bytes = {};
};

/// A sequence was drawn and run twice, to see whether the world is as deterministic as it says.
struct SequenceRepeated {
  std::uint64_t index = 0;
  bool same = true;
  std::string differs_in;  ///< what differs first: "event" or "state"; empty if they are the same
  std::size_t event = 0;   ///< the position of that event in the sequence, its start being 0
  /// That event as a line, or the digest of the state at the end, in each of the two runs; empty
  /// where there was none.
  std::string first;
  std::string second;
};

/// The same sequence was run several times, to see how often it breaks the promise.
struct ViolationRepeated {
  std::uint64_t sequence = 0;
  std::string property;
  std::string kind;
  std::uint64_t runs = 0;   ///< of that sequence, all of them
  std::uint64_t broke = 0;  ///< those that broke the promise in this way
  /// The first of the others: the step at which it left the way of the first that broke it, and
  /// what happened there in each; "" where nothing more did. Nothing if all broke it.
  std::optional<std::size_t> differs_at = {};
  std::string broken_run = {};
  std::string other_run = {};
};

/// A violation was shrunk and kept.
struct ViolationKept {
  std::uint64_t sequence = 0;
  std::string property;
  std::string kind;
  std::string message;
  std::string trace_file;  ///< empty if traces are not kept
  std::size_t steps_before = 0;
  std::size_t steps = 0;           ///< after shrinking
  std::uint64_t candidates = 0;    ///< sequences run to shrink it
  std::vector<std::string> story;  ///< the steps in words
};

struct RunEnded {
  std::string stopped_by;  ///< sequences, time, failures, signal, error, hang, crash
  std::string error;
};

using Event = std::variant<RunStarted, SequenceStarted, StepStarted, OperationEnded, StepInJob,
                           FaultInjected, ViolationFound, SequenceEnded, ViolationKept, RunEnded,
                           FaultTookEffect, SequenceRepeated, ViolationRepeated>;

/// Takes events in order, from one thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on(const Event& event) = 0;
  /// Whether the text of steps is looked at. Making it costs more than many a step.
  [[nodiscard]] virtual bool reads_steps() const { return true; }
};

/// For whom nothing needs to be told.
class NoEvents final : public EventSink {
 public:
  void on(const Event&) override {}
  [[nodiscard]] bool reads_steps() const override { return false; }
};

}  // namespace switchback
