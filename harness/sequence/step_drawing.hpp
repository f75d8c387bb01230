// SPDX-License-Identifier: Apache-2.0
// Draws single steps that suit where the item is. Internal to the generator.
#pragma once

#include <optional>
#include <vector>

#include "harness/sequence/draw.hpp"
#include "harness/sequence/swarm.hpp"
#include "harness/sequence/walk_model.hpp"

namespace switchback {

/// How many steps a sequence has, of at most so many.
std::size_t draw_length(Draw& draw, std::size_t most, bool is_brief);

/// The kinds of faults that are drawn: all that there are, or the two that hit any system.
std::vector<FaultKind> faults_drawn(const Profile& profile, const Capabilities& capabilities);

/// All references are looked at as long as it lives.
class StepDrawing {
 public:
  StepDrawing(Draw& draw, const Swarm& swarm, const Sequence& sequence, const WalkModel& model)
      : draw_(draw),
        swarm_(swarm),
        options_(swarm.options),
        profile_(swarm.profile),
        sequence_(sequence),
        model_(model) {}

  Action write();
  Action test_write();
  Action old_primary_write();
  /// With its choices; `plain` leaves those that make an operation fail.
  OperateStep request(Operation operation, bool plain);
  /// Allowed or not, the clock's too.
  Operation any_operation();
  /// One that has no row in this state.
  OperateStep forbidden();
  WaitStep wait();
  /// So long that a round, a failed one's retry or a fence falls due.
  WaitStep wait_for_the_clock();
  Action fault();
  /// Of this kind, as far as it goes.
  FaultStep fault_of(FaultKind kind);
  /// An edit that can be made in this state; a write if there is none.
  Action edit();
  Moment moment(const StageList& stages);
  /// In that stage, if it is come to.
  Moment moment_in(Operation operation, const std::string& stage);
  /// Likely to come: the first calls of a stage.
  Moment early_moment(const StageList& stages);

 private:
  WriteStep any_write();
  std::optional<WriteStep> scattered();
  [[nodiscard]] bool may_move_disk() const;
  BlockNumber blocks_of(std::uint32_t disk) const;
  WaitStep periods();
  std::chrono::seconds clock_step();
  BlockNumber block(BlockNumber blocks);
  void choose_point(OperateStep& step);
  WaitStep bounded(std::chrono::milliseconds duration) const;

  Draw& draw_;
  const Swarm& swarm_;
  const GeneratorOptions& options_;
  const Profile& profile_;
  const Sequence& sequence_;
  const WalkModel& model_;
};

}  // namespace switchback
