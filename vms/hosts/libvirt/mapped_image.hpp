// SPDX-License-Identifier: Apache-2.0
// An image file of QEMU's, read where its bytes lie and not through a server.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/base/result.hpp"
#include "harness/journal/file_image.hpp"

namespace switchback::libvirt {

/// A qcow2 image and all that it rests on, by the map that `qemu-img map` makes of it. Nothing if
/// it can't be read so: it is encrypted or compressed. An Error if a running QEMU writes to it, or
/// it is no sound image. As for every FileImage, nobody may write to it from now on.
Result<std::optional<FileImage>> map_image(const std::string& run_id,
                                           const std::filesystem::path& file,
                                           const StampOwner& owner);

}  // namespace switchback::libvirt
