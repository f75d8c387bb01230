// SPDX-License-Identifier: Apache-2.0
// Strict reading of JSON, on top of a parser that is lenient about keys given twice.
#include "harness/sequence/json_reading.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace switchback {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDepthMax = 16;

/// Looks over the parser's shoulder, as the finished document no longer knows what was given twice.
class Watch {
 public:
  bool operator()(int, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (found_) return false;
    switch (event) {
      case Event::object_start:
      case Event::array_start:
        if (keys_.size() >= kDepthMax) found_ = "is nested too deeply";
        keys_.emplace_back();
        break;
      case Event::object_end:
      case Event::array_end:
        keys_.pop_back();
        break;
      case Event::key: {
        const auto key = parsed.get<std::string>();
        if (!keys_.back().insert(key).second)
          found_ = fmt::format("has the key {} twice in one object", in_quotes(key));
        break;
      }
      case Event::value:
        break;
    }
    return !found_;  // false: what comes now need not be kept
  }
  [[nodiscard]] const std::optional<std::string>& found() const { return found_; }

 private:
  std::vector<std::set<std::string>> keys_;  ///< of the objects (and lists) that are open
  std::optional<std::string> found_;
};

tl::unexpected<Error> unreadable(const std::string& text, const std::string& origin,
                                 std::size_t byte) {
  const Place place(origin);
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return place.wrong("is empty", "give a whole file");
  const std::size_t end = std::min(byte == 0 ? 0 : byte - 1, text.size());
  const auto stop = text.begin() + static_cast<std::ptrdiff_t>(end);
  const auto line = 1 + std::count(text.begin(), stop, '\n');
  const std::size_t newline = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  const std::size_t column = newline == std::string::npos ? end + 1 : end - newline;
  if (end == text.size())
    return place.wrong(fmt::format("is cut short: it ends in line {}", line),
                       "fetch the whole file again");
  return place.wrong(fmt::format("is not JSON: line {}, column {}", line, column),
                     "mend what stands there, or fetch the file again");
}

}  // namespace

std::string in_quotes(std::string_view word) {
  constexpr std::size_t kLengthMax = 40;
  std::string shown(word.substr(0, kLengthMax));
  for (char& letter : shown)
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) letter = '?';
  return fmt::format("'{}{}'", shown, word.size() > kLengthMax ? "..." : "");
}

Place Place::member(std::string_view key) const {
  Place inner = *this;
  if (!path_.empty()) inner.path_ += '.';
  inner.path_ += key;
  return inner;
}

Place Place::element(std::size_t index) const {
  Place inner = *this;
  inner.path_ += fmt::format("[{}]", index);
  return inner;
}

tl::unexpected<Error> Place::wrong(const std::string& message, std::string remedy) const {
  return bad_input(fmt::format("{}: {}{}{}", origin_, path_, path_.empty() ? "" : ": ", message),
                   std::move(remedy));
}

Result<Json> parse_json(const std::string& text, const std::string& origin) {
  Watch watch;
  Json json;
  try {
    json = Json::parse(text, std::ref(watch));
  } catch (const Json::parse_error& error) {
    if (!watch.found()) return unreadable(text, origin, error.byte);
  } catch (const Json::exception&) {
    if (!watch.found())
      return Place(origin).wrong("holds a number that is out of all range", "mend the number");
  }
  if (watch.found()) return Place(origin).wrong(*watch.found(), "remove what is too much");
  return json;
}

Result<JsonObject> JsonObject::from(const Json& json, Place place) {
  if (!json.is_object())
    return place.wrong(fmt::format("is not an object but of type {}", json.type_name()),
                       "see docs/trace.md for what belongs there");
  return JsonObject(json, std::move(place));
}

Nothing JsonObject::only(std::initializer_list<std::string_view> keys) const {
  for (const auto& [key, value] : json_->items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return place_.wrong(fmt::format("unknown key {}", in_quotes(key)),
                          fmt::format("known here: {}", fmt::join(keys, ", ")));
  return {};
}

Result<const Json*> JsonObject::value(std::string_view key) const {
  const auto found = json_->find(key);
  if (found == json_->end())
    return place_.wrong(fmt::format("the key '{}' is missing", key),
                        "see docs/trace.md for what belongs there");
  return &*found;
}

Result<std::string> JsonObject::text(std::string_view key) const {
  SB_ASSIGN(found, value(key));
  if (!found->is_string())
    return place_.member(key).wrong(
        fmt::format("is not a string but of type {}", found->type_name()),
        "put it in double quotes");
  return found->get<std::string>();
}

Result<std::uint64_t> JsonObject::number(std::string_view key, Range range) const {
  SB_ASSIGN(found, value(key));
  const std::string remedy =
      fmt::format("give a whole number from {} to {}", range.least, range.most);
  if (!found->is_number_integer()) return place_.member(key).wrong("is not a whole number", remedy);
  const bool negative = !found->is_number_unsigned() && found->get<std::int64_t>() < 0;
  if (negative || found->get<std::uint64_t>() < range.least ||
      found->get<std::uint64_t>() > range.most)
    return place_.member(key).wrong(found->dump() + " is out of range", remedy);
  return found->get<std::uint64_t>();
}

Result<std::uint64_t> JsonObject::number_or(std::string_view key, Range range,
                                            std::uint64_t otherwise) const {
  if (!has(key)) return otherwise;
  return number(key, range);
}

Result<std::int64_t> JsonObject::signed_number(std::string_view key, std::uint64_t most) const {
  SB_ASSIGN(found, value(key));
  const auto limit = static_cast<std::int64_t>(most);
  const std::string remedy = fmt::format("give a whole number from {} to {}", -limit, limit);
  if (!found->is_number_integer()) return place_.member(key).wrong("is not a whole number", remedy);
  const bool huge = found->is_number_unsigned() && found->get<std::uint64_t>() > most;
  if (huge || found->get<std::int64_t>() < -limit || found->get<std::int64_t>() > limit)
    return place_.member(key).wrong(found->dump() + " is out of range", remedy);
  return found->get<std::int64_t>();
}

Result<bool> JsonObject::yes_or_no(std::string_view key) const {
  SB_ASSIGN(json, value(key));
  if (!json->is_boolean())
    return place_.member(key).wrong("is not true or false", "give one of them");
  return json->get<bool>();
}

Result<bool> JsonObject::yes_or_no_or(std::string_view key, bool otherwise) const {
  return has(key) ? yes_or_no(key) : otherwise;
}

Result<JsonObject> JsonObject::object(std::string_view key) const {
  SB_ASSIGN(found, value(key));
  return from(*found, place_.member(key));
}

Result<const Json*> JsonObject::list(std::string_view key, Range length) const {
  SB_ASSIGN(found, value(key));
  if (!found->is_array())
    return place_.member(key).wrong(fmt::format("is not a list but of type {}", found->type_name()),
                                    "put it in square brackets");
  if (found->size() < length.least || found->size() > length.most)
    return place_.member(key).wrong(
        fmt::format("holds {} elements", found->size()),
        fmt::format("give at least {} and at most {}", length.least, length.most));
  return found;
}

}  // namespace switchback
