// SPDX-License-Identifier: Apache-2.0
// A gate hands on all events until it is closed, and is not closed over one that does not get
// through.
#include "harness/cli/event_gate.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace switchback {
namespace {

class Count final : public EventSink {
 public:
  void on(const Event&) override { ++events; }
  [[nodiscard]] bool reads_steps() const override { return false; }
  int events = 0;
};

/// Whoever tells it of an event finds the gate under it closed from another thread, or not.
class Closes final : public EventSink {
 public:
  void on(const Event&) override {
    std::thread([this] { closed = gate->close(std::chrono::milliseconds(1)); }).join();
  }
  EventGate* gate = nullptr;
  bool closed = true;
};

TEST(EventGate, HandsOnWhatItIsTold) {
  Count count;
  EventGate gate(count);
  gate.on(RunEnded{});
  gate.on(RunEnded{});
  EXPECT_EQ(count.events, 2);
  EXPECT_FALSE(gate.reads_steps());
}

TEST(EventGate, IsNotClosedOverAnEventThatDoesNotGetThrough) {
  Closes sink;
  EventGate gate(sink);
  sink.gate = &gate;
  gate.on(RunEnded{});
  EXPECT_FALSE(sink.closed);
}

}  // namespace
}  // namespace switchback
