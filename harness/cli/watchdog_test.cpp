// SPDX-License-Identifier: Apache-2.0
// A process that hangs or crashes in a sequence ends, by itself, with all that was in progress
// kept.
#include "harness/cli/watchdog.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cli/arguments.hpp"
#include "reports/output_file.hpp"
#include "reports/scratch_folder.hpp"

namespace switchback {
namespace {

using testing::ExitedWithCode;
using testing::HasSubstr;
using testing::KilledBySignal;

Sequence sequence_of(std::size_t flushes) {
  Sequence sequence;
  sequence.disks.push_back({.device = "vda", .size_bytes = Bytes{1} << 20});
  sequence.steps.assign(flushes, Step{.action = FlushStep{}});
  return sequence;
}

const Sequence kSequence = sequence_of(3);
const Sequence kOther = sequence_of(5);

void wait_for_ever() {
  std::promise<void>().get_future().wait();
}

void overflow_the_stack(int depth) {
  volatile char bytes[4096] = {};
  bytes[0] = static_cast<char>(depth);
  if (depth < std::numeric_limits<int>::max()) overflow_the_stack(depth + 1);
  bytes[1] = bytes[0];
}

/// What ends the process is done in a fork of it.
class WatchdogDeathTest : public testing::Test {
 protected:
  [[nodiscard]] WatchdogOptions options(std::chrono::duration<double> timeout) const {
    return {.sequence_timeout = timeout,
            .trace = {.made_by = "test",
                      .system = "sim",
                      .defect = std::nullopt,
                      .sequence = {},
                      .violation = {}},
            .folder = (folder_ / "any").parent_path(),
            .seed = 7};
  }
  /// Runs sequence 4 to its end, then 3, in which this happens, while another thread runs 9.
  template <class Happens>
  void happens_in_a_sequence(WatchdogOptions with, const Happens& happens) const {
    Watchdog watchdog(std::move(with));
    { const WatchedSequence sound(&watchdog, 4, kOther); }
    std::promise<void> begun;
    std::thread beside([&] {
      const WatchedSequence other(&watchdog, 9, kOther);
      begun.set_value();
      wait_for_ever();
    });
    begun.get_future().wait();
    const WatchedSequence watched(&watchdog, 3, kSequence);
    happens();
    beside.join();
  }
  [[nodiscard]] std::size_t steps_in(const std::string& file) const {
    const Result<Trace> trace = load_trace(folder_ / file);
    return trace ? trace->sequence.steps.size() : 0;
  }

  static constexpr std::chrono::hours kLong{1};
  samples::ScratchFolder folder_;
};

TEST_F(WatchdogDeathTest, ACrashKeepsTheSequenceAndThoseBesideIt) {
  EXPECT_EXIT(happens_in_a_sequence(options(kLong), [] { std::raise(SIGSEGV); }),
              ExitedWithCode(kExitCutShort),
              "sequence 3 of seed 7 crashed \\(Segmentation fault\\)\n"
              "  see it again: switchback replay .*crash-7-3.json\n"
              "  in progress beside it: switchback replay .*unfinished-7-9.json");
  EXPECT_EQ(steps_in("crash-7-3.json"), kSequence.steps.size());
  EXPECT_EQ(steps_in("unfinished-7-9.json"), kOther.steps.size());
  EXPECT_EQ(steps_in("unfinished-7-4.json"), 0U) << "it had ended";
}

TEST_F(WatchdogDeathTest, ABrokenAssertionIsACrash) {
  EXPECT_EXIT(happens_in_a_sequence(options(kLong), [] { std::abort(); }),
              ExitedWithCode(kExitCutShort), "sequence 3 of seed 7 crashed \\(Aborted\\)");
}

TEST_F(WatchdogDeathTest, AStackThatIsUsedUpIsACrash) {
  EXPECT_EXIT(happens_in_a_sequence(options(kLong), [] { overflow_the_stack(0); }),
              ExitedWithCode(kExitCutShort), "sequence 3 of seed 7 crashed");
}

TEST_F(WatchdogDeathTest, ACrashOfAThreadThatRunsNoneIsPutDownToAll) {
  EXPECT_EXIT(
      happens_in_a_sequence(options(kLong), [] { std::thread([] { std::raise(SIGBUS); }).join(); }),
      ExitedWithCode(kExitCutShort),
      "sequence 9 of seed 7 crashed .*; sequence 3 of seed 7 crashed");
}

TEST_F(WatchdogDeathTest, ACrashBesideAllSequencesEndsTheProcessAsEver) {
  const auto crash = [this] {
    Watchdog watchdog(options(kLong));
    std::raise(SIGSEGV);
    wait_for_ever();
  };
  EXPECT_EXIT(crash(), KilledBySignal(SIGSEGV), "");
}

TEST_F(WatchdogDeathTest, ACallThatDoesNotReturnEndsTheProcess) {
  const auto hang = [this] {
    Watchdog watchdog(options(std::chrono::milliseconds(1)));
    const WatchedSequence watched(&watchdog, 3, kSequence);
    wait_for_ever();
  };
  EXPECT_EXIT(hang(), ExitedWithCode(kExitCutShort),
              "sequence 3 of seed 7 has not ended for .*: a call into the system does not return");
  EXPECT_EQ(steps_in("hang-7-3.json"), kSequence.steps.size());
}

TEST_F(WatchdogDeathTest, ATraceThatIsThereIsNamedAndNotWrittenAgain) {
  WatchdogOptions with = options(kLong);
  with.existing = folder_ / "mine.json";
  EXPECT_EXIT(happens_in_a_sequence(with, [] { std::raise(SIGSEGV); }),
              ExitedWithCode(kExitCutShort), "switchback replay .*mine.json");
  EXPECT_EQ(folder_.entries(), 0U);
}

TEST_F(WatchdogDeathTest, ReportsAreEndedWithWhatHappenedAndWhereItIsKept) {
  WatchdogOptions with = options(kLong);
  with.end_reports = [file = folder_ / "why"](const RunEnded& end) {
    return write_whole_file(file, end.stopped_by + ": " + end.error).has_value();
  };
  EXPECT_EXIT(happens_in_a_sequence(with, [] { std::raise(SIGSEGV); }),
              ExitedWithCode(kExitCutShort), "");
  std::ifstream in(folder_ / "why");
  const std::string why{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(why,
              HasSubstr("crash: sequence 3 of seed 7 crashed (Segmentation fault); see it again"));
  EXPECT_THAT(why, HasSubstr("crash-7-3.json"));
}

TEST_F(WatchdogDeathTest, ReportsThatCannotBeEndedDoNotKeepTheProcess) {
  WatchdogOptions with = options(kLong);
  with.end_reports = [](const RunEnded&) { return false; };
  EXPECT_EXIT(happens_in_a_sequence(with, [] { std::raise(SIGSEGV); }),
              ExitedWithCode(kExitCutShort), "no report is written");
}

TEST(Watchdog, SaysNothingOfSequencesThatEnd) {
  Watchdog watchdog({.sequence_timeout = std::chrono::hours(1), .trace = {}, .folder = {}});
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread)
    threads.emplace_back([&watchdog, thread] {
      for (std::uint64_t n = 0; n < 1000; ++n)
        const WatchedSequence watched(&watchdog, 4 * n + thread, kSequence);
    });
  for (std::thread& thread : threads)
    thread.join();
}

}  // namespace
}  // namespace switchback
