// SPDX-License-Identifier: Apache-2.0
// One stream of events, several readers.
#pragma once

#include <algorithm>
#include <vector>

#include "harness/events/event.hpp"

namespace switchback {

/// Hands every event to each of its sinks, in the order in which they were added. The sinks belong
/// to the caller and have to outlive it. The event log goes first: what is written down is then
/// never behind what was told.
class Tee final : public EventSink {
 public:
  void add(EventSink& sink) { sinks_.push_back(&sink); }
  void on(const Event& event) override {
    for (EventSink* sink : sinks_)
      sink->on(event);
  }
  [[nodiscard]] bool reads_steps() const override {
    return std::any_of(sinks_.begin(), sinks_.end(),
                       [](const EventSink* sink) { return sink->reads_steps(); });
  }

 private:
  std::vector<EventSink*> sinks_;
};

}  // namespace switchback
