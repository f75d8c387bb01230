// SPDX-License-Identifier: Apache-2.0
// Words and enumerators in traces. Internal to the reading of traces.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/sequence/json_reading.hpp"
#include "harness/sequence/step.hpp"

namespace switchback {

inline constexpr std::uint64_t kOrdinalMax = 0xffffffff;

inline bool is_plain_word(std::string_view word, std::size_t length_max) {
  return !word.empty() && word.size() <= length_max &&
         std::all_of(word.begin(), word.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                  letter == '_';
         });
}

/// A word that only small letters, digits and '_' make up.
inline Result<std::string> plain_word(const JsonObject& json, std::string_view key,
                                      std::size_t length_max) {
  SB_ASSIGN(word, json.text(key));
  if (!is_plain_word(word, length_max))
    return json.place().member(key).wrong(
        "is not a plain word",
        fmt::format("use 1 to {} small letters, digits and '_'", length_max));
  return word;
}

/// An enumerator by its name, or an error that lists all of them.
template <class Enum, std::size_t N>
Result<Enum> one_of(const JsonObject& json, std::string_view key, std::string_view what,
                    const std::array<Enum, N>& all) {
  SB_ASSIGN(word, json.text(key));
  std::vector<std::string_view> names;
  for (const Enum value : all) {
    if (name_of(value) == word) return value;
    names.push_back(name_of(value));
  }
  return json.place().member(key).wrong(fmt::format("{} is no {}", in_quotes(word), what),
                                        fmt::format("choose one of {}", fmt::join(names, ", ")));
}

/// Disks, VMs and policy of a trace, into the sequence. See trace_item_reader.cpp.
Nothing read_item(const JsonObject& top, Sequence& sequence);

}  // namespace switchback
