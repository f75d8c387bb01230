// SPDX-License-Identifier: Apache-2.0
// Strings put together without a format: for names that are made over and over.
#pragma once

#include <string>
#include <string_view>

namespace switchback {

template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string text;
  text.reserve((std::string_view(parts).size() + ...));
  (text.append(std::string_view(parts)), ...);
  return text;
}

}  // namespace switchback
