// SPDX-License-Identifier: Apache-2.0
// What a sequence is made of: plain data, so that it can be stored, edited, shrunk and run again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/units.hpp"
#include "harness/lifecycle/operation.hpp"
#include "harness/system/dr_system.hpp"
#include "harness/system/fault.hpp"
#include "harness/system/laboratory.hpp"

namespace switchback {

/// The guest writes `count` blocks, each `stride` after the one before it. `disk` and `block` are
/// taken modulo what there is, so a step keeps its meaning when the sequence around it shrinks.
struct WriteStep {
  std::uint32_t disk = 0;
  BlockNumber block = 0;
  std::uint32_t count = 1;
  std::uint32_t stride = 1;
  bool trim = false;  ///< it discards them: a write as any other, after which they show nothing
  friend bool operator==(const WriteStep&, const WriteStep&) = default;
};
/// The guest flushes all its disks.
struct FlushStep {
  friend bool operator==(const FlushStep&, const FlushStep&) = default;
};
/// Which key an operator gives with a request that needs one.
enum class KeyGiven : std::uint8_t { right, none, wrong };
inline constexpr std::array kAllKeysGiven = {KeyGiven::right, KeyGiven::none, KeyGiven::wrong};
std::string_view name_of(KeyGiven key);

/// An operator asks for something. Of the choices only those are meant that the operation looks at,
/// see Request.
struct OperateStep {
  Operation operation{};
  PointChoice point = PointChoice::latest;
  /// For PointChoice::custom: which one, counted back from the newest and taken modulo one more
  /// than there are; that one more is an id that is on no list.
  std::uint32_t custom_point = 0;
  bool shut_down_source = true;
  bool create_missing_vm = true;
  KeyGiven key = KeyGiven::right;
  TargetSettings settings = {};
  /// The job is left at its first point: steps that follow take place while it is in progress, and
  /// AdvanceStep lets it go on.
  bool background = false;
  friend bool operator==(const OperateStep&, const OperateStep&) = default;
};
/// The item's job, if one is in progress, goes on by so many points: calls that it makes.
struct AdvanceStep {
  std::uint32_t points = 1;
  friend bool operator==(const AdvanceStep&, const AdvanceStep&) = default;
};
/// Time goes by on the system's clock, in whole milliseconds or, if `periods` is not 0, in copy
/// periods of the item. It goes by for all items.
struct WaitStep {
  std::chrono::milliseconds duration{};
  bool background = false;  ///< jobs that fall due are left at their first point
  std::uint32_t periods = 0;
  friend bool operator==(const WaitStep&, const WaitStep&) = default;
};
/// Something breaks.
struct FaultStep {
  FaultKind kind{};
  std::chrono::seconds clock_step{};  ///< see Fault::step; zero for all other kinds
  friend bool operator==(const FaultStep&, const FaultStep&) = default;
};
/// What broke and lasts is mended.
struct HealStep {
  friend bool operator==(const HealStep&, const HealStep&) = default;
};
/// Somebody changes the VM at primary beside the DR system.
struct EditStep {
  Edit edit{};
  friend bool operator==(const EditStep&, const EditStep&) = default;
};
/// The guest of the test failover's VM writes blocks in a row.
struct TestWriteStep {
  std::uint32_t disk = 0;
  BlockNumber block = 0;
  std::uint32_t count = 1;
  friend bool operator==(const TestWriteStep&, const TestWriteStep&) = default;
};
/// The guest of the old primary VM writes, where that was not shut down by an unplanned failover
/// and still runs. As TestWriteStep.
struct OldPrimaryWriteStep {
  std::uint32_t disk = 0;
  BlockNumber block = 0;
  std::uint32_t count = 1;
  friend bool operator==(const OldPrimaryWriteStep&, const OldPrimaryWriteStep&) = default;
};
using Action = std::variant<WriteStep, FlushStep, OperateStep, AdvanceStep, WaitStep, FaultStep,
                            HealStep, EditStep, TestWriteStep, OldPrimaryWriteStep>;

/// A moment inside a job: before call number `call` (from 0) of a stage; with a name, of its calls
/// of that name.
struct Moment {
  std::string stage;
  std::uint32_t call = 0;
  std::string name = {};
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

/// One action. Without `at` it waits for the job before it to end, unless that is in the
/// background. With `at` it takes place inside the job that the nearest earlier operate or wait
/// step started, and right after that job if the moment never came.
struct Step {
  Action action;
  std::optional<Moment> at = {};
  std::uint32_t item = 0;  ///< on which, modulo what there is. Faults, healing and time hit all
  friend bool operator==(const Step&, const Step&) = default;
};

/// What is made before the first step, to be protected as one.
struct ItemPlan {
  std::vector<DiskSpec> disks;
  std::vector<Hardware> vms = {Hardware{}};
  Policy policy = {};
  friend bool operator==(const ItemPlan&, const ItemPlan&) = default;
};

/// An ordered list of steps, with all that is needed to run it again.
struct Sequence {
  std::uint64_t seed = 0;  ///< of the world
  // The plan of the first item: nearly all sequences have but one.
  std::vector<DiskSpec> disks;
  std::vector<Hardware> vms = {Hardware{}};
  Policy policy = {};
  std::vector<ItemPlan> others = {};  ///< of the second item and those after it
  std::vector<Step> steps;

  [[nodiscard]] std::size_t item_count() const { return 1 + others.size(); }
  [[nodiscard]] ItemPlan plan(std::size_t item) const {
    return item == 0 ? ItemPlan{disks, vms, policy} : others[item - 1];
  }
};

/// "write disk 0 block 7", "planned_failover", "wait 300 s", each with " at stage/call" or " at
/// stage/name/call" where set.
std::string describe(const Step& step);

}  // namespace switchback
