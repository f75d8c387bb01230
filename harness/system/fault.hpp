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
};

inline constexpr std::array<FaultKind, 2> kAllFaults = {FaultKind::controller_killed,
                                                        FaultKind::link_cut};

std::string_view name_of(FaultKind kind);
std::optional<FaultKind> fault_named(std::string_view name);

}  // namespace switchback
