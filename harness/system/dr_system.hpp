// SPDX-License-Identifier: Apache-2.0
// The one interface through which a DR system is driven. Plain data in and out, no callbacks and no
// shared memory, so that it can be spoken over a pipe as well.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/shared.hpp"
#include "harness/base/units.hpp"
#include "harness/lifecycle/operation.hpp"
#include "harness/lifecycle/state.hpp"
#include "harness/system/capabilities.hpp"
#include "harness/system/fault.hpp"
#include "harness/system/item.hpp"
#include "harness/system/request.hpp"

namespace switchback {

// How an operation ended. Every operation ends in exactly one of these four.
struct Done {};
/// Not allowed now. Nothing changed.
struct Refused {
  std::string reason;
  ItemState current;
  OperationSet allowed;
};
/// Started and gave up. `retryable`: asking again may work without anybody's help.
struct Failed {
  std::string reason;
  bool retryable = true;
};
/// No answer: it may or may not have happened.
struct Indeterminate {
  std::string reason;
};
using Outcome = std::variant<Done, Refused, Failed, Indeterminate>;
/// "done", "refused", "failed", "indeterminate".
std::string_view name_of(const Outcome& outcome);
/// The reason given, empty for Done.
std::string reason_of(const Outcome& outcome);

/// Where a job stands: before call number `call` (from 0) of `stage`.
struct JobPoint {
  Operation operation{};
  std::string stage;
  unsigned call = 0;
  std::string call_name;
  friend bool operator==(const JobPoint&, const JobPoint&) = default;
};

/// What start() and advance() answer: the job stopped at a point and waits for the next advance(),
/// or it (or the request itself) ended.
using Progress = std::variant<JobPoint, Outcome>;

/// A recovery point as the system lists it.
struct RecoveryPoint {
  std::string id;
  Instant cut{};  ///< the instant it claims to stand for, as the system's wall clock showed it
  bool app_consistent = false;
};

/// Whether replication does what it should: recoverable trouble is retried by itself (warning),
/// other trouble waits for somebody (critical).
enum class Health : std::uint8_t { normal, warning, critical };
std::string_view name_of(Health health);

/// What the system says of an item. A claim: the harness holds it against its own witnesses.
struct ItemStatus {
  ItemState state;
  OperationSet allowed;
  Health health = Health::normal;
  std::string health_reason;  ///< empty while normal
  /// Disks of the item's VMs at primary that are not protected, as "<VM>/<device>".
  std::vector<std::string> left_out;
  Shared<std::vector<RecoveryPoint>> points;  ///< oldest first: data processed
  /// The point that the VM at recovery was started from; kept as long as the item remembers it.
  std::optional<std::string> failover_point;
  std::optional<JobPoint> job;  ///< the job in progress
  /// Cut of the newest data sent, processed or not, as the wall clock showed it; zero: never.
  Instant last_synchronized{};
  Bytes bytes_sent = 0;  ///< what it claims to have sent, since the item was enabled
};

/// Where a disk image can be read, e.g. "nbd+unix:///vda?socket=/run/x" or
/// "sim:recovery/vm-vda-p3". Valid until the next operation on the item.
using DiskLocator = std::string;

/// A DR system. An Error from any call means that the system could not be reached or did not keep
/// to this contract, never that it declined.
class DrSystem {
 public:
  virtual ~DrSystem() = default;

  [[nodiscard]] virtual const Capabilities& capabilities() const = 0;

  /// Asks for an operation on an item. It is refused at once, or its job starts and stops at its
  /// first point (with StopsAt::job_end: runs through). One job an item at a time.
  /// `cancel` is the exception: it takes the place of the item's job, whose own end is not told any
  /// more, and is refused where the table has no row for the state that the job shows.
  virtual Result<Progress> start(const ItemSpec& item, const Request& request) = 0;

  /// Lets the item's job go on to its next point. An error if it has none.
  virtual Result<Progress> advance(const ItemName& item) = 0;

  /// Lets time go by: up to `duration`, but no further than the instant at which the system starts
  /// a job by itself. Returns how much passed; status() tells whether a job now waits for
  /// advance().
  virtual Result<Duration> pass_time(Duration duration) = 0;

  virtual Result<ItemStatus> status(const ItemName& item) = 0;

  /// The images of a recovery point, in the order of the item's disks.
  virtual Result<Shared<std::vector<DiskLocator>>> locate_point(const ItemName& item,
                                                                const std::string& point_id) = 0;

  /// Breaks something, at once. Only kinds in capabilities().faults.
  virtual Nothing inject(const Fault& fault) = 0;
  /// Mends what inject() broke and lasts.
  virtual Nothing heal() = 0;
  /// Faults that have changed what a call did since this was last asked, each time anew. None where
  /// that is not seen.
  virtual std::vector<FaultKind> take_fault_effects() { return {}; }
  /// How long the calls of the latest advance() took where its clock is the harness's and stood
  /// still meanwhile: whoever drives the job lets so much time go by before its next point.
  virtual Duration take_call_time() { return {}; }
};

}  // namespace switchback
