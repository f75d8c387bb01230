// SPDX-License-Identifier: Apache-2.0
// Every short sequence there is: from every state in which an item can rest, every list of so many
// requests, allowed or not.
//
// Of 322 bugs of such systems that were read for this project half need three steps or fewer: what
// is this short is not left to chance.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/sequence/step.hpp"
#include "harness/system/capabilities.hpp"

namespace switchback {

class Enumeration {
 public:
  /// Lists of `depth` letters, each a request of an operation that the system offers to operators,
  /// all choices as by default, or a copy period that goes by. At most 6 of them.
  Enumeration(const Capabilities& capabilities, unsigned depth);

  /// How many sequences there are. Fits 64 bits.
  [[nodiscard]] std::uint64_t count() const { return states_.size() * lists_; }
  /// Number `index` of them, below count(): the way to the state, then the list, the guest writing
  /// before each of its letters.
  [[nodiscard]] Sequence at(std::uint64_t index) const;
  /// Those in which something takes place at every letter, if all goes well: all requests are
  /// allowed, and something falls due in the time that goes by.
  [[nodiscard]] std::vector<std::uint64_t> walks() const;
  /// Positions in a sequence's steps of the list's letters.
  [[nodiscard]] std::vector<std::size_t> letters_of(const Sequence& sequence) const;

 private:
  struct Start {
    ItemState state;
    std::vector<Step> way;
  };
  /// nullopt: time goes by.
  using Letter = std::optional<Operation>;

  [[nodiscard]] std::vector<Letter> list_of(std::uint64_t number) const;
  [[nodiscard]] bool is_walk(ItemState state, const std::vector<Letter>& list) const;

  unsigned depth_;
  std::vector<Start> states_;
  std::vector<Letter> alphabet_;
  std::uint64_t lists_ = 1;
};

}  // namespace switchback
