// SPDX-License-Identifier: Apache-2.0
// Text for people: numbers with units, lines of a bounded width, nothing that upsets a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/units.hpp"

namespace switchback {

/// What may go to a terminal and into XML 1.0: valid UTF-8 without control characters. Tabs become
/// spaces; newlines stay. Bytes that are not UTF-8, and characters that XML forbids, become U+FFFD;
/// control characters become '?'.
std::string printable(std::string_view text);

/// The same on one line: each newline becomes a space.
std::string printable_line(std::string_view text);

/// Breaks `text` at spaces into lines of at most `width` columns, each starting with `indent`
/// spaces; a longer word stays whole. Newlines of the text stay. Ends with a newline unless `text`
/// is empty. A character counts as one column.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

/// Columns that `text` takes, a character counting as one.
std::size_t columns(std::string_view text);

/// "0 B", "512 B", "4.0 KiB", "1.5 GiB".
std::string human_bytes(Bytes bytes);
/// "1,234,567".
std::string grouped(std::uint64_t number);
/// "0.42 s", "12.3 s", "4 min 05 s", "2 h 03 min".
std::string human_seconds(double seconds);
/// "1 step", "2 steps", "1,024 steps".
std::string counted(std::uint64_t number, std::string_view noun);

/// A word of a shell's command line, quoted only if it has to be.
std::string shell_word(std::string_view word);

}  // namespace switchback
