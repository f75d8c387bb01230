// SPDX-License-Identifier: Apache-2.0
// One event as one line of the event log. The schema is docs/event-log.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "harness/events/event.hpp"

namespace switchback {

/// The event's name in the log: "operation_ended", ...
std::string_view event_name(const Event& event);

/// Appends the line, newline included. It depends on nothing but the arguments; it is valid JSON
/// whatever the strings of the event hold. `number` is the event's place in the log, from 0.
void append_event_line(fmt::memory_buffer& out, const Event& event, std::uint64_t number);

/// The line that it would have as the first of a log, without newline.
std::string event_line(const Event& event);

}  // namespace switchback
