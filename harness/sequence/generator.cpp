// SPDX-License-Identifier: Apache-2.0
// See generator.hpp.
#include "harness/sequence/generator.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "harness/journal/geometry.hpp"
#include "harness/lifecycle/transition_table.hpp"
#include "harness/sequence/draw.hpp"

namespace switchback {
namespace {

/// Draws one sequence. Follows the model as if every allowed operation succeeded; where a fault
/// makes that wrong, later operations are simply refused.
class SequenceDrawing {
 public:
  SequenceDrawing(const GeneratorOptions& options, const rc::Random& random)
      : options_(options), draw_(random), profile_(draw_profile()), model_(initial_state()) {}

  DrawnSequence draw() {
    sequence_.seed = draw_.number();
    draw_disks();
    const std::size_t length = draw_length();
    const std::uint64_t writes_first = draw_.below(profile_.first_writes_max + 1);
    for (std::uint64_t n = 0; n < writes_first; ++n)
      add(draw_write());
    while (sequence_.steps.size() < length)
      add_next();
    return {std::move(sequence_), std::string(profile_.name)};
  }

 private:
  const Profile& draw_profile() {
    std::vector<unsigned> weights;
    for (const Profile& profile : options_.profiles)
      weights.push_back(profile.weight);
    return options_.profiles[draw_.weighted(weights)];
  }

  void draw_disks() {
    const SequenceLimits& limits = options_.limits;
    const std::uint64_t count = draw_.between(limits.disks_min, limits.disks_max);
    for (std::uint64_t n = 0; n < count; ++n)
      sequence_.disks.push_back(
          {fmt::format("vd{}", static_cast<char>('a' + n)), draw_disk_size()});
  }

  /// Every magnitude as likely as the next; never a round number but by chance.
  Bytes draw_disk_size() {
    const SequenceLimits& limits = options_.limits;
    const auto low = static_cast<unsigned>(std::bit_width(limits.disk_bytes_min));
    const auto high = static_cast<unsigned>(std::bit_width(limits.disk_bytes_max));
    const Bytes ceiling = Bytes{1} << draw_.between(low, high);
    const Bytes drawn = ceiling / 2 + draw_.below(ceiling / 2);
    const Bytes size = std::clamp(drawn, limits.disk_bytes_min, limits.disk_bytes_max);
    return size - size % limits.disk_bytes_multiple;
  }

  std::size_t draw_length() {
    const std::size_t most = options_.limits.steps_max;
    switch (draw_.weighted({10, 60, 30})) {
      case 0:
        return draw_.between(1, std::min<std::size_t>(6, most));
      case 1:
        return draw_.between(1, std::max<std::size_t>(1, most / 2));
      default:
        return draw_.between(std::max<std::size_t>(1, most / 2), most);
    }
  }

  void add(Action action) { sequence_.steps.push_back({std::move(action), std::nullopt}); }

  void add_next() {
    switch (draw_.weighted({profile_.legal_operation, profile_.illegal_operation, profile_.write,
                            profile_.wait, profile_.flush, profile_.fault, profile_.heal})) {
      case 0:
        return add_legal_operation();
      case 1:
        return add(OperateStep{draw_illegal_operation()});
      case 2:
        return add(draw_write());
      case 3:
        return add_wait();
      case 4:
        return add(FlushStep{});
      case 5:
        return add(draw_fault());
      default:
        return add(HealStep{});
    }
  }

  void add_legal_operation() {
    std::vector<Operation> allowed;
    for (const StageList& offered : options_.capabilities.operations)
      if (asked_by_operator(offered.operation) &&
          find_transition(model_, offered.operation) != nullptr)
        allowed.push_back(offered.operation);
    if (allowed.size() > 1 && !draw_.percent(profile_.disable_percent))
      std::erase(allowed, Operation::disable);
    if (allowed.empty()) return add(draw_write());
    const Operation operation = draw_.one_of(allowed);
    add(OperateStep{operation});
    add_steps_inside(operation);
    model_ = find_transition(model_, operation)->to;
  }

  Operation draw_illegal_operation() {
    std::vector<Operation> forbidden;
    for (const Operation operation : kAllOperations)
      if (!asked_by_operator(operation) || find_transition(model_, operation) == nullptr)
        forbidden.push_back(operation);
    return draw_.one_of(forbidden);
  }

  void add_wait() {
    // From a part of a copy period to a few of them: rounds fall due, or just not yet.
    const Duration period = options_.capabilities.copy_frequency;
    const auto tenths = static_cast<Duration::rep>(draw_.between(1, draw_.percent(80) ? 12 : 35));
    add(WaitStep{std::chrono::duration_cast<std::chrono::milliseconds>(period * tenths / 10)});
    if (find_transition(model_, Operation::delta_replication) != nullptr)
      add_steps_inside(Operation::delta_replication);
  }

  void add_steps_inside(Operation operation) {
    const StageList* const stages = options_.capabilities.find(operation);
    if (stages == nullptr || stages->stages.empty()) return;
    if (!draw_.percent(profile_.busy_job_percent)) return;
    const std::uint64_t count = draw_.between(1, profile_.inner_steps_max);
    for (std::uint64_t n = 0; n < count; ++n)
      sequence_.steps.push_back({draw_inner_action(), draw_moment(*stages)});
  }

  Action draw_inner_action() {
    switch (draw_.weighted({profile_.inner_write, profile_.inner_flush, profile_.inner_operation,
                            profile_.inner_fault})) {
      case 0:
        return draw_write();
      case 1:
        return FlushStep{};
      case 2:
        return OperateStep{
            draw_.one_of(std::vector<Operation>(kAllOperations.begin(), kAllOperations.end()))};
      default:
        return draw_fault();
    }
  }

  Moment draw_moment(const StageList& stages) {
    // Stages make a handful of calls, but for those that copy: two for every extent.
    const std::uint64_t most = draw_.percent(80) ? 4 : 24;
    // A job comes to its way back only after a fault.
    if (!stages.undo.empty() && profile_.inner_fault > 0 && draw_.percent(15))
      return {stages.undo, static_cast<std::uint32_t>(draw_.below(most))};
    return {draw_.one_of(stages.stages), static_cast<std::uint32_t>(draw_.below(most))};
  }

  Action draw_fault() {
    const std::vector<FaultKind>& offered = options_.capabilities.faults;
    if (offered.empty()) return draw_write();
    return FaultStep{draw_.one_of(offered)};
  }

  Action draw_write() {
    const auto disk = static_cast<std::uint32_t>(draw_.below(sequence_.disks.size()));
    const DiskGeometry geometry{.size_bytes = sequence_.disks[disk].size_bytes,
                                .volatile_cache = false};
    const BlockNumber blocks = geometry.block_count();
    const std::uint64_t most = draw_.percent(70) ? 3 : options_.limits.blocks_in_a_write_max;
    return WriteStep{disk, draw_block(blocks), static_cast<std::uint32_t>(draw_.between(1, most))};
  }

  BlockNumber draw_block(BlockNumber blocks) {
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

  const GeneratorOptions& options_;
  Draw draw_;
  const Profile& profile_;
  ItemState model_;
  Sequence sequence_;
};

}  // namespace

rc::Gen<DrawnSequence> sequences(GeneratorOptions options) {
  SB_ASSERT(!options.profiles.empty());
  return rc::Gen<DrawnSequence>([options = std::move(options)](const rc::Random& random, int) {
    return rc::shrinkable::just(SequenceDrawing(options, random).draw());
  });
}

}  // namespace switchback
