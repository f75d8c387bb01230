// SPDX-License-Identifier: Apache-2.0
// The link between the sites, for faults.
#pragma once

#include "harness/base/units.hpp"

namespace switchback::recovery {

class Link {
 public:
  virtual ~Link() = default;
  /// Drops what is under way and refuses what comes, until heal().
  virtual void cut() = 0;
  virtual void heal() = 0;
  /// Bytes that have crossed so far, both ways.
  [[nodiscard]] virtual Bytes carried() const = 0;
};

}  // namespace switchback::recovery
