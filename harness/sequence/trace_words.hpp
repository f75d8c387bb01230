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
#include "harness/sequence/trace_limits.hpp"

namespace switchback {

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

/// What a text may consist of, and how that is said to people.
struct Alphabet {
  std::string_view letters;
  std::size_t length_min = 1;
  std::size_t length_max = kWordLengthMax;
  std::string_view remedy;
};
inline constexpr Alphabet kNetworkName{
    .letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
    .remedy = "use 1 to 64 letters, digits, '.', '_' and '-'"};
inline constexpr Alphabet kNameSuffix{
    .letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-",
    .remedy = "use 1 to 64 letters, digits and '-'"};
inline constexpr Alphabet kNicAddress{.letters = "0123456789abcdefABCDEF.:",
                                      .length_min = 0,
                                      .remedy = "give an IP address, or \"\" for any"};

inline Result<std::string> spelled(const std::string& text, const Place& place,
                                   std::string_view what, const Alphabet& alphabet) {
  if (text.size() < alphabet.length_min || text.size() > alphabet.length_max ||
      text.find_first_not_of(alphabet.letters) != std::string::npos)
    return place.wrong(fmt::format("{} is no {}", in_quotes(text), what),
                       std::string(alphabet.remedy));
  return text;
}
inline Result<std::string> spelled(const JsonObject& json, std::string_view key,
                                   std::string_view what, const Alphabet& alphabet) {
  SB_ASSIGN(text, json.text(key));
  return spelled(text, json.place().member(key), what, alphabet);
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

/// Disks, VMs and policy of an item. See trace_item_reader.cpp.
Result<ItemPlan> read_plan(const JsonObject& json);
/// The plans of the items beside the first.
Result<std::vector<ItemPlan>> read_others(const JsonObject& top);

}  // namespace switchback
