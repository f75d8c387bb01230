// SPDX-License-Identifier: Apache-2.0
// What a DR system says about itself before anything is asked of it. What it lacks is reported as
// not exercised, never as passed.
#pragma once

#include <string>
#include <vector>

#include "harness/base/units.hpp"
#include "harness/lifecycle/operation.hpp"
#include "harness/system/declared.hpp"
#include "harness/system/fault.hpp"

namespace switchback {

/// How finely a job can be stopped for the harness to write, look or break something.
enum class StopsAt : std::uint8_t {
  job_end,  ///< a job runs through
  stage,    ///< before every stage
  call,     ///< before every call that a stage makes to a host
};

/// The stages of an operation's job, in order, by the names that traces use.
struct StageList {
  Operation operation;
  std::vector<std::string> stages;
  std::string undo = {};  ///< the stage that a job enters after one that failed; empty: none
};

/// The most storage objects that the system keeps per disk on the recovery site. The promise
/// "nothing is left behind" is judged with it.
struct Footprint {
  unsigned per_replica = 1;  ///< while the item is protected or can be protected again
  unsigned per_point = 1;    ///< for every recovery point that it lists
  unsigned per_active = 1;   ///< while a VM is defined on the recovery site, a test VM too
  unsigned logs = 4;         ///< of data sent and not yet processed
};

struct Capabilities {
  std::string system;                 ///< e.g. "reference on simulated hosts"
  std::vector<StageList> operations;  ///< the operations it has; absent ones are not exercised
  StopsAt stops_at = StopsAt::job_end;
  /// The name of the call by which a job is recorded, so that a controller that dies finds it
  /// again. Empty: not told, so any call may be one.
  std::string record_call = {};
  /// The names of all calls before which a job can be stopped, in their order. Empty: not told.
  std::vector<std::string> calls = {};
  std::vector<FaultKind> faults;  ///< the faults that can be injected
  bool clock_is_ours = false;     ///< pass_time() moves the system's clock at once

  Bytes tracking_grain = 65536;       ///< unit in which changes are tracked and sent
  Bytes sync_overhead_per_disk = 0;   ///< wire bytes of a sync that carry no data, per disk
  Bytes sync_overhead_per_grain = 0;  ///< wire bytes beside the data of each grain sent
  Duration copy_frequency{};          ///< time between two delta rounds, if the policy says none
  Duration processing_delay{};        ///< from data sent to the recovery point made of it, at most
  Bytes checksum_chunk = 65536;       ///< unit of comparison when both sides are compared
  Bytes checksum_bytes = 0;           ///< wire bytes for the checksum of one chunk
  unsigned most_vms = 1;              ///< in a consistency group
  bool encrypts = false;              ///< Policy::encrypted
  bool app_consistent = false;        ///< Policy::app_consistent
  bool uefi = false;                  ///< Firmware::uefi
  Footprint footprint;
  DeclaredSet declared = {};  ///< what it does otherwise, by its documentation

  [[nodiscard]] bool declares(Declared what) const { return declared.contains(what); }
  /// The operations that it has.
  [[nodiscard]] OperationSet offered() const {
    OperationSet all;
    for (const StageList& list : operations)
      all.insert(list.operation);
    return all;
  }
  [[nodiscard]] const StageList* find(Operation operation) const {
    for (const StageList& list : operations)
      if (list.operation == operation) return &list;
    return nullptr;
  }
};

}  // namespace switchback
