// SPDX-License-Identifier: Apache-2.0
// Jobs as coroutines: what runs when, and that nothing of a job outlives it or dies twice.
#include "vms/recovery/task.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/base/result.hpp"
#include "vms/recovery/call_gate.hpp"

namespace switchback::recovery {
namespace {

using Log = std::vector<std::string>;

/// Logs its own end. Every copy counts as alive, so a missed or a doubled end shows in the count.
class Local {
 public:
  Local(std::string name, Log& log, int& alive)
      : name_(std::move(name)), log_(&log), alive_(alive) {
    ++alive_;
  }
  Local(const Local& from) : name_(from.name_), log_(from.log_), alive_(from.alive_) { ++alive_; }
  Local& operator=(const Local&) = delete;
  ~Local() {
    --alive_;
    log_->push_back("~" + name_);
  }

 private:
  std::string name_;
  Log* log_;
  int& alive_;
};

struct Bench {
  CallGate gate;
  Log log;
  int alive = 0;

  auto say(std::string_view name) {
    return gate.call(name, [this, name] {
      log.emplace_back(name);
      return static_cast<int>(log.size());
    });
  }
};

void run_to_end(CallGate& gate) {
  while (gate.waiting())
    gate.let_through();
}

Task<int> two_calls(Bench& bench) {
  bench.log.emplace_back("begin");
  const int first = co_await bench.say("first");
  bench.log.emplace_back("between");
  const int second = co_await bench.say("second");
  co_return first * 100 + second;
}

TEST(Task, DoesNothingUntilItIsStarted) {
  Bench bench;
  Task<int> task = two_calls(bench);
  EXPECT_TRUE(bench.log.empty());
  EXPECT_FALSE(bench.gate.waiting());
}

TEST(Task, StopsBeforeEachCallAndGivesItsResult) {
  Bench bench;
  Task<int> task = two_calls(bench);
  task.start();
  EXPECT_EQ(bench.log, (Log{"begin"}));
  ASSERT_TRUE(bench.gate.waiting());
  EXPECT_EQ(bench.gate.pending_name(), "first");
  EXPECT_EQ(bench.gate.calls_made(), 0U);

  bench.gate.let_through();
  EXPECT_EQ(bench.log, (Log{"begin", "first", "between"}));
  EXPECT_EQ(bench.gate.pending_name(), "second");
  EXPECT_EQ(bench.gate.calls_made(), 1U);
  EXPECT_FALSE(task.done());

  bench.gate.let_through();
  EXPECT_FALSE(bench.gate.waiting());
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), 204);
}

Task<int> leaf(Bench& bench, Local local) {
  static_cast<void>(local);
  co_return co_await bench.say("leaf");
}
Task<int> middle(Bench& bench) {
  Local local("middle", bench.log, bench.alive);
  const int a = co_await leaf(bench, Local("argument", bench.log, bench.alive));
  co_await bench.say("middle");
  co_return a;
}
Task<int> root(Bench& bench) {
  Local local("root", bench.log, bench.alive);
  const int a = co_await middle(bench);
  co_return a + co_await middle(bench);
}

TEST(Task, RunsNestedTasksInTheOrderInWhichTheyAreAwaited) {
  Bench bench;
  Task<int> task = root(bench);
  task.start();
  Log calls;
  while (bench.gate.waiting()) {
    calls.emplace_back(bench.gate.pending_name());
    bench.gate.let_through();
  }
  EXPECT_EQ(calls, (Log{"leaf", "middle", "leaf", "middle"}));
  ASSERT_TRUE(task.done());
  EXPECT_EQ(bench.alive, 0);
  // How often an argument is copied is the compiler's business; that its last copy ends before the
  // caller's locals is not.
  EXPECT_EQ(bench.log.back(), "~root");
}

TEST(Task, DestroyedWhileSuspendedEndsAllItsFramesInnermostFirst) {
  for (std::size_t stop = 0; stop < 4; ++stop) {
    Bench bench;
    {
      Task<int> task = root(bench);
      task.start();
      for (std::size_t call = 0; call < stop; ++call)
        bench.gate.let_through();
      ASSERT_TRUE(bench.gate.waiting());
      bench.log.clear();
    }
    EXPECT_EQ(bench.alive, 0) << "stopped before call " << stop;
    ASSERT_GE(bench.log.size(), 2U);
    EXPECT_EQ(bench.log[bench.log.size() - 2], "~middle");
    EXPECT_EQ(bench.log.back(), "~root");
  }
}

TEST(Task, NeverStartedEndsItsArguments) {
  Bench bench;
  {
    Task<int> task = leaf(bench, Local("argument", bench.log, bench.alive));
    EXPECT_GE(bench.alive, 1);
  }
  EXPECT_EQ(bench.alive, 0);
}

TEST(Task, AssignedOverEndsTheJobThatItHeld) {
  Bench bench;
  Task<int> task = root(bench);
  task.start();
  EXPECT_GE(bench.alive, 2);
  task = two_calls(bench);
  EXPECT_EQ(bench.alive, 0);
}

Task<int> use_result(Bench& bench) {
  const Local kept =
      co_await bench.gate.call("call", [&] { return Local("result", bench.log, bench.alive); });
  co_await bench.say("next");
  co_return bench.alive;
}

TEST(CallGate, HandsTheResultOverAndKeepsNoCopyOfIt) {
  Bench bench;
  {
    Task<int> task = use_result(bench);
    task.start();
    EXPECT_EQ(bench.alive, 0);
    bench.gate.let_through();
    EXPECT_EQ(bench.alive, 1);
    bench.gate.let_through();
    EXPECT_EQ(task.take(), 1);
    EXPECT_EQ(bench.alive, 0);
  }
  {
    Task<int> task = use_result(bench);
    task.start();
    bench.gate.let_through();
  }
  EXPECT_EQ(bench.alive, 0);
}

TEST(CallGate, CountsCallsSinceTheLastRestart) {
  Bench bench;
  Task<int> task = root(bench);
  task.start();
  bench.gate.let_through();
  bench.gate.let_through();
  EXPECT_EQ(bench.gate.calls_made(), 2U);
  bench.gate.restart_count();
  EXPECT_EQ(bench.gate.calls_made(), 0U);
  bench.gate.let_through();
  EXPECT_EQ(bench.gate.calls_made(), 1U);
}

Task<Nothing> fails_at(Bench& bench, int depth, int fault) {
  Local local("frame", bench.log, bench.alive);
  if (depth == fault) {
    SB_CO_TRY(co_await bench.gate.call(
        "fail", [&] { return Nothing(environment_error(std::to_string(depth), "")); }));
  }
  if (depth == 0) co_return Nothing{};
  SB_CO_TRY(co_await fails_at(bench, depth - 1, fault));
  bench.log.emplace_back("passed");
  co_return Nothing{};
}

TEST(Task, HandsAnErrorUpThroughAllItsFrames) {
  Bench bench;
  Task<Nothing> task = fails_at(bench, 5, 2);
  task.start();
  run_to_end(bench.gate);
  ASSERT_TRUE(task.done());
  const Nothing ended = task.take();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "2");
  EXPECT_EQ(bench.alive, 0);
  EXPECT_EQ(std::count(bench.log.begin(), bench.log.end(), "passed"), 0);
}

/// A task of random shape: at every node, calls and smaller tasks in turn.
Task<int> tree(Bench& bench, unsigned shape, int depth) {
  const Local local("node", bench.log, bench.alive);
  int calls = 0;
  for (int child = 0; child < 3; ++child, shape /= 3) {
    if (shape % 3 == 1) {
      co_await bench.say("call");
      ++calls;
    }
    if (shape % 3 == 2 && depth > 0) {
      calls += co_await tree(bench, shape / 3 + static_cast<unsigned>(child), depth - 1);
    }
  }
  co_return calls;
}

RC_GTEST_PROP(Task, OfAnyShapeLeavesNothingBehindWhereverItIsStopped, ()) {
  const unsigned shape = *rc::gen::inRange(0U, 729U);
  const int depth = *rc::gen::inRange(0, 5);
  int total = 0;
  {
    Bench bench;
    Task<int> task = tree(bench, shape, depth);
    task.start();
    for (; bench.gate.waiting(); ++total)
      bench.gate.let_through();
    RC_ASSERT(task.done());
    RC_ASSERT(task.take() == total);
    RC_ASSERT(bench.alive == 0);
  }
  for (int stop = 0; stop < total; ++stop) {
    Bench bench;
    {
      Task<int> task = tree(bench, shape, depth);
      task.start();
      for (int call = 0; call < stop; ++call)
        bench.gate.let_through();
      RC_ASSERT(bench.alive > 0);
    }
    RC_ASSERT(bench.alive == 0);
  }
}

/// Where the stack stands. Not inlined: it must have a frame of its own.
[[gnu::noinline]] std::uintptr_t stack_position() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

Task<std::uintptr_t> where_am_i() {
  co_return stack_position();
}
Task<std::uintptr_t> await_many(int count) {
  const std::uintptr_t first = co_await where_am_i();
  std::uintptr_t last = first;
  for (int i = 0; i < count; ++i)
    last = co_await where_am_i();
  co_return first > last ? first - last : last - first;
}

TEST(Task, MayAwaitAnyNumberOfTasksOnTheSameStack) {
#if defined(__GNUC__) && !defined(__clang__) && \
    (!defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__))
  GTEST_SKIP() << "g++ makes no tail calls in this kind of build: see CONTRIBUTING.md";
#endif
  Task<std::uintptr_t> task = await_many(5000);
  task.start();
  ASSERT_TRUE(task.done());
  EXPECT_LT(task.take(), 4096U) << "bytes of stack for 5000 awaits";
}

Task<std::uintptr_t> call_many(Bench& bench, int count) {
  std::uintptr_t first = 0;
  std::uintptr_t last = 0;
  for (int i = 0; i < count; ++i) {
    last = co_await bench.gate.call("call", [] { return stack_position(); });
    if (first == 0) first = last;
  }
  co_return first > last ? first - last : last - first;
}

TEST(CallGate, UnwindsTheStackAtEveryCall) {
  Bench bench;
  Task<std::uintptr_t> task = call_many(bench, 5000);
  task.start();
  run_to_end(bench.gate);
  ASSERT_TRUE(task.done());
  EXPECT_LT(task.take(), 4096U) << "bytes of stack for 5000 calls";
}

}  // namespace
}  // namespace switchback::recovery
