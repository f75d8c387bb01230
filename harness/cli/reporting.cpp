// SPDX-License-Identifier: Apache-2.0
// See reporting.hpp.
#include "harness/cli/reporting.hpp"

#include <cstdlib>
#include <cstring>
#include <iostream>

#include <fmt/core.h>
#include <unistd.h>

#include "harness/cli/defects/power_record.hpp"
#include "reports/junit.hpp"
#include "reports/output_file.hpp"
#include "reports/summary_json.hpp"
#include "reports/summary_text.hpp"

namespace switchback {
namespace {

bool is_set(const char* variable) {
  const char* const value = getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

Reporting::Reporting(const OutputArguments& output, std::function<double()> seconds)
    : output_(output), seconds_(std::move(seconds)) {}

Result<std::unique_ptr<Reporting>> Reporting::open(const OutputArguments& output,
                                                   std::function<double()> seconds, bool live) {
  std::unique_ptr<Reporting> reporting(new Reporting(output, seconds));
  if (output.log) {
    SB_ASSIGN(log, EventLog::open(*output.log, live ? 1 : EventLog::kFlushLines));
    reporting->log_ = std::move(log);
    reporting->tee_.add(*reporting->log_);
  }
  // Tried now, so that a path that can't be written does not cost a run's results.
  if (output.junit) SB_TRY(write_whole_file(*output.junit, ""));
  reporting->tee_.add(reporting->summary_);
  if (!output.quiet) {
    const ProgressStyle style{.terminal = isatty(STDERR_FILENO) == 1,
                              .no_colour = is_set("NO_COLOR"),
                              .dumb = is_set("TERM") && std::strcmp(getenv("TERM"), "dumb") == 0,
                              .width = 80};
    reporting->progress_ = std::make_unique<ProgressLine>(std::cerr, style, std::move(seconds));
    reporting->tee_.add(*reporting->progress_);
  }
  return reporting;
}

int Reporting::finish() {
  SummaryData data = summary_.data();
  data.power = power_of_this_build();
  const double seconds = seconds_();
  int code = exit_code(data.verdict());
  if (progress_) progress_->clear();
  if (output_.json)
    fmt::print("{}", summary_json(data, seconds, data.end.stopped_by));
  else if (!output_.quiet)
    fmt::print("{}",
               summary_text(data, seconds, isatty(STDOUT_FILENO) == 1 && !is_set("NO_COLOR")));
  if (log_)
    if (const Nothing closed = log_->close(); !closed) code = report_error(closed.error());
  if (output_.junit)
    if (const Nothing written = write_junit(*output_.junit, data, seconds); !written)
      code = report_error(written.error());
  return code;
}

bool Reporting::finish_early(const RunEnded& end) {
  if (!gate_.close()) return false;
  tee_.on(end);
  finish();
  return true;
}

int report_error(const Error& error) {
  fmt::print(stderr, "switchback: {}\n", error.message);
  if (!error.remedy.empty()) fmt::print(stderr, "  {}\n", error.remedy);
  return kExitCouldNot;
}

}  // namespace switchback
