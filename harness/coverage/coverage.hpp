// SPDX-License-Identifier: Apache-2.0
// How much of the lifecycle a run has been through, counted from the ends of operations and from
// nothing else. What there is to go through follows from the transition table and from the
// operations that the system has.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/events/event.hpp"

namespace switchback {

/// An operation asked for in a state. Words of the log: a system under test may show other states
/// than those of the table.
struct CoverageCell {
  std::string state;
  std::string operation;
  std::string cancelled = {};  ///< of a cancel: the operation whose job it stopped
  friend auto operator<=>(const CoverageCell&, const CoverageCell&) = default;
};

/// Times by outcome: "done", "refused", "failed", "indeterminate", and "cancelled" for what a
/// cancel took the place of.
using OutcomeCounts = std::map<std::string, std::uint64_t>;

/// Something that a run can go through, and how often it did.
template <class What>
struct Covered {
  What what;
  std::uint64_t times = 0;
};

/// A row from rest to rest, see harness/lifecycle/passages.hpp.
struct TransitionGoal {
  std::string row;
  CoverageCell cell;
  std::string to;
};
/// Failures that end alike are one: what caused them is not in the log.
struct FailureGoal {
  std::vector<std::string> rows;
  CoverageCell cell;
  std::string to;
};
struct OperationPair {
  std::string first;
  std::string then;
  friend auto operator<=>(const OperationPair&, const OperationPair&) = default;
};
struct TransitionPair {
  CoverageCell first;
  CoverageCell then;
  friend auto operator<=>(const TransitionPair&, const TransitionPair&) = default;
};

/// Goals of one kind, in the order of the table.
template <class What>
struct Goals {
  std::vector<Covered<What>> all;

  [[nodiscard]] std::size_t possible() const { return all.size(); }
  [[nodiscard]] std::size_t seen() const {
    std::size_t count = 0;
    for (const Covered<What>& goal : all)
      if (goal.times > 0) ++count;
    return count;
  }
  [[nodiscard]] std::vector<What> cold() const {
    std::vector<What> list;
    for (const Covered<What>& goal : all)
      if (goal.times == 0) list.push_back(goal.what);
    return list;
  }
};

/// What was seen of what there is.
struct CoverageTable {
  std::map<CoverageCell, OutcomeCounts> cells;  ///< all that was seen, of the table or not
  Goals<TransitionGoal> transitions;            ///< ended done
  Goals<CoverageCell> refusals;                 ///< ended refused
  Goals<FailureGoal> failures;                  ///< ended failed, there
  Goals<OperationPair> operation_pairs;         ///< see Coverage
  Goals<TransitionPair> transition_pairs;       ///< the same, states told apart
};

/// Two operations on one item of a sequence are a pair if both ended done and the second began in
/// the state to which the first had led. What came between them and did not end done - refused,
/// failed, cancelled, without an answer - does not matter if it left the item in that state, and
/// separates them if it did not: a failure that moves the item is a transition of its own. A cancel
/// of a job follows what was done before that job.
class Coverage {
 public:
  void sequence_begins(std::uint64_t sequence) { forget(sequence); }
  void sequence_ends(std::uint64_t sequence) { forget(sequence); }
  void operation_ended(const OperationEnded& event);

  /// Held against the table, as far as a system goes that has those operations.
  [[nodiscard]] CoverageTable table(const std::vector<std::string>& operations) const;

 private:
  struct Done {
    CoverageCell cell;
    std::string led_to;
  };

  void forget(std::uint64_t sequence);

  std::map<CoverageCell, OutcomeCounts> cells_;
  std::map<std::pair<CoverageCell, std::string>, std::uint64_t> failed_to_;  ///< by state after
  std::map<TransitionPair, std::uint64_t> pairs_;
  /// By sequence, as two can run at once, and item.
  std::map<std::pair<std::uint64_t, std::size_t>, Done> last_;
};

/// 402 of 410: 98; of nothing: 100. Rounded down, so that 100 means all.
unsigned percent(std::size_t part, std::size_t whole);

}  // namespace switchback
