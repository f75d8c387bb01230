// SPDX-License-Identifier: Apache-2.0
// The link between the sites, for faults.
#pragma once

#include "harness/base/units.hpp"
#include "harness/system/fault.hpp"

namespace switchback::recovery {

class Link {
 public:
  virtual ~Link() = default;
  /// Drops what is under way and refuses what comes, until heal().
  virtual void cut() = 0;
  virtual void heal() = 0;
  /// Bytes that have crossed so far, both ways.
  [[nodiscard]] virtual Bytes carried() const = 0;
  /// Makes the link itself slow, lossy or deaf in one direction, until heal(). False if it can't:
  /// then calls over it are made to go so, see Faults::over_link().
  virtual bool worsen(FaultKind) { return false; }
  /// Whether anything was lost since this was last asked, of a link that worsen() made lossy.
  virtual bool take_losses() { return false; }
  /// What it carries a second while it is slow.
  [[nodiscard]] virtual Bytes slow_bytes() const { return kSlowLinkBytes; }
};

}  // namespace switchback::recovery
