// SPDX-License-Identifier: Apache-2.0
// What can be broken on purpose, by name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace switchback {

enum class FaultKind : std::uint8_t {
  controller_killed,  ///< the DR controller dies where it is and is started again from its catalog
  link_cut,           ///< the link between the sites drops until it is healed
  primary_lost,       ///< the primary site can't be reached until healed; what runs there runs on
  shutdown_refused,   ///< guests at primary don't shut down when asked, until healed
  freeze_refused,     ///< guests at primary can't be quiesced, until healed
  thaw_refused,       ///< a frozen guest does not answer the next thaw: it must be asked again
  tracking_lost,      ///< change tracking at primary is gone, as after a dirty crash
  recovery_full,      ///< the recovery site has no room for new data until healed
};

inline constexpr std::array kAllFaults = {FaultKind::controller_killed, FaultKind::link_cut,
                                          FaultKind::primary_lost,      FaultKind::shutdown_refused,
                                          FaultKind::freeze_refused,    FaultKind::thaw_refused,
                                          FaultKind::tracking_lost,     FaultKind::recovery_full};

std::string_view name_of(FaultKind kind);
std::optional<FaultKind> fault_named(std::string_view name);

}  // namespace switchback
