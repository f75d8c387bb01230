// SPDX-License-Identifier: Apache-2.0
// A trace, run again in the world that it or the command line names.
#pragma once

#include <filesystem>
#include <functional>

#include "harness/cli/running.hpp"
#include "harness/events/event.hpp"
#include "reports/summary.hpp"

namespace switchback {

struct InItsWorld {
  const ReplayArguments& arguments;
  const Properties& properties;
  Reporting* reporting;             ///< that a hang or crash ends; may be null
  std::function<double()> seconds;  ///< since the command began
};

/// Tells `events` of a run of its own, as replay() does. What is wrong with the world or with the
/// stages that the trace names is an Error, and nothing has been run.
Nothing replay_in_its_world(const InItsWorld& how, const std::filesystem::path& file,
                            const Trace& trace, EventSink& events);

/// The same as a command of its own, that comes to these figures. `reporting` may be null.
Result<SummaryData> summary_of_replay(const ReplayArguments& arguments,
                                      const Properties& properties, Reporting* reporting,
                                      const std::filesystem::path& file, const Trace& trace);

}  // namespace switchback
