// SPDX-License-Identifier: Apache-2.0
// Writes one JSON object on one line into a buffer that is used again: no allocation a value.
#pragma once

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace switchback {

/// Appends `text` as a JSON string. Bytes that are not UTF-8 become U+FFFD, so that the outcome is
/// always valid JSON.
void append_json_string(fmt::memory_buffer& out, std::string_view text);

/// Fields come out in the order in which they are given. Keys are literals of the caller's and are
/// not escaped.
class JsonLine {
 public:
  /// `out` belongs to the caller.
  explicit JsonLine(fmt::memory_buffer& out) : out_(out) { out_.push_back('{'); }

  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::uint64_t value);
  void signed_number(std::string_view key, std::int64_t value);
  void flag(std::string_view key, bool value);
  void null(std::string_view key);
  /// A number of 64 bits that readers which know only doubles must not round: as a string.
  void wide_number(std::string_view key, std::uint64_t value);
  /// Text that is JSON already, and on one line.
  void raw(std::string_view key, std::string_view json);

  void begin_list(std::string_view key);
  void item(std::string_view value);
  void item(std::uint64_t value);
  void begin_object_item();
  void end_object() { out_.push_back('}'); }
  void end_list() { out_.push_back(']'); }

  /// Ends the object and the line.
  void finish();

 private:
  void separate();
  void key(std::string_view name);
  void append(std::string_view bytes) { out_.append(bytes.data(), bytes.data() + bytes.size()); }
  fmt::memory_buffer& out_;
};

}  // namespace switchback
