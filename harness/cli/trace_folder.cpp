// SPDX-License-Identifier: Apache-2.0
// See trace_folder.hpp.
#include "harness/cli/trace_folder.hpp"

#include <algorithm>
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

Result<std::vector<std::filesystem::path>> traces_in(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return std::vector{path};
  std::vector<std::filesystem::path> traces;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().extension() == ".json") traces.push_back(entry->path());
  if (error)
    return bad_input(fmt::format("the folder {} can't be read: {}", path.string(), error.message()),
                     "name a trace file, or a folder of them");
  if (traces.empty())
    return bad_input(fmt::format("the folder {} holds no trace", path.string()),
                     "traces are the files *.json that `switchback run` keeps");
  std::sort(traces.begin(), traces.end());
  return traces;
}

}  // namespace switchback
