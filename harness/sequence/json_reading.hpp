// SPDX-License-Identifier: Apache-2.0
// Strict reading of JSON: every trouble names the file and the place in it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "harness/base/result.hpp"

namespace switchback {

/// A word of the file for a message: short, and without bytes that would upset a terminal.
std::string in_quotes(std::string_view word);

/// Where a value stands: "trace.json: steps[3].operation".
class Place {
 public:
  explicit Place(std::string origin) : origin_(std::move(origin)) {}

  [[nodiscard]] Place member(std::string_view key) const;
  [[nodiscard]] Place element(std::size_t index) const;
  /// A bad_input Error: "trace.json: steps[3].operation: <message>".
  [[nodiscard]] tl::unexpected<Error> wrong(const std::string& message, std::string remedy) const;

 private:
  std::string origin_;
  std::string path_;
};

/// Numbers from `least` to `most`, both included.
struct Range {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

/// Parses a whole text. Also wrong: a text cut short, a key given twice in one object, nesting
/// deeper than any trace needs. Never throws.
Result<nlohmann::json> parse_json(const std::string& text, const std::string& origin);

/// A JSON object and where it stands. Each value is asked for by key.
class JsonObject {
 public:
  static Result<JsonObject> from(const nlohmann::json& json, Place place);

  [[nodiscard]] const Place& place() const { return place_; }
  [[nodiscard]] bool has(std::string_view key) const { return json_->contains(key); }
  /// Wrong if there is a key beside these.
  [[nodiscard]] Nothing only(std::initializer_list<std::string_view> keys) const;

  [[nodiscard]] Result<const nlohmann::json*> value(std::string_view key) const;
  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<std::uint64_t> number(std::string_view key, Range range) const;
  /// The same, or `otherwise` if there is no such key.
  [[nodiscard]] Result<std::uint64_t> number_or(std::string_view key, Range range,
                                                std::uint64_t otherwise) const;
  /// From -`most` to `most`, both included.
  [[nodiscard]] Result<std::int64_t> signed_number(std::string_view key, std::uint64_t most) const;
  [[nodiscard]] Result<bool> yes_or_no(std::string_view key) const;
  [[nodiscard]] Result<bool> yes_or_no_or(std::string_view key, bool otherwise) const;
  [[nodiscard]] Result<JsonObject> object(std::string_view key) const;
  /// A list of `least` to `most` elements.
  [[nodiscard]] Result<const nlohmann::json*> list(std::string_view key, Range length) const;

 private:
  JsonObject(const nlohmann::json& json, Place place) : json_(&json), place_(std::move(place)) {}

  const nlohmann::json* json_;
  Place place_;
};

}  // namespace switchback
