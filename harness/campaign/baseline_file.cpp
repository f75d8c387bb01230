// SPDX-License-Identifier: Apache-2.0
// See baseline_file.hpp.
#include "harness/campaign/baseline_file.hpp"

#include <ctime>
#include <optional>

#include <fmt/format.h>

#include "harness/events/baseline.hpp"
#include "harness/sequence/json_reading.hpp"
#include "harness/sequence/text_file.hpp"
#include "properties/property.hpp"

namespace switchback {
namespace {

constexpr std::size_t kBytesMax = std::size_t{1} << 20;
constexpr std::uint64_t kEntriesMax = 10000;
constexpr std::uint64_t kVersion = 1;

/// Of "2026-12-31" and nothing else.
std::optional<std::chrono::year_month_day> day_of(const std::string& text) {
  std::tm read{};
  const char* const end = strptime(text.c_str(), "%Y-%m-%d", &read);
  if (end == nullptr) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year{read.tm_year + 1900},
                                        std::chrono::month{static_cast<unsigned>(read.tm_mon) + 1},
                                        std::chrono::day{static_cast<unsigned>(read.tm_mday)}};
  // The reading is lenient: about blanks, signs and digits that are missing.
  const std::string same =
      fmt::format("{:04}-{:02}-{:02}", read.tm_year + 1900, read.tm_mon + 1, read.tm_mday);
  return day.ok() && same == text ? std::optional(day) : std::nullopt;
}

bool is_promise(const std::string& name) {
  for (const auto& property : all_properties())
    if (property->name() == name) return true;
  return false;
}

Result<BaselineEntry> entry_from(const JsonObject& json, std::chrono::year_month_day today) {
  SB_TRY(json.only({"property", "kind", "until", "reason"}));
  SB_ASSIGN(property, json.text("property"));
  SB_ASSIGN(kind, json.text("kind"));
  SB_ASSIGN(until, json.text("until"));
  SB_ASSIGN(reason, json.text("reason"));
  if (!is_promise(property))
    return json.place()
        .member("property")
        .wrong(fmt::format("{} is no promise", in_quotes(property)),
               "take the name from the report of the run that found it");
  const auto day = day_of(until);
  if (!day)
    return json.place().member("until").wrong(
        fmt::format("{} is no day", in_quotes(until)),
        "give the last day on which it is accepted, as 2026-12-31");
  if (reason.empty())
    return json.place().member("reason").wrong("is empty",
                                               "say why it is accepted, or where it is tracked");
  return BaselineEntry{.property = std::move(property),
                       .kind = std::move(kind),
                       .until = std::move(until),
                       .reason = std::move(reason),
                       .expired = *day < today};
}

}  // namespace

Result<std::vector<BaselineEntry>> baseline_from_json(const std::string& text,
                                                      const std::string& origin,
                                                      std::chrono::year_month_day today) {
  if (text.size() > kBytesMax)
    return bad_input(fmt::format("{}: is larger than {} MiB", origin, kBytesMax >> 20),
                     "name the file of a baseline");
  SB_ASSIGN(json, parse_json(text, origin));
  SB_ASSIGN(top, JsonObject::from(json, Place(origin)));
  SB_TRY(top.only({"baseline", "findings"}));
  SB_TRY(top.number("baseline", {kVersion, kVersion}));
  SB_ASSIGN(list, top.list("findings", {0, kEntriesMax}));
  std::vector<BaselineEntry> baseline;
  for (const nlohmann::json& element : *list) {
    const Place place = top.place().member("findings").element(baseline.size());
    SB_ASSIGN(object, JsonObject::from(element, place));
    SB_ASSIGN(entry, entry_from(object, today));
    if (baseline_entry(baseline, entry.property, entry.kind) != nullptr)
      return place.wrong(
          fmt::format("{} ({}) is named twice", entry.property, in_quotes(entry.kind)),
          "leave one of the two");
    baseline.push_back(std::move(entry));
  }
  return baseline;
}

Result<std::vector<BaselineEntry>> load_baseline(const std::filesystem::path& path,
                                                 std::chrono::year_month_day today) {
  SB_ASSIGN(text, text_of_file(path, kBytesMax));
  return baseline_from_json(text, path.string(), today);
}

}  // namespace switchback
