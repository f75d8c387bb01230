// SPDX-License-Identifier: Apache-2.0
// Draws what a campaign has hardly come to, now and then, where it can be come to. Internal to the
// generator.
#pragma once

#include <optional>

#include "harness/sequence/draw.hpp"
#include "harness/sequence/frontier.hpp"
#include "harness/sequence/swarm.hpp"
#include "harness/sequence/walk_model.hpp"

namespace switchback {

/// All references are looked at as long as it lives. Whatever the swarm has turned off stays off.
class RareDrawing {
 public:
  RareDrawing(Draw& draw, const Swarm& swarm, const WalkModel& model);

  /// What can be asked for in this state. Nothing most of the time.
  std::optional<RareAsk> ask();
  /// A state in which there is something to be asked for. Nothing most of the time.
  std::optional<ItemState> goal();
  /// What can be broken in the operation's job. Nothing most of the time.
  std::optional<RareAim> aim(Operation operation);

 private:
  [[nodiscard]] bool is_on(const RareAsk& ask) const;

  Draw& draw_;
  const Swarm& swarm_;
  const Frontier& frontier_;
  const WalkModel& model_;
  std::vector<FaultKind> faults_;
};

}  // namespace switchback
