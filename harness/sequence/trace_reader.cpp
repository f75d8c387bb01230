// SPDX-License-Identifier: Apache-2.0
// Reads the text of a trace. Strict: what is not understood is an error and never skipped, as a
// replay of something else than what the file says would be worth nothing.
#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/sequence/json_reading.hpp"
#include "harness/sequence/trace.hpp"
#include "harness/sequence/trace_limits.hpp"

namespace switchback {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kOrdinalMax = 0xffffffff;

bool is_plain_word(std::string_view word, std::size_t length_max) {
  return !word.empty() && word.size() <= length_max &&
         std::all_of(word.begin(), word.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                  letter == '_';
         });
}

/// A word that only small letters, digits and '_' make up.
Result<std::string> plain_word(const JsonObject& json, std::string_view key,
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

// The kinds of step, by the word after "do".

Result<Action> read_write(const JsonObject& json) {
  SB_TRY(json.only({"do", "disk", "block", "count", "at"}));
  SB_ASSIGN(disk, json.number("disk", {0, kOrdinalMax}));
  SB_ASSIGN(block, json.number("block", {0, kExactNumberMax}));
  std::uint64_t count = 1;
  if (json.has("count")) {
    SB_ASSIGN(given, json.number("count", {1, kWriteBlocksMax}));
    count = given;
  }
  return WriteStep{static_cast<std::uint32_t>(disk), block, static_cast<std::uint32_t>(count)};
}

Result<Action> read_flush(const JsonObject& json) {
  SB_TRY(json.only({"do", "at"}));
  return FlushStep{};
}

Result<Action> read_operate(const JsonObject& json) {
  SB_TRY(json.only({"do", "operation", "at"}));
  SB_ASSIGN(operation, one_of(json, "operation", "operation", kAllOperations));
  return OperateStep{operation};
}

Result<Action> read_wait(const JsonObject& json) {
  SB_TRY(json.only({"do", "milliseconds", "at"}));
  SB_ASSIGN(milliseconds, json.number("milliseconds", {0, kWaitMillisecondsMax}));
  return WaitStep{std::chrono::milliseconds(milliseconds)};
}

Result<Action> read_fault(const JsonObject& json) {
  SB_TRY(json.only({"do", "kind", "at"}));
  SB_ASSIGN(kind, one_of(json, "kind", "fault", kAllFaults));
  return FaultStep{kind};
}

Result<Action> read_heal(const JsonObject& json) {
  SB_TRY(json.only({"do", "at"}));
  return HealStep{};
}

struct StepKind {
  std::string_view name;
  Result<Action> (*read)(const JsonObject&);
};
constexpr std::array<StepKind, std::variant_size_v<Action>> kStepKinds = {
    {{"write", read_write},
     {"flush", read_flush},
     {"operate", read_operate},
     {"wait", read_wait},
     {"fault", read_fault},
     {"heal", read_heal}}};

Result<Action> read_action(const JsonObject& json) {
  SB_ASSIGN(name, json.text("do"));
  std::vector<std::string_view> names;
  for (const StepKind& kind : kStepKinds) {
    if (kind.name == name) return kind.read(json);
    names.push_back(kind.name);
  }
  return json.place().member("do").wrong(fmt::format("{} is no kind of step", in_quotes(name)),
                                         fmt::format("choose one of {}", fmt::join(names, ", ")));
}

Result<Moment> read_moment(const JsonObject& json) {
  SB_TRY(json.only({"stage", "call"}));
  SB_ASSIGN(stage, plain_word(json, "stage", kStageLengthMax));
  SB_ASSIGN(call, json.number("call", {0, kOrdinalMax}));
  return Moment{stage, static_cast<std::uint32_t>(call)};
}

Result<Step> read_step(const Json& element, const Place& place) {
  SB_ASSIGN(json, JsonObject::from(element, place));
  SB_ASSIGN(action, read_action(json));
  Step step{action, std::nullopt};
  if (json.has("at")) {
    SB_ASSIGN(at, json.object("at"));
    SB_ASSIGN(moment, read_moment(at));
    step.at = moment;
  }
  return step;
}

Result<DiskSpec> read_disk(const Json& element, const Place& place) {
  SB_ASSIGN(json, JsonObject::from(element, place));
  SB_TRY(json.only({"device", "size_bytes"}));
  SB_ASSIGN(device, plain_word(json, "device", kDeviceLengthMax));
  SB_ASSIGN(size_bytes, json.number("size_bytes", {kDiskBytesMin, kDiskBytesMax}));
  return DiskSpec{device, size_bytes};
}

Result<std::vector<DiskSpec>> read_disks(const JsonObject& top) {
  SB_ASSIGN(list, top.list("disks", {1, kTraceDisksMax}));
  std::vector<DiskSpec> disks;
  std::set<std::string> devices;
  for (std::size_t n = 0; n < list->size(); ++n) {
    const Place place = top.place().member("disks").element(n);
    SB_ASSIGN(disk, read_disk((*list)[n], place));
    if (!devices.insert(disk.device).second)
      return place.member("device").wrong(fmt::format("'{}' is there twice", disk.device),
                                          "give every disk a device of its own");
    disks.push_back(disk);
  }
  return disks;
}

Result<std::vector<Step>> read_steps(const JsonObject& top) {
  SB_ASSIGN(list, top.list("steps", {0, kTraceBytesMax}));
  if (list->empty())
    return top.place().member("steps").wrong("there is none, so nothing would be replayed",
                                             "give at least one step");
  std::vector<Step> steps;
  for (std::size_t n = 0; n < list->size(); ++n) {
    SB_ASSIGN(step, read_step((*list)[n], top.place().member("steps").element(n)));
    steps.push_back(std::move(step));
  }
  return steps;
}

/// A string of digits, or a number as people write it.
Result<std::uint64_t> read_seed(const JsonObject& top) {
  SB_ASSIGN(json, top.value("seed"));
  if (json->is_number_unsigned()) return json->get<std::uint64_t>();
  const std::string digits = json->is_string() ? json->get<std::string>() : "";
  std::uint64_t seed = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, seed);
  if (digits.empty() || error != std::errc{} || stopped != end)
    return top.place().member("seed").wrong(
        "is not a seed", "give a whole number from 0 to 18446744073709551615, or it in a string");
  return seed;
}

Result<ExpectedViolation> read_violation(const JsonObject& json, std::size_t steps) {
  SB_TRY(json.only({"property", "kind", "step", "summary"}));
  SB_ASSIGN(property, json.text("property"));
  SB_ASSIGN(kind, json.text("kind"));
  SB_ASSIGN(step, json.number("step", {0, steps - 1}));
  std::string summary;
  if (json.has("summary")) {
    SB_ASSIGN(given, json.text("summary"));
    summary = given;
  }
  for (const auto& [key, value] : {std::pair("property", &property), std::pair("kind", &kind)})
    if (value->empty())
      return json.place().member(key).wrong("is empty", "name what the trace breaks");
  return ExpectedViolation{property, kind, step, summary};
}

/// Format and version come before everything else: a file of the future may look different.
Nothing check_format(const JsonObject& top) {
  const Result<std::string> format = top.text("format");
  if (!format || *format != "switchback-trace")
    return top.place().wrong("is not a Switchback trace: \"format\" is not \"switchback-trace\"",
                             "give a file that `switchback run` or `switchback shrink` wrote");
  SB_ASSIGN(version, top.number("version", {1, kOrdinalMax}));
  if (version > kTraceVersion)
    return top.place().member("version").wrong(
        fmt::format("{} was made by a newer Switchback; this one reads version {}", version,
                    kTraceVersion),
        "update Switchback");
  return {};
}

}  // namespace

Result<Trace> trace_from_json(const std::string& text, const std::string& origin) {
  if (text.size() > kTraceBytesMax)
    return bad_input(fmt::format("{}: is larger than {} MiB", origin, kTraceBytesMax >> 20),
                     "give one trace, as `switchback run` writes it");
  SB_ASSIGN(json, parse_json(text, origin));
  SB_ASSIGN(top, JsonObject::from(json, Place(origin)));
  SB_TRY(check_format(top));
  SB_TRY(top.only(
      {"format", "version", "made_by", "system", "defect", "seed", "disks", "steps", "violation"}));
  Trace trace;
  SB_ASSIGN(made_by, top.text("made_by"));
  trace.made_by = made_by;
  SB_ASSIGN(system, top.text("system"));
  trace.system = system;
  if (trace.system.empty())
    return top.place().member("system").wrong("is empty", "name a world: sim or libvirt");
  if (top.has("defect")) {
    SB_ASSIGN(defect, top.text("defect"));
    if (defect.empty())
      return top.place().member("defect").wrong("is empty", "name a defect, or remove the key");
    trace.defect = defect;
  }
  SB_ASSIGN(seed, read_seed(top));
  trace.sequence.seed = seed;
  SB_ASSIGN(disks, read_disks(top));
  trace.sequence.disks = disks;
  SB_ASSIGN(steps, read_steps(top));
  trace.sequence.steps = std::move(steps);
  if (top.has("violation")) {
    SB_ASSIGN(object, top.object("violation"));
    SB_ASSIGN(violation, read_violation(object, trace.sequence.steps.size()));
    trace.violation = violation;
  }
  return trace;
}

}  // namespace switchback
