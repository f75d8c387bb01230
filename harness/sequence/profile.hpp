// SPDX-License-Identifier: Apache-2.0
// Named mixtures: what a drawn sequence is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace switchback {

/// Weights against each other for what comes next, and chances in percent for what happens inside a
/// job. Data, so that an interesting mixture that once found something stays alive.
struct Profile {
  std::string_view name;
  std::string_view meaning;
  unsigned weight = 1;       ///< how often the mixture itself is chosen
  unsigned slow_weight = 1;  ///< the same where a sequence takes seconds

  // What comes next.
  unsigned legal_operation = 6;
  unsigned illegal_operation = 0;
  unsigned write = 4;
  unsigned wait = 2;
  unsigned flush = 0;
  unsigned fault = 0;
  unsigned heal = 0;

  // Inside a job.
  unsigned busy_job_percent = 0;  ///< jobs that have steps inside them at all
  unsigned inner_steps_max = 4;
  unsigned inner_write = 8;
  unsigned inner_flush = 0;
  unsigned inner_operation = 0;
  unsigned inner_fault = 0;

  unsigned first_writes_max = 6;  ///< write steps before anything else
  unsigned disable_percent = 15;  ///< of choices in which disable is among the allowed
};

std::span<const Profile> profiles();
std::optional<Profile> profile_named(std::string_view name);

}  // namespace switchback
