// SPDX-License-Identifier: Apache-2.0
// See step_drawing.hpp.
#include "harness/sequence/step_drawing.hpp"

#include <algorithm>

#include "harness/journal/geometry.hpp"
#include "harness/lifecycle/transition_table.hpp"
#include "harness/sequence/item_drawing.hpp"

namespace switchback {
namespace {

using std::chrono::milliseconds;

/// Of the moments within a job so many name the call, which few of a stage bear.
constexpr unsigned kNamedPercent = 15;

}  // namespace

std::size_t draw_length(Draw& draw, std::size_t most, bool is_brief) {
  // It holds as much as it may: what is shorter still is a part of it.
  if (is_brief) return draw.between((most + 1) / 2, most);
  switch (draw.weighted({10, 60, 30})) {
    case 0:
      return draw.between(1, std::min<std::size_t>(6, most));
    case 1:
      return draw.between(1, std::max<std::size_t>(1, most / 2));
    default:
      return draw.between(std::max<std::size_t>(1, most / 2), most);
  }
}

std::vector<FaultKind> faults_drawn(const Profile& profile, const Capabilities& capabilities) {
  std::vector<FaultKind> kinds;
  for (const FaultKind kind : capabilities.faults)
    if (profile.all_faults || kind == profile.mostly || kind == FaultKind::controller_killed ||
        kind == FaultKind::controller_killed_in_call || kind == FaultKind::link_cut)
      kinds.push_back(kind);
  return kinds;
}

BlockNumber StepDrawing::block(BlockNumber blocks) {
  constexpr BlockNumber kHot = 8;
  constexpr BlockNumber kGrain = 16;  // of 64 KiB, where tracking has its edges
  switch (draw_.weighted({40, 30, 15, 15})) {
    case 0:
      return draw_.below(std::min(blocks, kHot));
    case 1:
      return draw_.below(blocks);
    case 2:
      return (draw_.below(blocks / kGrain + 1) * kGrain + kGrain - 1) % blocks;
    default:
      return blocks - 1;
  }
}

BlockNumber StepDrawing::blocks_of(std::uint32_t disk) const {
  return DiskGeometry{.size_bytes = sequence_.disks[disk].size_bytes, .volatile_cache = false}
      .block_count();
}

WriteStep StepDrawing::any_write() {
  const auto disk = static_cast<std::uint32_t>(draw_.below(sequence_.disks.size()));
  const BlockNumber blocks = blocks_of(disk);
  const bool flood = draw_.percent(profile_.flood_percent);
  if (flood && blocks <= options_.limits.blocks_in_a_flood_max)
    return {disk, 0, static_cast<std::uint32_t>(blocks)};
  if (draw_.percent(profile_.scatter_percent))
    if (const std::optional<WriteStep> write = scattered()) return *write;
  // What is sent over a slow link is worth its while only if it takes long.
  const unsigned few = model_.link_is_slow() ? 30 : 70;
  const std::uint64_t most = draw_.percent(few)
                                 ? std::min<std::uint64_t>(3, options_.limits.blocks_in_a_write_max)
                                 : options_.limits.blocks_in_a_write_max;
  const std::uint64_t fewest = model_.link_is_slow() ? (most + 1) / 2 : 1;
  WriteStep write{disk, block(blocks), static_cast<std::uint32_t>(draw_.between(fewest, most))};
  write.trim = options_.trims && draw_.percent(profile_.trim_percent);
  return write;
}

/// So far apart that each block is a change of its own, and that less than half of the disk has
/// changed: more would be compared and not sent. Nothing if no disk is large enough for it.
std::optional<WriteStep> StepDrawing::scattered() {
  constexpr BlockNumber kFewest = 2001;
  constexpr BlockNumber kThreeGrains = 48;
  const BlockNumber most = options_.limits.blocks_in_a_scatter_max;
  std::vector<std::uint32_t> large;
  for (std::uint32_t disk = 0; disk < sequence_.disks.size(); ++disk)
    if (most >= kFewest && blocks_of(disk) / most >= kThreeGrains) large.push_back(disk);
  if (large.empty()) return std::nullopt;
  const std::uint32_t disk = draw_.one_of(large);
  const BlockNumber count = draw_.between(kFewest, most);
  const BlockNumber widest = std::min<BlockNumber>(blocks_of(disk) / count, 100'000);
  return WriteStep{.disk = disk,
                   .block = block(blocks_of(disk)),
                   .count = static_cast<std::uint32_t>(count),
                   .stride = static_cast<std::uint32_t>(draw_.between(kThreeGrains, widest))};
}

Action StepDrawing::write() {
  return any_write();
}
Action StepDrawing::test_write() {
  const WriteStep write = any_write();
  return TestWriteStep{write.disk, write.block, write.count};
}
Action StepDrawing::old_primary_write() {
  const WriteStep write = any_write();
  return OldPrimaryWriteStep{write.disk, write.block, write.count};
}

void StepDrawing::choose_point(OperateStep& step) {
  const bool labelled = sequence_.policy.app_consistent > std::chrono::hours(0);
  switch (draw_.weighted({35, 20, labelled ? 25U : 3U, 22})) {
    case 0:
      break;
    case 1:
      step.point = PointChoice::latest_processed;
      break;
    case 2:
      step.point = PointChoice::latest_app_consistent;
      break;
    default:
      step.point = PointChoice::custom;
      // One beyond what there is stands for an id on no list.
      step.custom_point = static_cast<std::uint32_t>(
          draw_.percent(90) ? draw_.below(std::max(1U, model_.points())) : draw_.below(30));
  }
}

OperateStep StepDrawing::request(Operation operation, bool plain) {
  OperateStep step{.operation = operation};
  if (operation == Operation::update_properties) {
    if (draw_.percent(90)) step.settings = draw_settings(draw_, sequence_);
    return step;
  }
  if (plain || !draw_.percent(profile_.choice_percent)) return step;
  switch (operation) {
    case Operation::unplanned_failover:
      step.shut_down_source = draw_.percent(40);
      choose_point(step);
      break;
    case Operation::test_failover:
    case Operation::change_recovery_point:
      choose_point(step);
      break;
    case Operation::planned_failback:
    case Operation::full_failback:
      step.create_missing_vm = draw_.percent(60);
      return step;
    case Operation::enable:
    case Operation::planned_failover:
      break;
    default:
      return step;
  }
  if (sequence_.policy.encrypted && draw_.percent(profile_.wrong_key_percent))
    step.key = draw_.percent(50) ? KeyGiven::none : KeyGiven::wrong;
  return step;
}

Operation StepDrawing::any_operation() {
  // What a second operator most likely asks for while a job is in progress.
  constexpr unsigned kCancelPercent = 12;
  if (!swarm_.off.contains(Operation::cancel) && draw_.percent(kCancelPercent))
    return Operation::cancel;
  std::vector<Operation> operations;
  for (const Operation operation : kAllOperations)
    if (!swarm_.off.contains(operation)) operations.push_back(operation);
  return draw_.one_of(operations);
}

OperateStep StepDrawing::forbidden() {
  std::vector<Operation> forbidden;
  for (const Operation operation : kAllOperations)
    if (!swarm_.off.contains(operation) &&
        (!asked_by_operator(operation) || find_transition(model_.state(), operation) == nullptr))
      forbidden.push_back(operation);
  return request(draw_.one_of(forbidden), false);
}

WaitStep StepDrawing::bounded(milliseconds duration) const {
  if (!model_.replicates()) return {duration};
  const auto rounds = static_cast<milliseconds::rep>(options_.limits.rounds_in_a_wait_max);
  return {std::min(duration, rounds * model_.period())};
}

WaitStep StepDrawing::wait() {
  using std::chrono::minutes;
  using std::chrono::seconds;
  if (draw_.percent(profile_.long_wait_percent))
    return bounded(minutes(draw_.between(60, 60 * (draw_.percent(70) ? 4 : 26))));
  switch (draw_.weighted({65, 20, 15})) {
    case 0: {
      if (draw_.percent(35)) return periods();
      // From a part of a copy period to a few of them: rounds fall due, or just not yet.
      const auto tenths =
          static_cast<milliseconds::rep>(draw_.between(1, draw_.percent(80) ? 12 : 35));
      return {model_.period() * tenths / 10};
    }
    case 1:
      return bounded(seconds(draw_.between(20, 150)));  // data sent is processed, or not yet
    default:
      return bounded(minutes(draw_.between(1, 45)));  // what failed is tried again
  }
}

/// So many that a clock that stands still is noticed.
WaitStep StepDrawing::periods() {
  const std::uint64_t most = std::min<std::uint64_t>(4, options_.limits.rounds_in_a_wait_max);
  return {.periods = static_cast<std::uint32_t>(draw_.between(1, most))};
}

WaitStep StepDrawing::wait_for_the_clock() {
  const auto tenths = static_cast<milliseconds::rep>(draw_.between(10, 24));
  return {model_.period() * tenths / 10};
}

Action StepDrawing::fault() {
  const std::vector<FaultKind> kinds = faults_drawn(profile_, options_.capabilities);
  if (kinds.empty()) return write();
  constexpr unsigned kMostPercent = 70;
  const auto& mostly = profile_.mostly;
  if (mostly && std::find(kinds.begin(), kinds.end(), *mostly) != kinds.end() &&
      draw_.percent(kMostPercent))
    return fault_of(*mostly);
  // The one that every system must survive anywhere.
  constexpr unsigned kKilledPercent = 20;
  const bool killed =
      std::find(kinds.begin(), kinds.end(), FaultKind::controller_killed) != kinds.end();
  if (killed && draw_.percent(kKilledPercent)) return FaultStep{FaultKind::controller_killed};
  return fault_of(draw_.one_of(kinds));
}

FaultStep StepDrawing::fault_of(FaultKind kind) {
  return kind == FaultKind::clock_stepped ? FaultStep{kind, clock_step()} : FaultStep{kind};
}

/// Minutes, hours, or a day; more often back, which fewer systems are prepared for.
std::chrono::seconds StepDrawing::clock_step() {
  using std::chrono::hours;
  using std::chrono::minutes;
  std::chrono::seconds step = hours(24);
  const std::size_t scale = draw_.weighted({40, 45, 15});
  if (scale == 0) step = minutes(draw_.between(1, 59));
  if (scale == 1) step = hours(draw_.between(1, 12));
  return draw_.percent(60) ? -step : step;
}

/// Whether the item can spare one: its first VM is there and has several.
bool StepDrawing::may_move_disk() const {
  const Role primary = model_.state().primary;
  const bool there =
      primary == Role::active || primary == Role::stopped || primary == Role::superseded;
  const auto disks = std::count_if(sequence_.disks.begin(), sequence_.disks.end(),
                                   [](const DiskSpec& disk) { return disk.vm == 0; });
  return there && disks >= 2 && !model_.disks_edited() && !model_.primary_deleted();
}

Action StepDrawing::edit() {
  const bool runs = model_.state().primary == Role::active;
  const Awaiting awaiting = model_.state().awaiting;
  const bool stopped = model_.state().primary == Role::stopped &&
                       (awaiting == Awaiting::commit || awaiting == Awaiting::failback);
  std::vector<Edit> fit;
  for (const Edit edit : options_.edits) {
    if (edit == Edit::undo && model_.disks_edited()) fit.push_back(edit);
    const bool may_go = !model_.disks_edited() || model_.disk_moved();
    if (edit == Edit::delete_vm && stopped && may_go) fit.push_back(edit);
    if (edit == Edit::move_disk && may_move_disk()) fit.push_back(edit);
    if ((edit == Edit::change_nic || edit == Edit::add_memory) && runs) fit.push_back(edit);
    const bool of_snapshots = edit == Edit::take_snapshot || edit == Edit::revert_to_snapshot;
    if (of_snapshots && runs && !model_.disks_edited()) fit.push_back(edit);
    if (edit == Edit::foreign_checkpoint && active_site(model_.state())) fit.push_back(edit);
    const bool of_disks =
        edit == Edit::add_disk || edit == Edit::grow_disk || edit == Edit::swap_disks;
    if (of_disks && runs && !model_.disks_edited()) fit.push_back(edit);
  }
  if (fit.empty()) return write();
  constexpr unsigned kMostlyPercent = 70;
  const auto& mostly = profile_.mostly_edited;
  if (mostly && std::find(fit.begin(), fit.end(), *mostly) != fit.end() &&
      draw_.percent(kMostlyPercent))
    return EditStep{*mostly};
  return EditStep{draw_.one_of(fit)};
}

Moment StepDrawing::moment(const StageList& stages) {
  // A job comes to its way back only after a fault.
  const bool undone = !stages.undo.empty() && profile_.inner_fault > 0 && draw_.percent(13);
  return moment_in(stages.operation, undone ? stages.undo : draw_.one_of(stages.stages));
}

Moment StepDrawing::moment_in(Operation operation, const std::string& stage) {
  const StageCalls* const known = options_.frontier->calls_of(operation, stage);
  const std::vector<std::string>& calls = options_.capabilities.calls;
  if (!calls.empty() && draw_.percent(kNamedPercent)) {
    const auto call = static_cast<std::uint32_t>(draw_.percent(70) ? 0 : draw_.below(4));
    return {stage, call, known ? draw_.one_of(known->names) : draw_.one_of(calls)};
  }
  // Stages make a handful of calls, but for those that copy: two for every extent, after as many
  // that prepare it.
  const unsigned copies = sends_data(operation) ? 55 : 20;
  const std::uint64_t most = draw_.percent(copies) ? 24 : 4;
  const std::uint64_t there = known ? known->count : most;
  return {stage, static_cast<std::uint32_t>(draw_.below(std::min(most, there)))};
}

Moment StepDrawing::early_moment(const StageList& stages) {
  const std::uint64_t call = draw_.percent(65) ? 0 : draw_.below(draw_.percent(80) ? 3 : 16);
  return {draw_.one_of(stages.stages), static_cast<std::uint32_t>(call)};
}

}  // namespace switchback
