// SPDX-License-Identifier: Apache-2.0
// See timers.hpp.
#include "vms/recovery/timers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "harness/lifecycle/transition_table.hpp"
#include "vms/recovery/processing.hpp"

namespace switchback::recovery {
namespace {

using std::chrono::minutes;

/// Between attempt n and the next, so that they start 1, 2, 4, 8 and 10 minutes after the first.
constexpr std::array<minutes, 5> kRetryDelays = {minutes(1), minutes(1), minutes(2), minutes(4),
                                                 minutes(2)};
constexpr minutes kLastRetryDelay{30};

bool has_row(const ItemState& state, Operation operation) {
  return find_transition(state, operation) != nullptr;
}

void note_round_due(ItemRecord& record, const ItemState& before, const JobEnd& end, Instant now,
                    const Timing& timing) {
  const bool rounds = has_row(record.rest, Operation::delta_replication);
  if (end.operation == Operation::delta_replication && rounds && !end.done && !end.lasting) {
    const std::size_t failed = record.failed_rounds++;
    const Duration delay =
        failed < kRetryDelays.size() ? Duration(kRetryDelays[failed]) : Duration(kLastRetryDelay);
    record.next_round_due = std::max(now, record.next_round_due + delay);
    return;
  }
  if (!rounds || (end.operation == Operation::delta_replication && !end.done)) {
    record.next_round_due = {};
    record.failed_rounds = 0;
    return;
  }
  // What an operator asked for begins rounds anew where there were none, or where it synchronized.
  const bool anew =
      end.done && asked_by_operator(end.operation) &&
      (!has_row(before, Operation::delta_replication) || record.next_round_due == Instant{} ||
       end.operation == Operation::resynchronize);
  if (end.operation == Operation::delta_replication || anew) {
    record.next_round_due = now + timing.copy_frequency;
    record.failed_rounds = 0;
  }
}

void note_other_dues(ItemRecord& record, const JobEnd& end, Instant now, const Timing& timing) {
  if (!has_row(record.rest, Operation::process_log) || !needs_processing(record))
    record.next_processing_due = {};
  else if (record.next_processing_due == Instant{} || end.operation == Operation::process_log)
    record.next_processing_due = now + timing.processing_delay;

  if (!has_row(record.rest, Operation::fence_source))
    record.next_fence_due = {};
  else if (record.next_fence_due == Instant{} || end.operation == Operation::fence_source)
    record.next_fence_due = now + timing.copy_frequency;
}

/// True for operations that say nothing about how replication is doing.
bool beside_replication(Operation operation) {
  return operation == Operation::process_log || operation == Operation::update_properties ||
         operation == Operation::test_failover || operation == Operation::cleanup_test_failover;
}

void note_health(ItemRecord& record, const ItemState& before, const JobEnd& end) {
  const auto tell = [&](Health health) {
    record.health = health;
    record.health_reason = end.reason;
  };
  if (end.done) {
    const bool stays =
        record.unsettled || (beside_replication(end.operation) &&
                             (record.health == Health::critical || record.failed_rounds > 0));
    if (stays) return;
    record.health = Health::normal;
    record.health_reason.clear();
  } else if (end.undo_failed || !(record.rest == before) ||
             (end.lasting && !asked_by_operator(end.operation))) {
    tell(Health::critical);  // waits for somebody
  } else if (!asked_by_operator(end.operation) && record.health != Health::critical) {
    tell(Health::warning);  // is tried again
  }
}

}  // namespace

std::optional<Due> next_due(const ItemRecord& record) {
  std::optional<Due> next;
  const auto consider = [&](Instant at, Operation operation) {
    if (at == Instant{} || !has_row(record.rest, operation)) return;
    if (!next || at < next->at) next = Due{at, operation};
  };
  consider(record.next_round_due, Operation::delta_replication);
  consider(record.next_processing_due, Operation::process_log);
  consider(record.next_fence_due, Operation::fence_source);
  return next;
}

void note_end(ItemRecord& record, const ItemState& before, const JobEnd& end, Instant now,
              const Timing& timing) {
  note_round_due(record, before, end, now, timing);
  note_other_dues(record, end, now, timing);
  note_health(record, before, end);
}

}  // namespace switchback::recovery
