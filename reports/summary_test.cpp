// SPDX-License-Identifier: Apache-2.0
// The rules of the verdict, and what is counted.
#include "reports/summary.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "reports/event_samples.hpp"
#include "reports/required_coverage.hpp"

namespace switchback {
namespace {

SummaryData folded(const std::vector<Event>& events) {
  Summary summary;
  for (const Event& event : events)
    summary.on(event);
  return summary.data();
}

const RunEnded kEnd{.stopped_by = "time", .error = ""};

bool lists(const SummaryData& data, const std::string& line) {
  return std::find(data.not_exercised.begin(), data.not_exercised.end(), line) !=
         data.not_exercised.end();
}

TEST(Summary, HoldsIfSomethingWasDoneAndNothingBroke) {
  const SummaryData data = folded(
      {samples::run_started(), samples::operation("enable"), samples::sequence_ended(), kEnd});
  EXPECT_EQ(data.verdict(), RunVerdict::held);
  EXPECT_EQ(exit_code(data.verdict()), 0);
}

TEST(Summary, TestedNothingIfNoOperationEndedDone) {
  const std::vector<std::vector<Event>> runs = {
      {},
      {samples::run_started(), kEnd},
      {samples::run_started(), samples::operation("enable", "refused"),
       samples::operation("enable", "failed"), samples::operation("enable", "indeterminate"),
       samples::sequence_ended(), kEnd},
      {samples::run_started(), samples::sequence_ended("error"), kEnd}};
  for (const std::vector<Event>& events : runs) {
    EXPECT_EQ(folded(events).verdict(), RunVerdict::nothing_tested);
    EXPECT_EQ(exit_code(folded(events).verdict()), 2);
  }
}

TEST(Summary, IsInconclusiveIfTheEnvironmentFailed) {
  const Event done = samples::operation("enable");
  const std::vector<std::vector<Event>> runs = {
      {done, samples::sequence_ended("error"), kEnd},
      {done, samples::sequence_ended(), RunEnded{.stopped_by = "error", .error = ""}},
      {done, samples::sequence_ended(), RunEnded{.stopped_by = "time", .error = "daemon gone"}}};
  for (const std::vector<Event>& events : runs) {
    EXPECT_EQ(folded(events).verdict(), RunVerdict::inconclusive);
    EXPECT_EQ(exit_code(folded(events).verdict()), 3);
  }
}

TEST(Summary, IsInconclusiveIfTheRunWasCutShort) {
  for (const std::string word : {"hang", "crash"}) {
    const RunEnded cut{.stopped_by = word, .error = "sequence 3 did not come back"};
    const SummaryData data = folded({samples::run_started(), samples::sequence_ended(), cut});
    EXPECT_TRUE(data.cut_short());
    EXPECT_EQ(data.verdict(), RunVerdict::inconclusive) << "even if nothing was done before";
    EXPECT_EQ(rerun_command(data).find("--max-sequences"), std::string::npos)
        << "the sequence that did it did not end";
  }
}

TEST(Summary, IsViolatedWhateverElseWentWrong) {
  SequenceEnded broken = samples::sequence_ended();
  broken.properties.front().broken = 1;
  const std::vector<Event> proofs = {samples::violation_found(), samples::violation_kept(), broken,
                                     samples::sequence_ended("violated")};
  for (const Event& proof : proofs) {
    const SummaryData data =
        folded({samples::run_started(), proof, samples::sequence_ended("error"),
                RunEnded{.stopped_by = "error", .error = "daemon gone"}});
    EXPECT_EQ(data.verdict(), RunVerdict::violated);
    EXPECT_EQ(exit_code(data.verdict()), 1);
  }
}

TEST(Summary, AnInterruptedRunKeepsItsVerdict) {
  const RunEnded interrupted{.stopped_by = "signal", .error = ""};
  EXPECT_EQ(folded({samples::operation("enable"), interrupted}).verdict(), RunVerdict::held);
}

TEST(Summary, ASequenceThatDidSomethingElseTheSecondTimeIsAVerdictOfItsOwn) {
  const std::vector<Event> same = {samples::operation("enable"), samples::sequence_ended(),
                                   samples::sequence_repeated(true), kEnd};
  EXPECT_EQ(folded(same).verdict(), RunVerdict::held);
  std::vector<Event> different = same;
  different.insert(different.begin(),
                   {samples::sequence_ended("error"), samples::sequence_repeated(false)});
  const SummaryData data = folded(different);
  EXPECT_EQ(data.verdict(), RunVerdict::not_deterministic) << "whatever else went wrong";
  EXPECT_EQ(exit_code(data.verdict()), 1);
  EXPECT_EQ(data.sequences_repeated, 2U);
  EXPECT_EQ(data.sequences_differing, 1U);
  different.push_back(samples::violation_found());
  EXPECT_EQ(folded(different).verdict(), RunVerdict::violated) << "but for a broken promise";
}

TEST(Summary, NamesOfVerdictsAreThoseOfTheContract) {
  std::vector<std::string> names;
  for (const RunVerdict verdict : kAllRunVerdicts)
    names.emplace_back(name_of(verdict));
  EXPECT_EQ(names, (std::vector<std::string>{"held", "violated", "nothing_tested", "inconclusive",
                                             "not_deterministic"}));
}

TEST(Summary, PropertiesAreHeldViolatedOrNotExercised) {
  SummaryData data = folded({samples::run_started(), samples::sequence_ended("held", 5),
                             samples::sequence_ended("held", 2)});
  ASSERT_EQ(data.properties.size(), 2U);
  EXPECT_EQ(data.properties[0].result(), PropertyResult::held);
  EXPECT_EQ(data.properties[0].judged, 7U);
  EXPECT_EQ(data.properties[1].result(), PropertyResult::not_exercised);
  EXPECT_EQ(data.properties[1].info.promise, "nothing is left");
  data = folded({samples::run_started(), samples::violation_found()});
  EXPECT_EQ(data.properties[0].result(), PropertyResult::violated);
}

TEST(Summary, SaysWhatWasNotExercised) {
  const SummaryData data = folded(
      {samples::run_started(), samples::operation("enable"), samples::sequence_ended(), kEnd});
  EXPECT_EQ(data.not_exercised, (std::vector<std::string>{
                                    "property clean: never judged",
                                    "operation commit: the system does not have it",
                                    "operation reverse_replicate: never ended done",
                                    "outcome refused: never seen",
                                    "outcome failed: never seen",
                                    "outcome indeterminate: never seen",
                                    "faults: none was injected",
                                }));
}

TEST(Summary, AFaultThatHitNothingIsNotExercised) {
  const FaultInjected fault{
      .sequence = 0, .step = 0, .kind = "link_cut", .stage = "copy", .operation = "enable"};
  const std::string line = "fault link_cut: injected 2 times, never with effect";
  EXPECT_TRUE(lists(folded({fault, fault}), line));
  const SummaryData data = folded({fault, fault, samples::fault_took_effect()});
  EXPECT_FALSE(lists(data, line));
  const FaultTally& tally = data.faults.places.at({"link_cut", "enable", "copy"});
  EXPECT_EQ(tally.injected, 2U);
  EXPECT_EQ(tally.effects, 1U);
}

TEST(Summary, HoldsFaultsAgainstTheStagesAndKindsThatTheSystemHas) {
  const FaultInjected elsewhere{
      .sequence = 0, .step = 0, .kind = "link_cut", .stage = "", .operation = ""};
  const FaultTable outside = folded({samples::run_started(), elsewhere}).faults;
  EXPECT_EQ(outside.injected.possible(), 1U);
  EXPECT_EQ(outside.injected.seen(), 0U) << "outside a job is no stage";
  EXPECT_EQ(outside.effects.seen(), 0U);
  const FaultTable hit = folded({samples::run_started(), samples::fault_took_effect()}).faults;
  EXPECT_EQ(hit.injected.seen(), 0U) << "it was injected before, and lasted";
  EXPECT_EQ(hit.effects.seen(), 1U);
}

/// A run that is held, and requires these goals.
SummaryData requiring(const std::vector<std::string>& goals) {
  RunStarted run = samples::run_started();
  run.properties.clear();
  run.required_coverage = goals;
  OperationEnded enable = samples::operation("enable");
  enable.state_before = "unprotected";
  return folded({run, enable, samples::fault_took_effect()});
}

TEST(Summary, CoverageThatIsRequiredAndColdLeavesNoVerdict) {
  EXPECT_EQ(requiring({}).verdict(), RunVerdict::held);
  EXPECT_EQ(requiring({"fault_effects"}).verdict(), RunVerdict::held);
  EXPECT_EQ(requiring({"fault_effects", "transitions"}).verdict(), RunVerdict::inconclusive);
  const std::vector<ColdList> missing = missing_coverage(requiring({"faults"}));
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing.front().names, std::vector<std::string>{"link_cut in enable/copy"});
}

TEST(Summary, HoldsCoverageAgainstTheOperationsThatTheSystemHas) {
  OperationEnded enable = samples::operation("enable");
  enable.state_before = "unprotected";
  const SummaryData data = folded({samples::run_started(), enable});
  EXPECT_EQ(data.coverage.transitions.possible(), 2U);  // the system has no more
  EXPECT_EQ(data.coverage.transitions.seen(), 1U);
  EXPECT_EQ(data.coverage.cells.at({"unprotected", "enable"}).at("done"), 1U);
}

TEST(Summary, PairsOfOperationsStayWithinASequence) {
  OperationEnded enable = samples::operation("enable");
  enable.state_before = "unprotected";
  OperationEnded disable = samples::operation("disable");
  disable.state_after = "unprotected";
  RunStarted run = samples::run_started();
  run.operations = {"enable", "disable"};
  EXPECT_EQ(folded({run, enable, disable}).coverage.operation_pairs.seen(), 1U);
  EXPECT_EQ(
      folded({run, enable, samples::sequence_ended(), disable}).coverage.operation_pairs.seen(),
      0U);
  SequenceStarted again;
  again.index = enable.sequence;
  EXPECT_EQ(folded({run, enable, again, disable}).coverage.operation_pairs.seen(), 0U);
}

TEST(Summary, CountsWhatWasCancelledApart) {
  OperationEnded stopped = samples::operation("planned_failover", "failed");
  stopped.was_cancelled = true;
  const SummaryData data = folded({stopped, samples::operation("enable", "failed")});
  EXPECT_EQ(data.outcomes, (OutcomeCounts{{"cancelled", 1}, {"failed", 1}}));
}

TEST(Summary, ComparesBytesOnlyWhereDataIsSent) {
  OperationEnded chatter = samples::operation("commit", "done", 100, 0);
  chatter.sends_data = false;
  const SummaryData data = folded({samples::operation("reverse_replicate", "done", 10, 4),
                                   samples::operation("reverse_replicate", "done", 30, 20),
                                   samples::operation("reverse_replicate", "done", 20, 19),
                                   samples::operation("reverse_replicate", "failed", 5, 1),
                                   samples::operation("delta_replication", "done", 7, 7), chatter});
  EXPECT_EQ(data.wire_bytes, 72U);
  EXPECT_EQ(data.dirty_bytes, 51U);
  const TransferTally& back = data.way_back.at(2);
  EXPECT_EQ(back.operation, "reverse_replicate");
  EXPECT_EQ(back.wire.count(), 3U);
  EXPECT_EQ(back.wire.total(), 60U);
  EXPECT_EQ(back.wire.least(), 10U);
  EXPECT_EQ(back.wire.median(), 20U);
  EXPECT_EQ(back.wire.greatest(), 30U);
  EXPECT_EQ(back.dirty.median(), 19U);
  ASSERT_EQ(back.each.size(), 3U);
  EXPECT_EQ(back.each[1].wire_bytes, 30U);
  EXPECT_EQ(back.each[1].dirty_bytes, 20U);
}

TEST(Summary, KeepsEachTransferOnlyWhereTheyAreFew) {
  const std::vector<Event> many(kMostTransfers, samples::operation("planned_failback", "done", 2));
  std::vector<Event> too_many = many;
  too_many.push_back(many.front());
  EXPECT_EQ(folded(many).way_back.at(0).each.size(), kMostTransfers);
  EXPECT_TRUE(folded(too_many).way_back.at(0).each.empty());
  EXPECT_EQ(folded(too_many).way_back.at(0).wire.count(), kMostTransfers + 1);
}

RC_GTEST_PROP(Summary, MedianIsTheMiddleOfTheSortedValues, ()) {
  auto values =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<Bytes>>(rc::gen::inRange<Bytes>(0, 10)));
  Distribution distribution;
  for (const Bytes value : values)
    distribution.add(value);
  std::sort(values.begin(), values.end());
  RC_ASSERT(distribution.median() == values[(values.size() - 1) / 2]);
  RC_ASSERT(distribution.least() == values.front());
  RC_ASSERT(distribution.greatest() == values.back());
}

TEST(Summary, AFindingIsFoundOftenAndKeptWithItsTrace) {
  ViolationFound other = samples::violation_found();
  other.kind = "torn";
  ViolationKept again = samples::violation_kept();
  again.trace_file = "runs/second.json";
  const SummaryData data = folded({samples::violation_found(), samples::violation_kept(),
                                   samples::violation_found(), other, again});
  ASSERT_EQ(data.findings.size(), 3U);
  EXPECT_EQ(data.findings[0].found, 2U);
  EXPECT_EQ(data.findings[0].kept.trace_file, "runs/no_loss.json");
  EXPECT_FALSE(data.findings[1].was_kept);
  EXPECT_EQ(data.findings[1].kept.kind, "torn");
  EXPECT_EQ(data.findings[2].kept.trace_file, "runs/second.json");
}

TEST(Summary, KnowsAReplay) {
  const SequenceStarted replay{
      .index = 0, .seed = 0, .disk_sizes = {}, .steps = 1, .profile = "replay"};
  SequenceStarted drawn = replay;
  drawn.profile = "mixed";
  EXPECT_TRUE(folded({replay}).replayed);
  EXPECT_FALSE(folded({replay, drawn}).replayed);
  EXPECT_FALSE(folded({}).replayed);
}

TEST(Summary, GivesTheCommandThatMakesTheRunAgain) {
  RunStarted run = samples::run_started();
  run.seed = 7;
  EXPECT_EQ(rerun_command(folded({run, samples::sequence_ended()})),
            "switchback run --max-steps 9 --seed 7 --max-sequences 1");
  run.world = "libvirt";
  run.defect = "full_copy";
  EXPECT_EQ(rerun_command(folded({run})),
            "switchback run --system libvirt --defect full_copy --max-steps 9 --seed 7");
}

TEST(Summary, KeepsTheFirstErrorsAndCountsAll) {
  const std::vector<Event> events(kMostErrors + 5, samples::sequence_ended("error"));
  const SummaryData data = folded(events);
  EXPECT_EQ(data.errors.size(), kMostErrors);
  EXPECT_EQ(data.sequences_in_error, kMostErrors + 5);
  EXPECT_EQ(data.errors.front().message, "host gone");
}

TEST(Summary, CountsWhatSequencesReport) {
  const SummaryData data = folded({samples::sequence_ended(), samples::sequence_ended()});
  EXPECT_EQ(data.sequences, 2U);
  EXPECT_EQ(data.steps, 4U);
  EXPECT_EQ(data.writes, 8U);
  EXPECT_EQ(data.loops, 2U);
  EXPECT_EQ(data.all_wire_bytes, 16384U);
  EXPECT_EQ(data.interface_bytes, 18000U);
}

TEST(Summary, SaysNothingOfTheInterfaceIfASequenceWasNotMeasuredThere) {
  SequenceEnded not_measured = samples::sequence_ended();
  not_measured.interface_bytes.reset();
  EXPECT_FALSE(folded({not_measured}).interface_bytes);
  EXPECT_FALSE(folded({not_measured, samples::sequence_ended()}).interface_bytes);
  EXPECT_FALSE(folded({samples::sequence_ended(), not_measured}).interface_bytes);
}

TEST(Summary, CountsStepsInsideStages) {
  StepInJob inside{
      .sequence = 0, .step = 0, .operation = "enable", .stage = "copy", .call = 0, .in_time = true};
  StepInJob late = inside;
  late.in_time = false;
  const SummaryData data = folded({inside, late, inside});
  EXPECT_EQ(data.stages.at({"enable", "copy"}).in_time, 2U);
  EXPECT_EQ(data.stages.at({"enable", "copy"}).too_late, 1U);
}

}  // namespace
}  // namespace switchback
