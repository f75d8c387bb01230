// SPDX-License-Identifier: Apache-2.0
// Parts of a story in words, the same in all of its sections.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "harness/cli/explain/chronicle.hpp"

namespace switchback {

/// "300 s", "0.25 s": on the clock of the system, from the start of the sequence.
std::string in_words(Instant instant);
/// "write 3 of step 2, at 300 s"; for the number 0 "what it showed at first".
std::string in_words(const ToldWrite& write);
/// "call 3 of send_changes, in the job of delta_replication".
std::string in_words(const ToldPlace& place);
/// "recovery point p3: disk 0 block 7 lacks a write; it shows what it showed at first, and should
/// show write 3 of step 2, at 300 s; 2 blocks in all".
std::string in_words(const WrongBlock& wrong);

/// "planned_switch_loses_nothing (lost_write)".
std::string identity_of(const ToldViolation& violation);

/// Columns that a line of a story takes at most.
inline constexpr std::size_t kStoryWidth = 98;
/// The label, and beside it the text, as a column of its own.
std::string labelled(std::string_view label, const std::string& text);

}  // namespace switchback
