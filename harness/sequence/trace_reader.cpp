// SPDX-License-Identifier: Apache-2.0
// Reads the text of a trace. Strict: what is not understood is an error and never skipped, as a
// replay of something else than what the file says would be worth nothing.
#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/sequence/json_reading.hpp"
#include "harness/sequence/trace.hpp"
#include "harness/sequence/trace_limits.hpp"
#include "harness/sequence/trace_words.hpp"

namespace switchback {
namespace {

using Json = nlohmann::json;

// The kinds of step, by the word after "do".

template <class AnyWrite>
Result<AnyWrite> read_blocks(const JsonObject& json) {
  SB_ASSIGN(disk, json.number("disk", {0, kOrdinalMax}));
  SB_ASSIGN(block, json.number("block", {0, kExactNumberMax}));
  SB_ASSIGN(count, json.number_or("count", {1, kWriteBlocksMax}, 1));
  return AnyWrite{static_cast<std::uint32_t>(disk), block, static_cast<std::uint32_t>(count)};
}

Result<Action> read_write(const JsonObject& json) {
  SB_TRY(json.only({"do", "disk", "block", "count", "stride", "trim", "item", "at"}));
  SB_ASSIGN(write, read_blocks<WriteStep>(json));
  SB_ASSIGN(stride, json.number_or("stride", {1, kOrdinalMax}, 1));
  write.stride = static_cast<std::uint32_t>(stride);
  SB_ASSIGN(trim, json.yes_or_no_or("trim", false));
  write.trim = trim;
  return write;
}

template <class AnyWrite>
Result<Action> read_other_write(const JsonObject& json) {
  SB_TRY(json.only({"do", "disk", "block", "count", "item", "at"}));
  SB_ASSIGN(write, read_blocks<AnyWrite>(json));
  return write;
}

Result<Action> read_flush(const JsonObject& json) {
  SB_TRY(json.only({"do", "item", "at"}));
  return FlushStep{};
}

Result<TargetSettings> read_settings(const JsonObject& json) {
  SB_TRY(json.only({"name_suffix", "cpus", "memory_bytes", "network", "nic_addresses"}));
  TargetSettings settings;
  if (json.has("name_suffix")) {
    SB_ASSIGN(suffix, spelled(json, "name_suffix", "end of a name", kNameSuffix));
    settings.name_suffix = suffix;
  }
  if (json.has("cpus")) {
    SB_ASSIGN(cpus, json.number("cpus", {1, kCpusMax}));
    settings.cpus = static_cast<unsigned>(cpus);
  }
  if (json.has("memory_bytes")) {
    SB_ASSIGN(memory, json.number("memory_bytes", {1, kMemoryBytesMax}));
    settings.memory_bytes = memory;
  }
  if (json.has("network")) {
    SB_ASSIGN(network, spelled(json, "network", "name of a network", kNetworkName));
    settings.network = network;
  }
  if (json.has("nic_addresses")) {
    SB_ASSIGN(list, json.list("nic_addresses", {0, kNicsMax}));
    for (std::size_t n = 0; n < list->size(); ++n) {
      const Place place = json.place().member("nic_addresses").element(n);
      if (!(*list)[n].is_string()) return place.wrong("is not a string", "give an IP address");
      SB_ASSIGN(address, spelled((*list)[n].get<std::string>(), place, "IP address", kNicAddress));
      settings.nic_addresses.push_back(address);
    }
  }
  return settings;
}

Result<Action> read_operate(const JsonObject& json) {
  SB_TRY(json.only({"do", "operation", "point", "custom_point", "shut_down_source",
                    "create_missing_vm", "key", "settings", "background", "item", "at"}));
  SB_ASSIGN(operation, one_of(json, "operation", "operation", kAllOperations));
  OperateStep ask{.operation = operation};
  if (json.has("point")) {
    SB_ASSIGN(point, one_of(json, "point", "choice of a recovery point", kAllPointChoices));
    ask.point = point;
  }
  SB_ASSIGN(custom, json.number_or("custom_point", {0, kOrdinalMax}, 0));
  ask.custom_point = static_cast<std::uint32_t>(custom);
  SB_ASSIGN(shut_down, json.yes_or_no_or("shut_down_source", true));
  ask.shut_down_source = shut_down;
  SB_ASSIGN(create_missing, json.yes_or_no_or("create_missing_vm", true));
  ask.create_missing_vm = create_missing;
  if (json.has("key")) {
    SB_ASSIGN(key, one_of(json, "key", "key", kAllKeysGiven));
    ask.key = key;
  }
  if (json.has("settings")) {
    SB_ASSIGN(object, json.object("settings"));
    SB_ASSIGN(settings, read_settings(object));
    ask.settings = settings;
  }
  SB_ASSIGN(background, json.yes_or_no_or("background", false));
  ask.background = background;
  return ask;
}

Result<Action> read_edit(const JsonObject& json) {
  SB_TRY(json.only({"do", "edit", "item", "at"}));
  SB_ASSIGN(edit, one_of(json, "edit", "edit", kAllEdits));
  return EditStep{edit};
}

Result<Action> read_wait(const JsonObject& json) {
  SB_TRY(json.only({"do", "milliseconds", "background", "item", "at"}));
  SB_ASSIGN(milliseconds, json.number("milliseconds", {0, kWaitMillisecondsMax}));
  SB_ASSIGN(background, json.yes_or_no_or("background", false));
  return WaitStep{std::chrono::milliseconds(milliseconds), background};
}

Result<Action> read_wait_periods(const JsonObject& json) {
  SB_TRY(json.only({"do", "periods", "background", "item", "at"}));
  SB_ASSIGN(periods, json.number("periods", {1, kPeriodsMax}));
  SB_ASSIGN(background, json.yes_or_no_or("background", false));
  return WaitStep{.background = background, .periods = static_cast<std::uint32_t>(periods)};
}

Result<Action> read_advance(const JsonObject& json) {
  SB_TRY(json.only({"do", "points", "item", "at"}));
  SB_ASSIGN(points, json.number_or("points", {1, kOrdinalMax}, 1));
  return AdvanceStep{static_cast<std::uint32_t>(points)};
}

Result<Action> read_fault(const JsonObject& json) {
  SB_ASSIGN(kind, one_of(json, "kind", "fault", kAllFaults));
  if (kind != FaultKind::clock_stepped) {
    SB_TRY(json.only({"do", "kind", "item", "at"}));
    return FaultStep{kind};
  }
  SB_TRY(json.only({"do", "kind", "seconds", "item", "at"}));
  SB_ASSIGN(seconds, json.signed_number("seconds", kClockStepSecondsMax));
  return FaultStep{kind, std::chrono::seconds(seconds)};
}

Result<Action> read_heal(const JsonObject& json) {
  SB_TRY(json.only({"do", "item", "at"}));
  return HealStep{};
}

struct StepKind {
  std::string_view name;
  Result<Action> (*read)(const JsonObject&);
};
/// Waits have two.
constexpr std::array<StepKind, std::variant_size_v<Action> + 1> kStepKinds = {
    {{"write", read_write},
     {"flush", read_flush},
     {"operate", read_operate},
     {"advance", read_advance},
     {"wait", read_wait},
     {"wait_periods", read_wait_periods},
     {"fault", read_fault},
     {"heal", read_heal},
     {"edit", read_edit},
     {"test_write", read_other_write<TestWriteStep>},
     {"old_primary_write", read_other_write<OldPrimaryWriteStep>}}};

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
  SB_TRY(json.only({"stage", "name", "call"}));
  SB_ASSIGN(stage, plain_word(json, "stage", kStageLengthMax));
  SB_ASSIGN(call, json.number("call", {0, kOrdinalMax}));
  Moment moment{stage, static_cast<std::uint32_t>(call)};
  if (json.has("name")) {
    SB_ASSIGN(name, plain_word(json, "name", kStageLengthMax));
    moment.name = name;
  }
  return moment;
}

Result<Step> read_step(const Json& element, const Place& place) {
  SB_ASSIGN(json, JsonObject::from(element, place));
  SB_ASSIGN(action, read_action(json));
  SB_ASSIGN(item, json.number_or("item", {0, kTraceItemsMax - 1}, 0));
  Step step{.action = action, .at = std::nullopt, .item = static_cast<std::uint32_t>(item)};
  if (json.has("at")) {
    SB_ASSIGN(at, json.object("at"));
    SB_ASSIGN(moment, read_moment(at));
    step.at = moment;
  }
  return step;
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

/// What is otherwise than in the sound service, by its name; nothing where the key is absent.
Result<std::optional<std::string>> read_change(const JsonObject& top, std::string_view key) {
  if (!top.has(key)) return std::nullopt;
  SB_ASSIGN(name, top.text(key));
  if (name.empty())
    return top.place().member(key).wrong("is empty",
                                         fmt::format("name a {}, or remove the key", key));
  return name;
}

}  // namespace

Result<Trace> trace_from_json(const std::string& text, const std::string& origin) {
  if (text.size() > kTraceBytesMax)
    return bad_input(fmt::format("{}: is larger than {} MiB", origin, kTraceBytesMax >> 20),
                     "give one trace, as `switchback run` writes it");
  SB_ASSIGN(json, parse_json(text, origin));
  SB_ASSIGN(top, JsonObject::from(json, Place(origin)));
  SB_TRY(check_format(top));
  SB_TRY(top.only({"format", "version", "made_by", "system", "variant", "defect", "seed", "disks",
                   "vms", "policy", "others", "steps", "violation"}));
  Trace trace;
  SB_ASSIGN(made_by, top.text("made_by"));
  trace.made_by = made_by;
  SB_ASSIGN(system, top.text("system"));
  trace.system = system;
  if (trace.system.empty())
    return top.place().member("system").wrong("is empty", "name a world: sim or libvirt");
  SB_ASSIGN(variant, read_change(top, "variant"));
  trace.variant = variant;
  SB_ASSIGN(defect, read_change(top, "defect"));
  trace.defect = defect;
  SB_ASSIGN(seed, read_seed(top));
  trace.sequence.seed = seed;
  SB_ASSIGN(first, read_plan(top));
  trace.sequence.disks = std::move(first.disks);
  trace.sequence.vms = std::move(first.vms);
  trace.sequence.policy = first.policy;
  SB_ASSIGN(others, read_others(top));
  trace.sequence.others = std::move(others);
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
