// SPDX-License-Identifier: Apache-2.0
// The common case of a JSON string, plain ASCII, copied as it is; all others left to the library.
#include "reports/json_line.hpp"

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

namespace switchback {
namespace {

bool stands_for_itself(char byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

}  // namespace

void append_json_string(fmt::memory_buffer& out, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), stands_for_itself)) {
    out.push_back('"');
    out.append(text.data(), text.data() + text.size());
    out.push_back('"');
    return;
  }
  const std::string escaped = nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false,
                                                        nlohmann::json::error_handler_t::replace);
  out.append(escaped.data(), escaped.data() + escaped.size());
}

// No value ends in an opening bracket, so one at the end means that nothing was written in it yet.
void JsonLine::separate() {
  const char last = out_[out_.size() - 1];
  if (last != '{' && last != '[') out_.push_back(',');
}

void JsonLine::key(std::string_view name) {
  separate();
  out_.push_back('"');
  append(name);
  append("\":");
}

void JsonLine::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(out_, value);
}

void JsonLine::number(std::string_view name, std::uint64_t value) {
  key(name);
  const fmt::format_int digits(value);
  append({digits.data(), digits.size()});
}

void JsonLine::signed_number(std::string_view name, std::int64_t value) {
  key(name);
  const fmt::format_int digits(value);
  append({digits.data(), digits.size()});
}

void JsonLine::flag(std::string_view name, bool value) {
  key(name);
  append(value ? "true" : "false");
}

void JsonLine::null(std::string_view name) {
  key(name);
  append("null");
}

void JsonLine::wide_number(std::string_view name, std::uint64_t value) {
  const fmt::format_int digits(value);
  text(name, {digits.data(), digits.size()});
}

void JsonLine::raw(std::string_view name, std::string_view json) {
  key(name);
  append(json);
}

void JsonLine::begin_list(std::string_view name) {
  key(name);
  out_.push_back('[');
}

void JsonLine::item(std::string_view value) {
  separate();
  append_json_string(out_, value);
}

void JsonLine::item(std::uint64_t value) {
  separate();
  const fmt::format_int digits(value);
  append({digits.data(), digits.size()});
}

void JsonLine::begin_object_item() {
  separate();
  out_.push_back('{');
}

void JsonLine::finish() {
  append("}\n");
}

}  // namespace switchback
