// SPDX-License-Identifier: Apache-2.0
// The command `export`: a trace in the form of something else.
#include <fmt/core.h>

#include "harness/cli/arguments.hpp"
#include "harness/cli/exporting/gtest_case.hpp"
#include "harness/cli/reporting.hpp"
#include "harness/cli/running.hpp"

namespace switchback {
namespace {

/// A case that no build could run is not printed: stages and the defect have to be there.
Result<std::string> printed(const std::filesystem::path& file) {
  SB_ASSIGN(trace, load_trace(file));
  WorldArguments where;
  where.defect = trace.defect;
  where.variant = trace.variant;
  SB_ASSIGN(world, choose_world(where));
  SB_TRY(know_stages(*world.worlds, trace, file));
  return gtest_case(file, trace);
}

}  // namespace

int export_command(const ExportArguments& arguments) {
  const Result<std::string> text = printed(arguments.trace);
  if (!text) return report_error(text.error());
  fmt::print("{}", *text);
  return kExitHeld;
}

}  // namespace switchback
