// SPDX-License-Identifier: Apache-2.0
// See report.hpp.
#include "harness/cli/bench/report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/text.hpp"

namespace switchback {
namespace {

using nlohmann::ordered_json;

/// Three digits that count, or all of a larger number.
std::string readable(double value) {
  if (std::abs(value) >= 1000) return grouped(static_cast<std::uint64_t>(std::llround(value)));
  if (std::abs(value) >= 100) return fmt::format("{:.0f}", value);
  if (std::abs(value) >= 10) return fmt::format("{:.1f}", value);
  if (std::abs(value) >= 0.01 || value == 0) return fmt::format("{:.2f}", value);
  return fmt::format("{:.2g}", value);
}

std::string line_of(const BenchRow& row, std::size_t name_width) {
  std::string line = fmt::format("  {:<{}}", row.name, name_width);
  line += fmt::format("  {:>14}", row.value ? readable(*row.value) : "-");
  line += fmt::format("  {:<10}", row.value ? row.unit : "");
  line += fmt::format("  {:>9}", row.ratio ? "x " + readable(*row.ratio) : "");
  if (!row.note.empty()) line += "  " + printable_line(row.note);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

template <class T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

}  // namespace

void BenchSection::compare() {
  const auto base = std::find_if(rows.begin(), rows.end(),
                                 [this](const BenchRow& row) { return row.name == yardstick; });
  if (base == rows.end() || !base->value || *base->value <= 0) return;
  const double one = *base->value;
  const std::string unit = base->unit;
  for (BenchRow& row : rows)
    if (row.value && row.unit == unit) row.ratio = *row.value / one;
}

std::string bench_text(const BenchSection& section) {
  std::string text = section.title;
  if (!section.yardstick.empty()) text += fmt::format(" (x: times that of {})", section.yardstick);
  text += "\n";
  std::size_t width = 0;
  for (const BenchRow& row : section.rows)
    width = std::max(width, columns(row.name));
  for (const BenchRow& row : section.rows)
    text += line_of(row, width);
  return text + "\n";
}

std::string bench_json(const BenchReport& report) {
  ordered_json json{{"version", 1},
                    {"tool", report.tool},
                    {"processors", report.processors},
                    {"seconds", report.seconds},
                    {"sections", ordered_json::array()}};
  for (const BenchSection& section : report.sections) {
    ordered_json rows = ordered_json::array();
    for (const BenchRow& row : section.rows)
      rows.push_back({{"name", row.name},
                      {"value", or_null(row.value)},
                      {"unit", row.unit},
                      {"ratio", or_null(row.ratio)},
                      {"note", text_or_null(row.note)}});
    json["sections"].push_back({{"name", section.name},
                                {"title", section.title},
                                {"yardstick", text_or_null(section.yardstick)},
                                {"rows", std::move(rows)}});
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace switchback
