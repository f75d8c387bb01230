// SPDX-License-Identifier: Apache-2.0
// The two measurements of what crossed the link, held against each other.
#pragma once

#include "harness/base/result.hpp"
#include "harness/system/laboratory.hpp"

namespace switchback {

/// An Error if the link's interface carried less than the sockets say, in either direction: one of
/// the harness's own meters is wrong then, and no promise about the wire can be judged.
Nothing compare_meters(const WireCount& at_sockets, const WireCount& at_interface);

}  // namespace switchback
