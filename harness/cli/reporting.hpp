// SPDX-License-Identifier: Apache-2.0
// The reports of one run: opened before it, so that a bad path costs no results, written after it.
#pragma once

#include <functional>
#include <memory>

#include "harness/base/result.hpp"
#include "harness/cli/arguments.hpp"
#include "harness/cli/event_gate.hpp"
#include "harness/events/tee.hpp"
#include "reports/event_log.hpp"
#include "reports/progress.hpp"
#include "reports/summary.hpp"

namespace switchback {

class Reporting {
 public:
  /// Makes the files that were asked for. `seconds` tells how long the run has been going on.
  static Result<std::unique_ptr<Reporting>> open(const OutputArguments& output,
                                                 std::function<double()> seconds, bool live);

  /// May be told from several threads.
  EventSink& events() { return gate_; }

  /// Writes and prints everything, and gives the exit code of the run.
  int finish();
  /// The same of a run that does not come to its end, while its other threads do whatever they do:
  /// no event of theirs is taken any more. False if one of them stands still where it writes.
  bool finish_early(const RunEnded& end);

 private:
  Reporting(const OutputArguments& output, std::function<double()> seconds);

  OutputArguments output_;
  std::function<double()> seconds_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<ProgressLine> progress_;
  Summary summary_;
  Tee tee_;
  EventGate gate_{tee_};
};

/// "switchback: message" and the remedy on stderr; returns kExitCouldNot.
int report_error(const Error& error);

}  // namespace switchback
