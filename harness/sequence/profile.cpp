// SPDX-License-Identifier: Apache-2.0
// See profile.hpp.
#include "harness/sequence/profile.hpp"

#include <array>

namespace switchback {
namespace {

constexpr std::array kProfiles = {
    Profile{.name = "journey",
            .meaning = "round the lifecycle, the guest writing before, between and during",
            .weight = 4,
            .slow_weight = 10,
            .write = 3,
            .wait = 1,
            .busy_job_percent = 50,
            .disable_percent = 5},
    Profile{.name = "busy",
            .meaning = "a guest that writes all the time, also in every stage",
            .weight = 3,
            .slow_weight = 3,
            .write = 5,
            .flush = 1,
            .busy_job_percent = 100,
            .inner_steps_max = 10,
            .inner_flush = 1},
    Profile{.name = "quiet",
            .meaning = "round trips in which the guest hardly writes: nothing may be sent",
            .weight = 1,
            .write = 1,
            .first_writes_max = 3},
    Profile{.name = "wandering",
            .meaning = "allowed and forbidden operations, long waits, protection ended and begun",
            .weight = 3,
            .illegal_operation = 3,
            .wait = 4,
            .busy_job_percent = 30,
            .inner_operation = 2,
            .disable_percent = 40},
    Profile{.name = "faults",
            .meaning = "controllers killed and links cut at any call of any stage",
            .weight = 3,
            .write = 4,
            .fault = 1,
            .heal = 2,
            .busy_job_percent = 60,
            .inner_write = 4,
            .inner_fault = 4},
};

}  // namespace

std::span<const Profile> profiles() {
  return kProfiles;
}

std::optional<Profile> profile_named(std::string_view name) {
  for (const Profile& profile : kProfiles)
    if (profile.name == name) return profile;
  return std::nullopt;
}

}  // namespace switchback
