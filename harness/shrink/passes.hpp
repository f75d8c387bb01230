// SPDX-License-Identifier: Apache-2.0
// The ways in which a sequence is made simpler. Each tries many candidates and tells whether any
// was accepted. shrink() decides their order.
#pragma once

#include "harness/shrink/trials.hpp"

namespace switchback {

// deletion.cpp

/// Deletes jobs together with the steps inside them, adaptively from the back.
bool delete_jobs(Trials& trials);
/// Deletes single steps and runs of them, adaptively from the back. What is left has no step that
/// can be deleted by itself.
bool delete_steps(Trials& trials);
/// Deletes two neighbours neither of which can go alone.
bool delete_pairs(Trials& trials);

// rounds.cpp

/// Cuts the widest round: steps between two visits to the same state of the lifecycle.
bool cut_widest_round(Trials& trials);
/// Cuts whole rounds, wide and narrow. No single step of a round can be deleted by itself, as the
/// operations after it would be refused.
bool cut_rounds(Trials& trials);
/// Waits instead of going a round: the time that it took may be what matters.
bool wait_instead_of_rounds(Trials& trials);

// shortest_way.cpp

/// Keeps only the last steps, few of them first, and leads to where they begin by the shortest way.
bool take_shortest_way(Trials& trials);

// endings.cpp

/// Breaks the sequence off, as soon as will do: the healthy phase then does unasked what the last
/// operations did.
bool end_sooner(Trials& trials);

/// Breaks nothing before the end: what was broken on the way may matter only because the healthy
/// phase follows, and another step may have been there only to live with it.
bool break_in_the_end(Trials& trials);

// merging.cpp

/// Deletes a write or a wait and makes others larger instead: fewer steps that do as much.
bool merge_steps(Trials& trials);
/// Takes steps out of the job that they are in: right after it, or before it.
bool leave_jobs(Trials& trials);

// items.cpp

/// Drops items with all that is done to them; then all but one, which it is done to instead.
bool drop_items(Trials& trials);
/// Takes jobs out of the background: each runs to its end where it is asked for.
bool run_jobs_through(Trials& trials);

// disks.cpp

/// Drops VMs of a group with their disks, deletes or moves the writes to them; or without, and
/// another VM has the disks.
bool drop_vms(Trials& trials);
/// Drops disks that nothing needs; moves or deletes the writes to them.
bool drop_disks(Trials& trials);
/// Makes disks smaller, all of them and one by one, with their odd last bytes or without.
bool make_disks_smaller(Trials& trials);

// choices.cpp

/// Back to what is chosen by default: requests, policy, hardware, writes that are no trims. All at
/// once and one by one.
bool choose_defaults(Trials& trials);

// values.cpp

/// Lowers counts, strides, calls, waits, steps of the clock, blocks and the numbers of points: all
/// at once, equal ones together, one by one.
bool lower_values(Trials& trials);

}  // namespace switchback
