// SPDX-License-Identifier: Apache-2.0
// Named mixtures: what a drawn sequence is made of.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "harness/base/units.hpp"
#include "harness/system/fault.hpp"
#include "harness/system/laboratory.hpp"

namespace switchback {

/// Weights against each other for what comes next, and chances in percent. Data, so that an
/// interesting mixture that once found something stays alive. Of most sequences a part of the
/// mixture stays off: see swarm.hpp.
struct Profile {
  std::string_view name;
  std::string_view meaning;
  unsigned weight = 1;       ///< how often the mixture itself is chosen
  unsigned slow_weight = 1;  ///< the same where a sequence takes seconds
  /// What the mixture is named for: never off. None where none is named.
  std::array<unsigned Profile::*, 2> essential = {};

  unsigned steps_max = ~0U;  ///< of a sequence, where the world carries more

  // The items.
  unsigned items_max = 1;                ///< protected side by side, where the system can
  unsigned disks_min = 1;                ///< of an item
  Bytes disk_bytes_max = ~Bytes{0};      ///< where the world carries larger ones
  unsigned group_percent = 2;            ///< items of several VMs, where the system has them
  unsigned encrypted_percent = 4;        ///< the same of encrypted replicas
  unsigned app_consistent_percent = 25;  ///< and of app-consistent points
  bool slow_rounds = false;              ///< the longest copy frequency, so that hours can go by

  // What comes next.
  unsigned legal_operation = 12;
  unsigned illegal_operation = 0;
  unsigned write = 8;
  unsigned wait = 5;
  unsigned flush = 0;
  unsigned fault = 0;
  unsigned heal = 0;
  unsigned edit = 0;
  unsigned test_write = 2;         ///< while there is a test failover
  unsigned old_primary_write = 2;  ///< while an old primary VM may run

  // How.
  unsigned goal_percent = 50;  ///< of legal operations: towards a state that was drawn
  /// The states that are drawn; all of them where none is named.
  std::array<std::string_view, 3> goals = {};
  unsigned choice_percent = 50;    ///< of requests that have a choice: not all as by default
  unsigned wrong_key_percent = 8;  ///< of requests that need a key
  unsigned long_wait_percent = 4;  ///< of waits: hours
  unsigned flood_percent = 0;      ///< of writes: most of a disk, where it is small
  unsigned scatter_percent = 0;    ///< of writes: thousands of blocks all over a disk
  unsigned trim_percent = 8;       ///< of other writes: the guest discards what is there
  unsigned disable_percent = 15;   ///< of choices in which ending protection is among the allowed
  unsigned migrate_percent = 4;    ///< of sequences: they end where the VM stays at recovery
  bool all_faults = false;         ///< all kinds; otherwise killed controllers and cut links
  std::optional<Edit> mostly_edited = {};  ///< where it can be, most edits are this; never off
  std::optional<FaultKind> mostly = {};    ///< of faults: most are of this kind, which is never off

  // Inside a job.
  unsigned busy_job_percent = 0;  ///< jobs that have steps inside them at all
  unsigned inner_steps_max = 4;
  unsigned inner_write = 8;
  unsigned inner_flush = 0;
  unsigned inner_operation = 0;
  unsigned inner_fault = 0;
  unsigned inner_wait = 0;
  unsigned cancel_percent = 3;  ///< jobs that can be cancelled and are

  unsigned first_writes_max = 6;  ///< write steps before anything else
};

std::span<const Profile> profiles();
std::optional<Profile> profile_named(std::string_view name);

}  // namespace switchback
