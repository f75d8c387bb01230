// SPDX-License-Identifier: Apache-2.0
// Events for tests: one of each kind, and any at all with strings that try to break out.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/events/event.hpp"

namespace switchback::samples {

inline BaselineEntry baseline_entry(const std::string& kind, bool expired = false) {
  return {.property = "no_loss",
          .kind = kind,
          .until = "2026-12-31",
          .reason = "issue 12",
          .expired = expired};
}

inline RunStarted run_started() {
  return {.tool = "switchback 0.1.0",
          .world = "sim",
          .system = "reference",
          .defect = std::nullopt,
          .variant = std::nullopt,
          .declared = {"unknown_rpo"},
          .seed = 18446744073709551615U,
          .properties = {{.name = "no_loss", .promise = "nothing is lost", .source = "tutorial"},
                         {.name = "clean", .promise = "nothing is left", .source = "design"}},
          .operations = {"enable", "reverse_replicate"},
          .missing_operations = {"commit"},
          .notes = {"KVM: none"},
          .stages = {{.operation = "enable", .stage = "copy"}},
          .faults = {"link_cut"},
          .required_coverage = {},
          .arguments = {"--max-steps", "9"},
          .baseline = {}};
}

inline OperationEnded operation(std::string name, std::string outcome = "done", Bytes wire = 0,
                                Bytes dirty = 0) {
  return {.sequence = 3,
          .step = 1,
          .operation = std::move(name),
          .state_before = "protected",
          .outcome = std::move(outcome),
          .reason = "",
          .state_after = "protected",
          .at = std::chrono::milliseconds(1500),
          .wire_bytes = wire,
          .dirty_bytes = dirty,
          .sends_data = wire + dirty > 0,
          .calls = 7,
          .choices = "latest, no shutdown",
          .cancelled = "",
          .was_cancelled = false,
          .health = "normal"};
}

inline SequenceEnded sequence_ended(std::string verdict = "held", std::uint64_t judged = 5) {
  const bool error = verdict == "error";
  return {.index = 3,
          .verdict = std::move(verdict),
          .error = error ? "host gone" : "",
          .steps_run = 2,
          .writes = 4,
          .loops = 1,
          .wire_bytes = 8192,
          .properties = {{.name = "no_loss", .judged = judged, .broken = 0}},
          .interface_bytes = 9000};
}

inline SequenceRepeated sequence_repeated(bool same) {
  SequenceRepeated repeated{
      .index = 3, .same = same, .differs_in = "", .event = 0, .first = "", .second = ""};
  if (same) return repeated;
  repeated.differs_in = "event";
  repeated.event = 7;
  repeated.first = R"({"event":"operation_ended","reason":"one"})";
  repeated.second = R"({"event":"operation_ended","reason":"two"})";
  return repeated;
}

inline ViolationRepeated violation_repeated() {
  return {.sequence = 3,
          .property = "no_loss",
          .kind = "lost_write",
          .runs = 4,
          .broke = 3,
          .differs_at = 1,
          .broken_run = "enable ended done, protected",
          .other_run = "enable ended failed, unprotected"};
}

inline ViolationFound violation_found() {
  return {.sequence = 3,
          .step = 1,
          .property = "no_loss",
          .kind = "lost_write",
          .message = "write 12 of disk 0 block 7 is lost"};
}

inline ViolationKept violation_kept() {
  return {.sequence = 3,
          .property = "no_loss",
          .kind = "lost_write",
          .message = "write 12 of disk 0 block 7 is lost",
          .trace_file = "runs/no_loss.json",
          .steps_before = 40,
          .steps = 2,
          .candidates = 99,
          .story = {"enable", "write disk 0 block 7"}};
}

inline FaultTookEffect fault_took_effect() {
  return {.sequence = 3,
          .step = 1,
          .kind = "link_cut",
          .operation = "enable",
          .stage = "copy",
          .call = 5,
          .item = 0};
}

/// One of each kind, in the order of the variant.
inline std::vector<Event> one_of_each() {
  return {run_started(),
          SequenceStarted{.index = 3,
                          .seed = 9007199254740993U,
                          .disk_sizes = {40960, 512},
                          .steps = 2,
                          .profile = "mixed"},
          StepStarted{.sequence = 3, .step = 1, .json = R"({"operate":"enable"})"},
          operation("reverse_replicate", "done", 8192, 4096),
          StepInJob{.sequence = 3,
                    .step = 1,
                    .operation = "enable",
                    .stage = "copy",
                    .call = 2,
                    .in_time = true},
          FaultInjected{
              .sequence = 3, .step = 1, .kind = "link_cut", .stage = "copy", .operation = "enable"},
          violation_found(),
          sequence_ended(),
          violation_kept(),
          RunEnded{.stopped_by = "time", .error = ""},
          fault_took_effect(),
          sequence_repeated(true),
          violation_repeated()};
}

/// Strings that break careless writers: quotes, backslashes, control characters, escape sequences,
/// ends of CDATA, halves of UTF-8, surrogates, noncharacters, and any bytes.
inline rc::Gen<std::string> hostile_text() {
  static const std::vector<std::string> kPieces = {"plain",
                                                   "\"",
                                                   "\\",
                                                   "\n",
                                                   "\r\n",
                                                   "\t",
                                                   std::string(1, '\0'),
                                                   "\x1b[31m",
                                                   "\x7f",
                                                   "]]>",
                                                   "<&>'",
                                                   "\xC3",
                                                   "\xC3\xA9",
                                                   "\xE2\x82\xAC",
                                                   "\xED\xA0\x80",
                                                   "\xEF\xBF\xBE",
                                                   "\xF0\x9F\x98\x80",
                                                   "\xFF\xFE",
                                                   "\xC0\xAF",
                                                   "\xC2\x85",
                                                   "\xE2\x80\xA8",
                                                   "{",
                                                   "}",
                                                   "[",
                                                   ",",
                                                   " "};
  const auto piece = rc::gen::oneOf(rc::gen::elementOf(kPieces),
                                    rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const std::string& part : pieces)
                          text += part;
                        return text;
                      });
}

/// The beginning of any run: each string is hostile.
inline RunStarted any_run_started() {
  const auto text = [] { return *hostile_text(); };
  const auto texts = [] { return *rc::gen::container<std::vector<std::string>>(hostile_text()); };
  return {.tool = text(),
          .world = text(),
          .system = text(),
          .defect = text(),
          .variant = text(),
          .declared = texts(),
          .seed = *rc::gen::arbitrary<std::uint64_t>(),
          .properties = {{text(), text(), text()}},
          .operations = texts(),
          .missing_operations = texts(),
          .notes = texts()};
}

/// Any event whatever: each string is hostile.
inline rc::Gen<Event> any_event() {
  return rc::gen::scale(
      0.3, rc::gen::exec([]() -> Event {
        const auto text = [] { return *hostile_text(); };
        const auto texts = [] {
          return *rc::gen::container<std::vector<std::string>>(hostile_text());
        };
        const auto number = [] { return *rc::gen::arbitrary<std::uint64_t>(); };
        switch (*rc::gen::inRange<std::size_t>(0, std::variant_size_v<Event>)) {
          case 0:
            return any_run_started();
          case 1:
            return SequenceStarted{number(), number(), {number(), number()}, number(), text()};
          case 2:
            return StepStarted{number(), number(), text()};
          case 3:
            return OperationEnded{.sequence = number(),
                                  .step = number(),
                                  .operation = text(),
                                  .state_before = text(),
                                  .outcome = text(),
                                  .reason = text(),
                                  .state_after = text(),
                                  .at = Instant(*rc::gen::arbitrary<std::int64_t>()),
                                  .wire_bytes = number(),
                                  .dirty_bytes = number(),
                                  .sends_data = *rc::gen::arbitrary<bool>(),
                                  .calls = number(),
                                  .choices = text(),
                                  .cancelled = text(),
                                  .was_cancelled = *rc::gen::arbitrary<bool>(),
                                  .health = text()};
          case 4:
            return StepInJob{number(),
                             number(),
                             text(),
                             text(),
                             *rc::gen::arbitrary<std::uint32_t>(),
                             *rc::gen::arbitrary<bool>()};
          case 5:
            return FaultInjected{number(), number(), text(), text(), text(), text()};
          case 6:
            return ViolationFound{number(), number(), text(), text(), text()};
          case 7:
            return SequenceEnded{number(), text(),   text(),   number(),
                                 number(), number(), number(), {{text(), number(), number()}}};
          case 8:
            return ViolationKept{number(), text(),   text(),   text(), text(),
                                 number(), number(), number(), texts()};
          case 9:
            return RunEnded{text(), text()};
          case 10:
            return FaultTookEffect{number(), number(), text(),
                                   text(),   text(),   *rc::gen::arbitrary<std::uint32_t>(),
                                   number()};
          default:
            return SequenceRepeated{number(), *rc::gen::arbitrary<bool>(), text(), number(), text(),
                                    text()};
        }
      }));
}

}  // namespace switchback::samples
