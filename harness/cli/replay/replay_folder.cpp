// SPDX-License-Identifier: Apache-2.0
// See replay_folder.hpp.
#include "harness/cli/replay/replay_folder.hpp"

#include <cstdio>
#include <map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "harness/cli/interruption.hpp"
#include "harness/cli/replay/in_its_world.hpp"
#include "harness/cli/replay/trace_verdict.hpp"
#include "harness/cli/trace_folder.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

using Json = nlohmann::ordered_json;

Result<TraceVerdict> judged(const ReplayArguments& arguments, const Properties& properties,
                            const std::filesystem::path& file) {
  SB_ASSIGN(trace, load_trace(file));
  SB_ASSIGN(data, summary_of_replay(arguments, properties, nullptr, file, trace));
  return verdict_of(trace, data);
}

/// Tells of one trace after the other, and of all of them in the end.
class FolderReport {
 public:
  explicit FolderReport(const OutputArguments& output) : output_(output) {}

  void add(const std::filesystem::path& file, const TraceVerdict& verdict) {
    code_ = worse_of(code_, verdict.code);
    ++times_[verdict.word];
    traces_.push_back({{"file", file.string()}, {"result", verdict.word}, {"why", verdict.why}});
    if (output_.quiet || output_.json) return;
    const std::string line = fmt::format("{:<14}  {}  {}", verdict.word, file.filename().string(),
                                         printable_line(verdict.why));
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
    std::fflush(stdout);
  }
  /// Returns the exit code.
  int finish() {
    if (output_.json)
      fmt::print("{}\n", Json{{"exit_code", code_}, {"traces", traces_}}.dump(
                             2, ' ', false, Json::error_handler_t::replace));
    else if (!output_.quiet)
      fmt::print("{}: {}\n", counted(traces_.size(), "trace"), figures());
    return code_;
  }

 private:
  [[nodiscard]] std::string figures() const {
    std::string words;
    for (const auto& [word, times] : times_)
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", times, word);
    return words;
  }

  const OutputArguments& output_;
  int code_ = kExitHeld;
  std::map<std::string, std::uint64_t> times_;
  Json traces_ = Json::array();
};

}  // namespace

int replay_folder(const ReplayArguments& arguments) {
  if (arguments.output.log || arguments.output.junit)
    return report_error({ErrorKind::bad_input, "--log and --report-junit are of one trace each",
                         "replay the traces one by one, or use --json"});
  const Result<Properties> properties = chosen_properties(arguments.properties);
  if (!properties) return report_error(properties.error());
  const Result<std::vector<std::filesystem::path>> files = traces_in(arguments.trace);
  if (!files) return report_error(files.error());
  FolderReport report(arguments.output);
  for (const std::filesystem::path& file : *files) {
    const Result<TraceVerdict> verdict = judged(arguments, *properties, file);
    if (signal_received() != 0) break;
    report.add(file, verdict ? *verdict : could_not_run(verdict.error()));
  }
  return exit_code_after(report.finish());
}

}  // namespace switchback
