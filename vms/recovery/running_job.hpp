// SPDX-License-Identifier: Apache-2.0
// A job in memory: dies with the controller.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "vms/recovery/reference_system.hpp"

namespace switchback::recovery {

/// The way back after a stage that failed, as traces and reports name it.
inline constexpr std::string_view kUndoStage = "undo";
/// The call by which a job's progress is written to the catalog.
inline constexpr std::string_view kRecordCall = "record";

struct ReferenceSystem::Job {
  Operation operation{};
  const Transition* row = nullptr;  ///< of the table, for what the item shows while it runs
  std::string stage;
  std::string key;               ///< as it came with the request
  std::optional<ItemSpec> spec;  ///< the item as it is to be protected from now on
  bool unsaved = false;          ///< its end could not be written to the catalog
  CallGate gate;
  JobContext context;
  std::optional<Task<Nothing>> body;

  Job(Operation given, std::string given_key, ItemRecord& record, const ServiceParts& parts,
      const Instant& now, const WallClock& wall)
      : operation(given),
        key(std::move(given_key)),
        context{record, *parts.primary,       *parts.recovery, gate, now, wall,
                key,    parts.checksum_chunk, std::nullopt} {}

  void enter_stage(std::string_view name) {
    stage = name;
    gate.restart_count();
    context.fail_to.reset();
  }
};

/// The row that the record's job is about: for a cancel of another job, that of what the item
/// showed then. Never nullptr for a job that start() let begin.
const Transition* row_of_job(const ItemRecord& record);

}  // namespace switchback::recovery
