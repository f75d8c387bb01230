// SPDX-License-Identifier: Apache-2.0
// From arguments to a world: the only place that knows all of them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/cli/arguments.hpp"
#include "harness/sequence/generator.hpp"
#include "harness/system/laboratory.hpp"
#include "vms/guest/image.hpp"
#include "vms/hosts/libvirt/two_sites.hpp"

namespace switchback {

/// A world that a command can use, and what is to be told about it.
struct ChosenWorld {
  std::unique_ptr<WorldFactory> worlds;
  std::unique_ptr<WorldFactory> shrink_world;  ///< a faster one with the same defect; may be null
  SequenceLimits limits;
  unsigned default_jobs = 1;
  std::chrono::duration<double> sequence_timeout = std::chrono::minutes(5);
  std::vector<std::string> notes;
};

/// The daemons that the arguments name; nothing if they name none. A part of them is an Error.
Result<std::optional<libvirt::ForeignSites>> foreign_sites(const WorldArguments& arguments);

/// The image that real VMs are to boot; nothing if they boot none. An Error if there is none that
/// this build can use.
Result<std::optional<guest::Image>> chosen_guest(const WorldArguments& arguments);

/// An unknown defect, half a pair of URIs or an unreachable daemon is an Error with the way out.
Result<ChosenWorld> choose_world(const WorldArguments& arguments);

}  // namespace switchback
