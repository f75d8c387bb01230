// SPDX-License-Identifier: Apache-2.0
// Trace files: a sequence and what it broke, as JSON that people read, edit, diff and replay.
// Documented in docs/trace.md; the schema is docs/trace.schema.json.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/base/result.hpp"
#include "harness/sequence/step.hpp"
#include "harness/system/capabilities.hpp"

namespace switchback {

inline constexpr int kTraceVersion = 1;

/// What a trace is expected to break.
struct ExpectedViolation {
  std::string property;
  std::string kind;      ///< which way of breaking it; with `property`, the violation's identity
  std::size_t step = 0;  ///< position of the step after which it shows, from 0
  std::string summary;   ///< for people
};

struct Trace {
  std::string made_by;                      ///< "switchback 0.1.0"
  std::string system;                       ///< "sim" or "libvirt": the world in which it was found
  std::optional<std::string> defect;        ///< the planted defect that was on
  std::optional<std::string> variant = {};  ///< of the sound service, the defect on top of it
  Sequence sequence;
  std::optional<ExpectedViolation> violation;
};

/// The text of a trace file: stable key order, two spaces of indent, one step a line.
std::string trace_to_json(const Trace& trace);
/// The compact JSON of one step, as in a trace and in the event log.
std::string step_to_json(const Step& step);

/// Every trouble (not JSON, cut short, a future version, an unknown key, operation or fault, a
/// value out of range, no step) is a bad_input Error that names `origin` and the place.
Result<Trace> trace_from_json(const std::string& text, const std::string& origin);

/// Moments name stages of the system that runs the trace. An unknown one is a bad_input Error: its
/// step would never take place inside a job.
Nothing check_stages(const Trace& trace, const Capabilities& capabilities,
                     const std::string& origin);

/// Reads a whole file. Errors are bad_input and name the path.
Result<Trace> load_trace(const std::filesystem::path& path);
/// Writes by way of a temporary file in the same folder, so that a reader never sees half of it.
/// Errors are environment and name the path; a file that was there before is then left as it was.
Nothing save_trace(const Trace& trace, const std::filesystem::path& path);

}  // namespace switchback
