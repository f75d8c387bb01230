// SPDX-License-Identifier: Apache-2.0
// An item from its making to its removal.
#include "harness/runner/item_run.hpp"

#include <fmt/format.h>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/runner/judging.hpp"

namespace switchback {
namespace {

std::vector<DiskGeometry> geometries(const std::vector<DiskSpec>& disks) {
  std::vector<DiskGeometry> result;
  for (const DiskSpec& disk : disks)
    result.push_back({.size_bytes = disk.size_bytes, .volatile_cache = false});
  return result;
}

/// Names of which none is the beginning of another's, up to a '-'.
ItemName name_of_item(std::uint64_t sequence, std::size_t number) {
  return number == 0 ? fmt::format("vm{}", sequence) : fmt::format("vm{}i{}", sequence, number);
}

/// The key that opens the item's replica, and one that does not. They follow from the seed, so that
/// a replay gives the same.
std::vector<std::string> keys_of(std::uint64_t seed, const Policy& policy) {
  if (!policy.encrypted) return {};
  return {fmt::format("right-{:016x}", seed ^ 0x5bd1e995a5a5a5a5U),
          fmt::format("wrong-{:016x}", ~seed)};
}

}  // namespace

ItemRun::ItemRun(SequenceRun& run, SharedRun& shared, std::size_t number)
    : run_(run),
      shared_(shared),
      number_(number),
      item_{.name = name_of_item(shared.context.index, number),
            .disks = shared.sequence.plan(number).disks,
            .vms = shared.sequence.plan(number).vms,
            .policy = shared.sequence.plan(number).policy},
      model_(initial_state()),
      branches_(geometries(item_.disks)),
      keys_(keys_of(shared.sequence.seed + number, item_.policy)) {}

Nothing ItemRun::create() {
  return shared_.world.laboratory->create_item(item_);
}

Nothing ItemRun::begin() {
  SB_ASSIGN(start, look());
  last_ = std::move(start);
  census_at_start_ = last_.census;
  return {};
}

Nothing ItemRun::end() {
  SB_ASSIGN(after, look());
  const EndEvidence evidence{.item = item_,
                             .model = model_,
                             .after = after,
                             .faults = faults_.ever(),
                             .recovered = trouble_.empty(),
                             .trouble = trouble_,
                             .took = home_at_ ? *home_at_ - shared_.healed_at : Duration::zero(),
                             .recovers_within = shared_.recovers_within};
  judge([&](const Property& property) { return property.at_end(evidence); });
  return {};
}

Nothing ItemRun::remove() {
  return shared_.world.laboratory->remove_item(item_.name);
}

Nothing ItemRun::note_fault(FaultKind kind) {
  faults_.inject(kind);
  if (const std::optional<Site> site = site_without_power(kind)) {
    SB_ASSIGN(live, shared_.world.laboratory->live_copies(item_.name));
    if (*site == Site::primary ? live.primary : live.recovery) faults_.lose_tracking();
  }
  if (kind == FaultKind::targets_deleted) {
    SB_ASSIGN(gone, points_.unreadable(shared_.world, item_));
    destroyed_.merge(std::move(gone));
  }
  if (kills_controller(kind)) killed_ = busy();
  if (!excuses_no_failure(kind) && !may_hit_nothing(kind)) disturb();
  return {};
}

void ItemRun::note_effect(FaultKind kind) {
  faults_.took_effect(kind);
  if (kind == FaultKind::targets_deleted) deletion_noticed_ = false;
  if (may_hit_nothing(kind)) disturb();
  if (kind != FaultKind::controller_killed_in_call) return;
  killed_ = busy();
  disturb();
}

void ItemRun::note_healed() {
  if (faults_.any_in_force()) disturb();
  faults_.heal();
}

}  // namespace switchback
