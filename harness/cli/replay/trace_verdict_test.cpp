// SPDX-License-Identifier: Apache-2.0
// What a replay says of a trace, and what a bisection may conclude from it.
#include "harness/cli/replay/trace_verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cli/arguments.hpp"
#include "harness/cli/running.hpp"

namespace switchback {
namespace {

using testing::HasSubstr;

const ExpectedViolation kOwn{"nothing_is_lost", "lost", 1, {}};

/// A run of one sequence, as a replay tells of it.
class Replayed {
 public:
  explicit Replayed(std::uint64_t judged = 3) {
    summary_.on(RunStarted{.tool = {},
                           .world = "sim",
                           .system = {},
                           .defect = {},
                           .seed = 0,
                           .properties = {{"nothing_is_lost", {}, {}}, {"groups_move", {}, {}}},
                           .operations = {"enable"},
                           .missing_operations = {},
                           .notes = {}});
    summary_.on(SequenceStarted{0, 0, {}, 2, "replay"});
    ended_.properties = {{"nothing_is_lost", judged, 0}, {"groups_move", 1, 0}};
    ended_.verdict = "held";
  }
  Replayed& done() {
    OperationEnded operation;
    operation.operation = "enable";
    operation.outcome = "done";
    summary_.on(operation);
    return *this;
  }
  Replayed& breaks(const std::string& property, const std::string& kind) {
    summary_.on(ViolationFound{0, 1, property, kind, "the proof"});
    ended_.verdict = "violated";
    return *this;
  }
  Replayed& trouble(const std::string& error) {
    ended_.verdict = "error";
    ended_.error = error;
    return *this;
  }
  SummaryData data() {
    summary_.on(ended_);
    summary_.on(RunEnded{"sequences", {}});
    return summary_.data();
  }

 private:
  Summary summary_;
  SequenceEnded ended_;
};

Trace trace_that_names(const ExpectedViolation& violation) {
  Trace trace;
  trace.violation = violation;
  return trace;
}

TEST(TraceVerdict, IsThatOfTheReplay) {
  const Trace trace = trace_that_names(kOwn);
  EXPECT_EQ(verdict_of(trace, Replayed().done().data()).word, "held");
  EXPECT_EQ(verdict_of(trace, Replayed().done().data()).code, kExitHeld);
  EXPECT_EQ(verdict_of(trace, Replayed().data()).code, kExitCouldNot) << "nothing was tested";
  const TraceVerdict trouble = verdict_of(trace, Replayed().done().trouble("disk full").data());
  EXPECT_EQ(trouble.code, kExitInconclusive);
  EXPECT_THAT(trouble.why, HasSubstr("disk full"));
}

TEST(TraceVerdict, TellsOfTheViolationThatTheTraceNamesFirst) {
  const TraceVerdict verdict = verdict_of(
      trace_that_names(kOwn),
      Replayed().done().breaks("groups_move", "torn").breaks("nothing_is_lost", "lost").data());
  EXPECT_EQ(verdict.code, kExitViolated);
  EXPECT_EQ(verdict.why, "nothing_is_lost (lost), and 1 more");
}

TEST(TraceVerdict, TellsIfAnotherViolationIsThereThanTheTraceNames) {
  const TraceVerdict verdict =
      verdict_of(trace_that_names(kOwn), Replayed().done().breaks("groups_move", "torn").data());
  EXPECT_THAT(verdict.why, HasSubstr("it was kept for nothing_is_lost (lost)"));
}

TEST(BisectVerdict, IsBadWhereTheTracesOwnViolationIs) {
  const TraceVerdict verdict =
      bisect_verdict_of(kOwn, Replayed().done().breaks("nothing_is_lost", "lost").data());
  EXPECT_EQ(verdict.code, 1);
  EXPECT_EQ(verdict.word, "bad");
}

TEST(BisectVerdict, IsGoodOnlyIfItsPromiseHadSomethingToJudge) {
  EXPECT_EQ(bisect_verdict_of(kOwn, Replayed().done().data()).code, 0);
  EXPECT_EQ(bisect_verdict_of(kOwn, Replayed(/*judged=*/0).done().data()).code, 125);
}

TEST(BisectVerdict, SkipsWhatCantBeTold) {
  EXPECT_EQ(
      bisect_verdict_of(kOwn, Replayed().done().breaks("nothing_is_lost", "no_vm").data()).code,
      125)
      << "broken in another way, before its own could show";
  EXPECT_EQ(bisect_verdict_of(kOwn, Replayed().done().trouble("disk full").data()).code, 125);
}

TEST(WorstExitCode, IsAViolationThenWhatCouldNotBeJudged) {
  EXPECT_EQ(worse_of(kExitHeld, kExitHeld), kExitHeld);
  EXPECT_EQ(worse_of(kExitCouldNot, kExitViolated), kExitViolated);
  EXPECT_EQ(worse_of(kExitInconclusive, kExitCouldNot), kExitCouldNot);
  EXPECT_EQ(worse_of(kExitHeld, kExitInconclusive), kExitInconclusive);
  EXPECT_EQ(worse_of(kExitSkip, kExitHeld), kExitSkip);
  EXPECT_EQ(worse_of(kExitSkip, kExitViolated), kExitViolated);
}

}  // namespace
}  // namespace switchback
