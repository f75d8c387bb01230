// SPDX-License-Identifier: Apache-2.0
// See meters.hpp.
#include "harness/runner/meters.hpp"

#include <fmt/format.h>

namespace switchback {
namespace {

Nothing compare(Site to, Bytes at_sockets, Bytes at_interface) {
  if (at_interface >= at_sockets) return {};
  return environment_error(
      fmt::format("the harness's meters of the link contradict each other: {} bytes to {} at the "
                  "sockets, and {} at the network interface",
                  at_sockets, name_of(to), at_interface),
      "look whether something goes round the link, and report it as a bug of Switchback");
}

}  // namespace

Nothing compare_meters(const WireCount& at_sockets, const WireCount& at_interface) {
  SB_TRY(compare(Site::recovery, at_sockets.to_recovery, at_interface.to_recovery));
  return compare(Site::primary, at_sockets.to_primary, at_interface.to_primary);
}

}  // namespace switchback
