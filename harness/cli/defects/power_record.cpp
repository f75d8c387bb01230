// SPDX-License-Identifier: Apache-2.0
// See power_record.hpp.
#include "harness/cli/defects/power_record.hpp"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <xxhash.h>

#include "reports/output_file.hpp"

namespace switchback {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20;

std::optional<std::filesystem::path> state_folder() {
  const auto absolute = [](const char* variable) -> std::optional<std::filesystem::path> {
    const char* const value = getenv(variable);
    if (value == nullptr || *value != '/') return std::nullopt;
    return std::filesystem::path(value);
  };
  if (const auto state = absolute("XDG_STATE_HOME")) return *state / "switchback";
  if (const auto home = absolute("HOME")) return *home / ".local/state/switchback";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> this_build() {
  std::ifstream program("/proc/self/exe", std::ios::binary);
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       &XXH3_freeState);
  if (!program || !state || XXH3_128bits_reset(state.get()) == XXH_ERROR) return std::nullopt;
  std::vector<char> bytes(kReadBytes);
  while (program) {
    program.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    XXH3_128bits_update(state.get(), bytes.data(), static_cast<std::size_t>(program.gcount()));
  }
  if (program.bad()) return std::nullopt;
  const XXH128_hash_t digest = XXH3_128bits_digest(state.get());
  return fmt::format("{:016x}{:016x}", digest.high64, digest.low64);
}

std::optional<std::filesystem::path> power_file(const std::string& build) {
  const auto folder = state_folder();
  if (!folder) return std::nullopt;
  return *folder / fmt::format("power-{}.json", build);
}

Nothing keep_power(const Power& power) {
  const auto build = this_build();
  const auto file = build ? power_file(*build) : std::nullopt;
  if (!file)
    return environment_error("there is no folder for what this build has found",
                             "set XDG_STATE_HOME or HOME to a folder");
  std::error_code error;
  std::filesystem::create_directories(file->parent_path(), error);
  const nlohmann::ordered_json json = {{"found", power.found}, {"planted", power.planted}};
  return write_whole_file(*file, json.dump() + "\n");
}

std::optional<Power> power_of_this_build() {
  const auto build = this_build();
  const auto file = build ? power_file(*build) : std::nullopt;
  if (!file) return std::nullopt;
  std::ifstream stream(*file);
  const auto json = nlohmann::json::parse(stream, nullptr, /*allow_exceptions=*/false);
  const auto number = [&](const char* key) -> std::optional<std::uint64_t> {
    if (!json.is_object() || !json.contains(key) || !json[key].is_number_unsigned())
      return std::nullopt;
    return json[key].get<std::uint64_t>();
  };
  const auto found = number("found");
  const auto planted = number("planted");
  if (!found || !planted || *found > *planted) return std::nullopt;
  return Power{.found = *found, .planted = *planted};
}

}  // namespace switchback
