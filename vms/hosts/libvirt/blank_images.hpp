// SPDX-License-Identifier: Apache-2.0
// Empty encrypted images, one for each key and size: new encrypted volumes begin as copies of them.
//
// Whatever it is asked for, QEMU 7.2 computes for one to three seconds to make a LUKS header: it
// measures the machine, twice, to choose a number of iterations (crypto/pbkdf.c). A copy takes
// milliseconds. What copies share is LUKS's master key, as the snapshots within one image do.
#pragma once

#include <filesystem>
#include <string>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "vms/hosts/libvirt/site_config.hpp"

namespace switchback::libvirt {

/// The blank image has this extension.
inline constexpr const char* kBlank = ".blank";

/// The blank image of that size, made now if there is none. `key` is the one kept under `key_name`.
Result<std::filesystem::path> blank_image(const SiteConfig& site, const std::string& key_name,
                                          const std::string& key, Bytes size);

/// Removes those of a key that is forgotten or replaced. Succeeds if there is none.
Nothing drop_blank_images(const SiteConfig& site, const std::string& key_name);

}  // namespace switchback::libvirt
