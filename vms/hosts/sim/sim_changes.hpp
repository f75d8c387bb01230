// SPDX-License-Identifier: Apache-2.0
// How often the things of each item have changed, item by item.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace switchback::sim {

/// Counts by the beginning of a name, up to its first '-': all objects of an item share it. Items
/// whose names begin alike share a count, and so may be looked at more often than need be.
class ChangeCounts {
 public:
  void note(std::string_view object) {
    ++at(object);
    ++all_;
  }
  [[nodiscard]] std::uint64_t all() const { return all_; }
  /// Of the item with that name; good as long as this object.
  [[nodiscard]] const std::uint64_t& of(std::string_view item) { return at(item); }

 private:
  std::uint64_t& at(std::string_view name) {
    const std::string_view beginning = name.substr(0, name.find('-'));
    const auto found = counts_.find(beginning);
    return found != counts_.end() ? found->second : counts_[std::string(beginning)];
  }

  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::uint64_t all_ = 0;
};

}  // namespace switchback::sim
