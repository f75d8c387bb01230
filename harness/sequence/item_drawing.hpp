// SPDX-License-Identifier: Apache-2.0
// Draws what a sequence is about: VMs, disks, policy. Internal to the generator.
#pragma once

#include "harness/sequence/draw.hpp"
#include "harness/sequence/generator.hpp"

namespace switchback {

/// Sets disks, VMs and policy, all legal in the system's world.
void draw_item(Draw& draw, const GeneratorOptions& options, const Profile& profile,
               Sequence& sequence);

/// What the VM of the next failover is to be like; nothing in it is what the system must refuse.
TargetSettings draw_settings(Draw& draw, const Sequence& sequence);

}  // namespace switchback
