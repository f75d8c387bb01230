// SPDX-License-Identifier: Apache-2.0
// The fields of every kind of event, in the order of the log. New fields go to the end.
#include "reports/event_line.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <nlohmann/json.hpp>

#include "reports/json_line.hpp"

namespace switchback {
namespace {

// In the order of the alternatives of Event.
constexpr std::array<std::string_view, std::variant_size_v<Event>> kNames = {
    "run_started",       "sequence_started",  "step_started",      "operation_ended", "step_in_job",
    "fault_injected",    "violation_found",   "sequence_ended",    "violation_kept",  "run_ended",
    "fault_took_effect", "sequence_repeated", "violation_repeated"};

void list(JsonLine& line, std::string_view key, const std::vector<std::string>& values) {
  line.begin_list(key);
  for (const std::string& value : values)
    line.item(value);
  line.end_list();
}

void place(JsonLine& line, std::uint64_t sequence, std::size_t step) {
  line.number("sequence", sequence);
  line.number("step", step);
}

void name_or_null(JsonLine& line, std::string_view key, const std::optional<std::string>& name) {
  if (name)
    line.text(key, *name);
  else
    line.null(key);
}

void write(JsonLine& line, const RunStarted& event) {
  line.text("tool", event.tool);
  line.text("world", event.world);
  line.text("system", event.system);
  name_or_null(line, "defect", event.defect);
  name_or_null(line, "variant", event.variant);
  list(line, "declared", event.declared);
  line.wide_number("seed", event.seed);
  line.begin_list("properties");
  for (const PropertyInfo& property : event.properties) {
    line.begin_object_item();
    line.text("name", property.name);
    line.text("promise", property.promise);
    line.text("source", property.source);
    line.end_object();
  }
  line.end_list();
  list(line, "operations", event.operations);
  list(line, "missing_operations", event.missing_operations);
  list(line, "notes", event.notes);
  line.begin_list("stages");
  for (const JobStage& place : event.stages) {
    line.begin_object_item();
    line.text("operation", place.operation);
    line.text("stage", place.stage);
    line.end_object();
  }
  line.end_list();
  list(line, "faults", event.faults);
  list(line, "required_coverage", event.required_coverage);
  list(line, "arguments", event.arguments);
  line.begin_list("baseline");
  for (const BaselineEntry& entry : event.baseline) {
    line.begin_object_item();
    line.text("property", entry.property);
    line.text("kind", entry.kind);
    line.text("until", entry.until);
    line.text("reason", entry.reason);
    line.flag("expired", entry.expired);
    line.end_object();
  }
  line.end_list();
}

void write(JsonLine& line, const SequenceStarted& event) {
  line.number("sequence", event.index);
  line.wide_number("seed", event.seed);
  line.begin_list("disk_sizes");
  for (const Bytes size : event.disk_sizes)
    line.item(size);
  line.end_list();
  line.number("steps", event.steps);
  line.text("profile", event.profile);
}

// A reader wants the step as JSON, not as JSON in a string; what is none must not break the line.
bool is_object_on_one_line(const std::string& text) {
  const auto control = [](char byte) { return static_cast<unsigned char>(byte) < 0x20; };
  return text.size() >= 2 && text.front() == '{' && text.back() == '}' &&
         std::none_of(text.begin(), text.end(), control) && nlohmann::json::accept(text);
}

void write(JsonLine& line, const StepStarted& event) {
  place(line, event.sequence, event.step);
  if (is_object_on_one_line(event.json))
    line.raw("action", event.json);
  else
    line.text("action_text", event.json);
}

void write(JsonLine& line, const OperationEnded& event) {
  place(line, event.sequence, event.step);
  line.text("operation", event.operation);
  line.text("state_before", event.state_before);
  line.text("outcome", event.outcome);
  line.text("reason", event.reason);
  line.text("state_after", event.state_after);
  line.signed_number("at_ns", event.at.count());
  line.number("wire_bytes", event.wire_bytes);
  line.number("dirty_bytes", event.dirty_bytes);
  line.flag("sends_data", event.sends_data);
  line.number("calls", event.calls);
  line.text("choices", event.choices);
  line.text("cancelled", event.cancelled);
  line.flag("was_cancelled", event.was_cancelled);
  line.text("health", event.health);
  if (event.item > 0) line.number("item", event.item);
}

void write(JsonLine& line, const StepInJob& event) {
  place(line, event.sequence, event.step);
  line.text("operation", event.operation);
  line.text("stage", event.stage);
  line.number("call", event.call);
  line.flag("in_time", event.in_time);
}

void write(JsonLine& line, const FaultInjected& event) {
  place(line, event.sequence, event.step);
  line.text("kind", event.kind);
  line.text("stage", event.stage);
  line.text("operation", event.operation);
  line.text("lost", event.lost);
}

void write(JsonLine& line, const FaultTookEffect& event) {
  place(line, event.sequence, event.step);
  line.text("kind", event.kind);
  line.text("operation", event.operation);
  line.text("stage", event.stage);
  line.number("call", event.call);
  line.number("item", event.item);
}

void write(JsonLine& line, const ViolationFound& event) {
  place(line, event.sequence, event.step);
  line.text("property", event.property);
  line.text("kind", event.kind);
  line.text("message", event.message);
}

void write(JsonLine& line, const SequenceEnded& event) {
  line.number("sequence", event.index);
  line.text("verdict", event.verdict);
  line.text("error", event.error);
  line.number("steps_run", event.steps_run);
  line.number("writes", event.writes);
  line.number("loops", event.loops);
  line.number("wire_bytes", event.wire_bytes);
  line.begin_list("properties");
  for (const PropertyTally& tally : event.properties) {
    line.begin_object_item();
    line.text("name", tally.name);
    line.number("judged", tally.judged);
    line.number("broken", tally.broken);
    line.end_object();
  }
  line.end_list();
  if (event.interface_bytes)
    line.number("interface_bytes", *event.interface_bytes);
  else
    line.null("interface_bytes");
}

void write(JsonLine& line, const SequenceRepeated& event) {
  line.number("sequence", event.index);
  line.flag("same", event.same);
  line.text("differs_in", event.differs_in);
  line.number("position", event.event);
  line.text("first", event.first);
  line.text("second", event.second);
}

void write(JsonLine& line, const ViolationRepeated& event) {
  line.number("sequence", event.sequence);
  line.text("property", event.property);
  line.text("kind", event.kind);
  line.number("runs", event.runs);
  line.number("broke", event.broke);
  if (event.differs_at)
    line.number("differs_at", *event.differs_at);
  else
    line.null("differs_at");
  line.text("broken_run", event.broken_run);
  line.text("other_run", event.other_run);
}

void write(JsonLine& line, const ViolationKept& event) {
  line.number("sequence", event.sequence);
  line.text("property", event.property);
  line.text("kind", event.kind);
  line.text("message", event.message);
  line.text("trace_file", event.trace_file);
  line.number("steps_before", event.steps_before);
  line.number("steps", event.steps);
  line.number("candidates", event.candidates);
  list(line, "story", event.story);
}

void write(JsonLine& line, const RunEnded& event) {
  line.text("stopped_by", event.stopped_by);
  line.text("error", event.error);
}

}  // namespace

std::string_view event_name(const Event& event) {
  return kNames[event.index()];
}

void append_event_line(fmt::memory_buffer& out, const Event& event, std::uint64_t number) {
  JsonLine line(out);
  line.number("v", kEventLogVersion);
  line.number("n", number);
  line.text("event", event_name(event));
  std::visit([&line](const auto& fields) { write(line, fields); }, event);
  line.finish();
}

std::string event_line(const Event& event) {
  fmt::memory_buffer buffer;
  append_event_line(buffer, event, 0);
  return {buffer.data(), buffer.size() - 1};
}

}  // namespace switchback
