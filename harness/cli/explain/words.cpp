// SPDX-License-Identifier: Apache-2.0
// See words.hpp.
#include "harness/cli/explain/words.hpp"

#include <chrono>

#include <fmt/format.h>

#include "reports/text.hpp"

namespace switchback {

std::string in_words(Instant instant) {
  return fmt::format("{} s", std::chrono::duration<double>(instant).count());
}

std::string in_words(const ToldWrite& write) {
  if (write.number == kInitialState) return "what it showed at first";
  std::string words = fmt::format("write {}", write.number);
  if (write.step) words += fmt::format(" of step {}", *write.step + 1);
  if (write.issued)
    words += fmt::format(", at {}", in_words(*write.issued));
  else
    words += " of another branch of history";
  return words;
}

std::string in_words(const ToldPlace& place) {
  return fmt::format("call {} of {}, in the job of {}", place.call, place.stage, place.operation);
}

std::string in_words(const WrongBlock& wrong) {
  const std::string image =
      fmt::format("{}: disk {} block {}", wrong.image, wrong.disk, wrong.block);
  std::string words =
      fmt::format("{} {}; it shows {}", image, wrong.trouble, in_words(wrong.shows));
  if (wrong.expected) words += fmt::format(", and should show {}", in_words(*wrong.expected));
  if (wrong.blocks > 1) words += fmt::format("; {} blocks in all", wrong.blocks);
  return words;
}

std::string identity_of(const ToldViolation& violation) {
  return fmt::format("{} ({})", violation.property, violation.kind);
}

std::string labelled(std::string_view label, const std::string& text) {
  constexpr std::size_t kLabelAt = 8;
  constexpr std::size_t kTextAt = 19;
  std::string lines = wrapped(printable(text), kTextAt, kStoryWidth);
  if (lines.size() > kTextAt) lines.replace(kLabelAt, label.size(), label);
  return lines;
}

}  // namespace switchback
