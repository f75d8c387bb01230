// SPDX-License-Identifier: Apache-2.0
// Images of the Linux guest, as vms/guest/build-image makes and keeps them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/base/result.hpp"

namespace switchback::guest {

/// The files of an image, by these names in its folder.
inline constexpr const char* kKernelFile = "vmlinux";
inline constexpr const char* kInitrdFile = "initrd.cpio";

struct Image {
  std::filesystem::path folder;
  std::string digest;  ///< of the agent, the packages and the recipe
  std::string kernel;  ///< its release
};

/// The image in `folder`; without one, the newest in the user's cache whose agent was built from
/// the sources that this program was built from. An Error names the script that builds one.
Result<Image> find_image(const std::optional<std::filesystem::path>& folder);

/// As find_image(), in that cache and for an agent of those sources.
Result<Image> newest_image(const std::filesystem::path& cache, const std::string& agent_sources);

/// $XDG_CACHE_HOME/switchback, or ~/.cache/switchback.
std::filesystem::path image_cache();

}  // namespace switchback::guest
