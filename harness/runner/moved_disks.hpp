// SPDX-License-Identifier: Apache-2.0
// The disks that were moved to another item's VM, and who has touched them since.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/runner/images.hpp"
#include "properties/evidence.hpp"

namespace switchback {

/// A place in a job at which a call was made.
struct Toucher {
  std::size_t item = 0;
  std::string operation;
  std::string stage;
};

/// Of one sequence. Nobody but the DR system writes to a disk that was moved, so it must show what
/// it showed then, at the VM that has it, until it goes back. Items are named by their numbers.
class MovedDisks {
 public:
  /// The disk was moved just now. An Error if it can't be read where it is.
  Nothing begin(World& world, const ItemSpec& from, std::size_t from_number, std::size_t to_number);
  /// It was given back.
  void end(std::size_t from_number);

  [[nodiscard]] bool any() const { return !moved_.empty(); }
  /// The item's last disk is at another VM. It is the last of its first VM.
  [[nodiscard]] bool has_gone(std::size_t item) const;
  /// The item's first VM has a disk of another item.
  [[nodiscard]] bool has_come(std::size_t item) const;
  /// The item that has the disk of this one, or whose disk this one has.
  [[nodiscard]] std::optional<std::size_t> other_side(std::size_t item) const;

  /// A call was made: looks what has become of the disks, unless that is known to be wrong already.
  void look(World& world, const Toucher& by);
  /// What operations of the item have done to them.
  [[nodiscard]] std::vector<TouchedDisk> touched_by(std::size_t item) const;

 private:
  struct Moved {
    ItemName name;
    std::size_t from = 0;
    std::size_t to = 0;
    GroupImage was;  ///< of that disk alone
    std::optional<TouchedDisk> touch;
    std::size_t toucher = 0;
  };

  std::vector<Moved> moved_;
};

}  // namespace switchback
