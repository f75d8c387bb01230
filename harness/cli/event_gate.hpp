// SPDX-License-Identifier: Apache-2.0
// Between those who tell of a run and those who write it down: open until the run is given up.
#pragma once

#include <chrono>
#include <mutex>

#include "harness/events/event.hpp"

namespace switchback {

/// Hands on one event at a time.
class EventGate final : public EventSink {
 public:
  explicit EventGate(EventSink& sink) : sink_(sink) {}

  void on(const Event& event) override {
    const std::scoped_lock lock(mutex_);
    sink_.on(event);
  }
  [[nodiscard]] bool reads_steps() const override { return sink_.reads_steps(); }

  /// For ever: whoever tells of an event from now on stands still. False if an event that is being
  /// handed on does not get through.
  [[nodiscard]] bool close(std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    return mutex_.try_lock_for(patience);
  }

 private:
  EventSink& sink_;
  std::timed_mutex mutex_;
};

}  // namespace switchback
