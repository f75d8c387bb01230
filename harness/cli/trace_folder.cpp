// SPDX-License-Identifier: Apache-2.0
// See trace_folder.hpp.
#include "harness/cli/trace_folder.hpp"

#include <system_error>

#include <fmt/format.h>

#include "reports/output_file.hpp"

namespace switchback {

Nothing prepare_trace_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::filesystem::path probe = folder / ".switchback-probe";
  if (!error) {
    const Nothing written = write_whole_file(probe, "");
    std::filesystem::remove(probe, error);
    if (written) return {};
    return tl::unexpected(written.error().within("folder for traces"));
  }
  return bad_input(
      fmt::format("the folder for traces {} can't be made: {}", folder.string(), error.message()),
      "name a folder that can be written with --trace-dir");
}

}  // namespace switchback
