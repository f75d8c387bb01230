// SPDX-License-Identifier: Apache-2.0
// Enumerators and their names, written once in a table and looked up both ways.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "harness/base/assert.hpp"

namespace switchback {

template <class Enum>
struct EnumName {
  Enum value;
  std::string_view name;
};

template <class Enum, std::size_t N>
constexpr std::string_view lookup_name(const std::array<EnumName<Enum>, N>& names, Enum value) {
  for (const EnumName<Enum>& entry : names)
    if (entry.value == value) return entry.name;
  SB_ASSERT(false && "every enumerator has a name");
}

template <class Enum, std::size_t N>
constexpr std::optional<Enum> lookup_value(const std::array<EnumName<Enum>, N>& names,
                                           std::string_view name) {
  for (const EnumName<Enum>& entry : names)
    if (entry.name == name) return entry.value;
  return std::nullopt;
}

}  // namespace switchback
