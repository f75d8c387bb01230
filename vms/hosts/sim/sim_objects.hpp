// SPDX-License-Identifier: Apache-2.0
// Things of a simulated site, by name, with a count of the times that those of an item may have
// changed: what was seen while the count stood where it stands can still be seen.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "vms/hosts/sim/sim_changes.hpp"

namespace switchback::sim {

template <class T>
class Objects {
 public:
  [[nodiscard]] auto begin() const { return by_name_.begin(); }
  [[nodiscard]] auto end() const { return by_name_.end(); }
  [[nodiscard]] auto lower_bound(const std::string& name) const {
    return by_name_.lower_bound(name);
  }
  /// nullptr if there is none of that name.
  [[nodiscard]] const T* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &found->second;
  }

  /// For who is going to change it now.
  [[nodiscard]] T* change(const std::string& name) {
    changes_.note(name);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &found->second;
  }
  /// The same, made first if there is none.
  T& make(const std::string& name) {
    changes_.note(name);
    return by_name_[name];
  }
  void remove(const std::string& name) {
    changes_.note(name);
    by_name_.erase(name);
  }
  template <class Condition>
  void remove_all(const Condition& condition) {
    std::erase_if(by_name_, [&](const auto& entry) {
      if (!condition(entry)) return false;
      changes_.note(entry.first);
      return true;
    });
  }
  /// Of all items.
  [[nodiscard]] std::uint64_t changes() const { return changes_.all(); }
  [[nodiscard]] const std::uint64_t& changes_of(const std::string& item) {
    return changes_.of(item);
  }

 private:
  std::map<std::string, T> by_name_;
  ChangeCounts changes_;
};

}  // namespace switchback::sim
