// SPDX-License-Identifier: Apache-2.0
// The two clocks of a controller, and which of them is for what.
#pragma once

#include "harness/base/units.hpp"
#include "vms/recovery/faults.hpp"

namespace switchback::recovery {

/// What people read: on it points and the newest data are labelled. Somebody may set it at any
/// time, forward or back, so that nothing is decided by it: not the order of points, which is that
/// of their cuts, nor how old they are, nor when something is due. All that goes by the service's
/// own clock (JobContext::now), which goes on steadily whatever the wall clock does.
///
/// The catalog holds both instants of a cut: `cut`, on the service's own clock, and `wall`, its
/// label, which never changes. The service's own clock goes on over a restart of its process. Where
/// it does not (the machine was started anew), the service is given what there is, see
/// ReferenceSystem::set_clock(), and is never earlier than the newest cut that the catalog knows:
/// then a wall clock that was set back meanwhile keeps points a little longer, never for ever. One
/// that was set forward meanwhile can't be told from a long time without a controller, and counts
/// as one.
class WallClock {
 public:
  virtual ~WallClock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

/// A wall clock that is right but for the steps in force.
class FaultyWallClock final : public WallClock {
 public:
  /// Both outlive it.
  FaultyWallClock(const Instant& right, Faults& faults) : right_(right), faults_(faults) {}
  [[nodiscard]] Instant now() const override { return right_ + faults_.clock_error(); }

 private:
  const Instant& right_;
  Faults& faults_;
};

}  // namespace switchback::recovery
