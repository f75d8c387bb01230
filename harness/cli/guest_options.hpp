// SPDX-License-Identifier: Apache-2.0
// Options of all commands that make real VMs: what these boot.
#pragma once

#include <CLI/CLI.hpp>

#include "harness/cli/arguments.hpp"

namespace switchback {

inline void add_guest_options(CLI::App& command, WorldArguments& world) {
  command.add_option("--guest", world.guest, "what real VMs boot: none, or linux with an agent")
      ->check(CLI::IsMember({"none", "linux"}))
      ->capture_default_str();
  command.add_option("--guest-image", world.guest_image,
                     "image of the Linux guest (default: the newest that vms/guest/build-image has "
                     "built for this build)");
}

}  // namespace switchback
