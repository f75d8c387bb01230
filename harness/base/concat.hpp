// SPDX-License-Identifier: Apache-2.0
// Strings put together without a format: for names that are made over and over.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace switchback {

template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string text;
  text.resize((std::string_view(parts).size() + ...));
  char* end = text.data();
  const auto add = [&end](std::string_view part) {
    end = std::copy(part.begin(), part.end(), end);
  };
  (add(parts), ...);
  return text;
}

}  // namespace switchback
