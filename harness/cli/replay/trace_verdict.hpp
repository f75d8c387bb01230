// SPDX-License-Identifier: Apache-2.0
// What a replay says of a trace, in a line.
#pragma once

#include <optional>
#include <string>

#include "harness/sequence/trace.hpp"
#include "reports/summary.hpp"

namespace switchback {

struct TraceVerdict {
  int code = 0;      ///< as an exit code of the program
  std::string word;  ///< "held", "violated", "nothing tested", "inconclusive", "could not run"
  std::string why;   ///< which promise and how, or what stood in the way; empty if it held
};

/// Of a trace that could not be run.
TraceVerdict could_not_run(const Error& error);
/// Of one that was. If several promises broke, the one that the trace names is told.
TraceVerdict verdict_of(const Trace& trace, const SummaryData& data);
/// The same for `git bisect run`, of a run in which only the trace's own promise was judged:
/// whether its own violation is there. `word` is "bad", "good" or "skip".
TraceVerdict bisect_verdict_of(const ExpectedViolation& own, const SummaryData& data);
TraceVerdict skipped(std::string why);

}  // namespace switchback
