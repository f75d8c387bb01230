// SPDX-License-Identifier: Apache-2.0
// See known_findings.hpp.
#include "harness/cli/findings/known_findings.hpp"

#include <system_error>

#include <fmt/format.h>

#include "harness/cli/interruption.hpp"
#include "harness/cli/replay/in_its_world.hpp"
#include "harness/cli/replay/trace_verdict.hpp"
#include "harness/cli/trace_folder.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

bool is_of(const WorldArguments& world, const Trace& trace) {
  return trace.system == world.system && trace.defect == world.defect &&
         trace.variant == world.variant;
}

Result<TraceVerdict> judged_again(const RunArguments& arguments, Reporting& reporting,
                                  const std::filesystem::path& file, const Trace& trace) {
  SB_ASSIGN(own, chosen_properties({trace.violation->property}));
  ReplayArguments replaying;
  replaying.world = arguments.world;
  replaying.sequence_timeout = arguments.sequence_timeout;
  SB_ASSIGN(data, summary_of_replay(replaying, own, &reporting, file, trace));
  return bisect_verdict_of(*trace.violation, data);
}

/// Removes what is fixed, and says so. A trace of another name is somebody's own.
std::string put_away(const std::filesystem::path& file, const Trace& trace) {
  const SystemUnderTest system{trace.system, trace.defect, trace.variant};
  if (file !=
      finding_file(file.parent_path(), system, trace.violation->property, trace.violation->kind))
    return "fixed; stays, for its name is its own";
  std::error_code error;
  std::filesystem::remove(file, error);
  return error ? fmt::format("fixed; can't be removed: {}", error.message()) : "fixed; removed";
}

class KnownFindings {
 public:
  KnownFindings(const RunArguments& arguments, Reporting& reporting, std::FILE* out)
      : arguments_(arguments), reporting_(reporting), out_(out) {}

  void take(const std::filesystem::path& file) {
    const Result<Trace> trace = load_trace(file);
    if (!trace) return tell(file, "left alone: " + trace.error().message);
    if (!is_of(arguments_.world, *trace)) return;
    if (!trace->violation) return tell(file, "left alone: it names no violation");
    const Result<TraceVerdict> verdict = judged_again(arguments_, reporting_, file, *trace);
    if (signal_received() != 0) return;
    if (!verdict) return tell(file, "left alone: " + verdict.error().message);
    if (verdict->code == kExitHeld) return tell(file, put_away(file, *trace));
    if (verdict->code != kExitViolated) return tell(file, "left alone: " + verdict->why);
    still_there_.push_back(
        {trace->violation->property, trace->violation->kind, file, trace->sequence.steps.size()});
    tell(file, "still there: " + verdict->why);
  }

  std::vector<KnownFinding> still_there() && { return std::move(still_there_); }

 private:
  void tell(const std::filesystem::path& file, const std::string& what) {
    if (out_ == nullptr) return;
    fmt::print(out_, "known: {}: {}\n", printable_line(file.string()), printable_line(what));
    std::fflush(out_);
  }

  const RunArguments& arguments_;
  Reporting& reporting_;
  std::FILE* out_;
  std::vector<KnownFinding> still_there_;
};

}  // namespace

std::vector<KnownFinding> replay_known_findings(const RunArguments& arguments, Reporting& reporting,
                                                std::FILE* out) {
  KnownFindings known(arguments, reporting, out);
  const auto files = traces_in(arguments.trace_folder);
  if (!files) return {};  // it holds none
  for (const std::filesystem::path& file : *files) {
    if (signal_received() != 0) break;
    known.take(file);
  }
  return std::move(known).still_there();
}

}  // namespace switchback
