// SPDX-License-Identifier: Apache-2.0
// See image.hpp.
#include "vms/guest/image.hpp"

#include <cstdlib>
#include <fstream>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace switchback::guest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormat = "switchback-guest";
constexpr int kVersion = 1;
constexpr const char* kRemedy =
    "build one: vms/guest/build-image build/<preset>/vms/guest/switchback_guest_agent";

fs::path manifest_of(const fs::path& folder) {
  return folder / "manifest.json";
}

Result<Image> read_image(const fs::path& folder, const std::string& agent_sources) {
  std::ifstream file(manifest_of(folder));
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  const auto text = [&](const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>()
                                                       : std::string();
  };
  if (!json.is_object() || text("format") != kFormat)
    return bad_input(fmt::format("{} is no image of a guest", folder.string()), kRemedy);
  if (!json.contains("version") || json["version"] != kVersion ||
      text("agent_sources") != agent_sources)
    return bad_input(
        fmt::format("the image {} has the agent of another build of switchback", folder.string()),
        kRemedy);
  for (const char* name : {kKernelFile, kInitrdFile}) {
    std::error_code error;
    if (!fs::is_regular_file(folder / name, error))
      return bad_input(fmt::format("the image {} has no {}", folder.string(), name), kRemedy);
  }
  return Image{.folder = folder, .digest = text("digest"), .kernel = text("kernel")};
}

}  // namespace

fs::path image_cache() {
  const char* const cache = getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return fs::path(cache) / "switchback";
  const char* const home = getenv("HOME");
  return fs::path(home != nullptr ? home : "/root") / ".cache/switchback";
}

Result<Image> newest_image(const fs::path& cache, const std::string& agent_sources) {
  std::optional<std::tuple<fs::file_time_type, fs::path>> newest;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(cache, error)) {
    if (!entry.path().filename().string().starts_with("guest-")) continue;
    if (!read_image(entry.path(), agent_sources)) continue;
    const std::tuple found(fs::last_write_time(manifest_of(entry.path()), error), entry.path());
    if (!newest || *newest < found) newest = found;
  }
  if (newest) return read_image(std::get<fs::path>(*newest), agent_sources);
  return not_found(
      fmt::format("no image of a Linux guest for this build of switchback in {}", cache.string()),
      kRemedy);
}

Result<Image> find_image(const std::optional<fs::path>& folder) {
  if (!folder) return newest_image(image_cache(), SWITCHBACK_AGENT_SOURCES);
  return read_image(fs::absolute(*folder), SWITCHBACK_AGENT_SOURCES);
}

}  // namespace switchback::guest
