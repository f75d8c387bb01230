// SPDX-License-Identifier: Apache-2.0
// How a job can be stopped before every call: the gate of coroutines that the service has, a thread
// with hand-over, and a state machine written by hand. Why it is the first: docs/performance.md.
#include <condition_variable>
#include <mutex>
#include <thread>

#include <benchmark/benchmark.h>

#include "vms/recovery/call_gate.hpp"
#include "vms/recovery/task.hpp"

namespace switchback::recovery {
namespace {

/// What a call to a simulated host stands for: something that the compiler can't leave out.
int call_host(int& calls) {
  benchmark::DoNotOptimize(++calls);
  return calls;
}

Task<int> calling_stage(CallGate& gate, int count, int& calls) {
  int sum = 0;
  for (int n = 0; n < count; ++n)
    sum += co_await gate.call("call", [&calls] { return call_host(calls); });
  co_return sum;
}
/// As in the service, a call is made two coroutines below the job.
Task<int> calling_job(CallGate& gate, int count, int& calls) {
  co_return co_await calling_stage(gate, count, calls);
}

void coroutine_gate(benchmark::State& state) {
  const auto count = static_cast<int>(state.range(0));
  int calls = 0;
  for (auto _ : state) {
    CallGate gate;
    Task<int> job = calling_job(gate, count, calls);
    job.start();
    while (gate.waiting())
      gate.let_through();
    benchmark::DoNotOptimize(job.take());
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(coroutine_gate)->Arg(1)->Arg(1000);

/// Two threads of which one runs at a time.
class HandOver {
 public:
  /// The job's side: stops before a call until the driver lets it through.
  void stop() {
    std::unique_lock lock(mutex_);
    jobs_turn_ = false;
    turned_.notify_one();
    turned_.wait(lock, [this] { return jobs_turn_; });
  }
  void end() {
    const std::lock_guard lock(mutex_);
    jobs_turn_ = false;
    ended_ = true;
    turned_.notify_one();
  }
  /// The driver's side: the job runs to its next stop; false once it has ended.
  bool let_through() {
    std::unique_lock lock(mutex_);
    if (ended_) return false;
    jobs_turn_ = true;
    turned_.notify_one();
    turned_.wait(lock, [this] { return !jobs_turn_; });
    return !ended_;
  }
  void wait_for_start() {
    std::unique_lock lock(mutex_);
    turned_.wait(lock, [this] { return !jobs_turn_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable turned_;
  bool jobs_turn_ = true;
  bool ended_ = false;
};

void thread_hand_over(benchmark::State& state) {
  const auto count = static_cast<int>(state.range(0));
  int calls = 0;
  for (auto _ : state) {
    HandOver turns;
    std::thread job([&] {
      for (int n = 0; n < count; ++n) {
        turns.stop();
        call_host(calls);
      }
      turns.end();
    });
    turns.wait_for_start();
    while (turns.let_through()) {
    }
    job.join();
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(thread_hand_over)->Arg(1)->Arg(1000)->UseRealTime();

/// What a coroutine is made into by a compiler, written by hand: every local of the job is a
/// member, and every place where it can stop a number.
class StateMachine {
 public:
  StateMachine(int count, int& calls) : count_(count), calls_(calls) {}
  virtual ~StateMachine() = default;
  /// Makes the pending call and goes on to the next; false at the end.
  virtual bool let_through() {
    switch (place_) {
      case Place::begin:
        place_ = n_ < count_ ? Place::before_call : Place::end;
        return place_ != Place::end;
      case Place::before_call:
        sum_ += call_host(calls_);
        place_ = ++n_ < count_ ? Place::before_call : Place::end;
        return place_ != Place::end;
      case Place::end:
        break;
    }
    return false;
  }

 private:
  enum class Place { begin, before_call, end };
  Place place_ = Place::begin;
  int count_;
  int n_ = 0;
  int sum_ = 0;
  int& calls_;
};

void state_machine(benchmark::State& state) {
  const auto count = static_cast<int>(state.range(0));
  int calls = 0;
  for (auto _ : state) {
    const auto job = std::make_unique<StateMachine>(count, calls);
    StateMachine* driven = job.get();
    benchmark::DoNotOptimize(driven);
    while (driven->let_through()) {
    }
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(state_machine)->Arg(1)->Arg(1000);

}  // namespace
}  // namespace switchback::recovery
