// SPDX-License-Identifier: Apache-2.0
// The harness's own hands and eyes on the two sites: the guest that writes, and the witnesses.
// Nothing here is answered by the system under test.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/shared.hpp"
#include "harness/base/units.hpp"
#include "harness/journal/image.hpp"
#include "harness/lifecycle/state.hpp"
#include "harness/system/dr_system.hpp"

namespace switchback {

/// One guest write of one block.
struct GuestWrite {
  std::size_t disk = 0;  ///< position in the item's disks
  BlockNumber block = 0;
  WriteSeq seq = 0;
  bool trim = false;  ///< the guest discards the block: it shows this write, and nothing else
};

/// Something that exists on a site and bears this run's mark.
struct CensusEntry {
  Site site{};
  std::string_view kind;  ///< one of "vm", "volume", "checkpoint", "export", "process", "key"
  std::string name;
  friend auto operator<=>(const CensusEntry&, const CensusEntry&) = default;
};

/// What the names of checkpoints that others make begin with.
inline constexpr std::string_view kOthersMark = "others-";
/// Whether another tool has made it, beside the DR system.
inline bool is_of_others(const CensusEntry& entry) {
  const std::size_t slash = entry.name.rfind('/');
  return entry.kind == "checkpoint" && slash != std::string::npos &&
         std::string_view(entry.name).substr(slash + 1).starts_with(kOthersMark);
}

/// Bytes that crossed the link since the laboratory was made, by direction of travel, counted where
/// they pass and not by who sent them.
struct WireCount {
  Bytes to_recovery = 0;
  Bytes to_primary = 0;
  [[nodiscard]] Bytes total() const { return to_recovery + to_primary; }
};

/// Which sites have a live copy of an item; the copy of a test failover is none of these. Of a
/// group: true if any of its VMs runs.
struct LiveCopies {
  bool primary = false;
  bool recovery = false;
};

/// What keeps a guest from writing.
enum class Hold : std::uint8_t { none, frozen, suspended };

/// A VM of an item, as found on a site.
struct SeenVm {
  Site site{};
  std::string name;
  std::size_t vm = 0;  ///< which of the item's VMs
  bool test = false;   ///< made by a test failover
  bool running = false;
  Hold hold = Hold::none;
  /// Plugged into a network that no other VM of the item is on, and that is not one of its own.
  bool isolated = false;
  /// Differs whenever the VM was started anew, but for a start by its host after a loss of power:
  /// that one nobody asked for. Opaque.
  std::string incarnation;
  Hardware hardware;
  std::vector<DiskSpec> disks;  ///< in the guest's order, with the sizes found
};

/// A change that somebody makes to the VM at primary, or beside it, beside the DR system.
enum class Edit : std::uint8_t {
  add_disk,    ///< a new, last disk, which nobody writes to
  grow_disk,   ///< the disk gets larger
  swap_disks,  ///< the first two disks change places, and the guest's data with them
  /// The last disk goes to the next item's first VM, as its last one: see Laboratory::move_disk().
  move_disk,
  change_nic,  ///< the first NIC gets another MAC address
  add_memory,  ///< more memory
  delete_vm,   ///< the VM and its disks are deleted; only while it is off
  /// Another backup tool begins to track the changes of the item's VMs, wherever they run.
  foreign_checkpoint,
  take_snapshot,  ///< the hypervisor keeps what the VM's disks show now
  /// The VM's disks show again what they did when the snapshot was taken; the VM runs on with that.
  /// No tracking sees it. What the blocks concerned show is told by Laboratory::write_behind().
  revert_to_snapshot,
  undo,  ///< takes back add, grow, swap and move
};
inline constexpr std::array kAllEdits = {
    Edit::add_disk,      Edit::grow_disk,          Edit::swap_disks, Edit::move_disk,
    Edit::change_nic,    Edit::add_memory,         Edit::delete_vm,  Edit::foreign_checkpoint,
    Edit::take_snapshot, Edit::revert_to_snapshot, Edit::undo};
std::string_view name_of(Edit edit);
std::optional<Edit> edit_named(std::string_view name);

class Laboratory {
 public:
  virtual ~Laboratory() = default;

  /// Makes the item's VM on the primary site, running, its disks in their initial state.
  virtual Nothing create_item(const ItemSpec& item) = 0;
  /// Removes all that bears the item's mark on both sites, whatever state it is in.
  virtual Nothing remove_item(const ItemName& item) = 0;

  /// The guests on `site` write these blocks, at most one in flight per block, and return when all
  /// are acknowledged. Only while none of the VMs concerned is held. An Error leaves each of them
  /// acknowledged or not: unknown.
  virtual Nothing write(const ItemName& item, Site site, const std::vector<GuestWrite>& writes) = 0;
  /// The guest on `site` flushes all its disks.
  virtual Nothing flush(const ItemName& item, Site site) = 0;

  /// The VM's own disk as the guest on `site` would read it now; the VM may run or be off.
  virtual Result<std::unique_ptr<ImageReader>> open_disk(const ItemName& item, Site site,
                                                         std::size_t disk) = 0;
  /// The disk of the test failover's VM.
  virtual Result<std::unique_ptr<ImageReader>> open_test_disk(const ItemName& item,
                                                              std::size_t disk) = 0;
  /// The guest of the test failover's VM writes. None of it may be seen anywhere else.
  virtual Nothing write_test(const ItemName& item, const std::vector<GuestWrite>& writes) = 0;
  /// The disks at primary show these writes, which no guest made and no tracking sees: somebody
  /// writes to the disks of a VM that is off (FaultKind::disk_changed_behind), or its hypervisor
  /// gives them back an older content (Edit::revert_to_snapshot). Only in a world that offers
  /// those.
  virtual Nothing write_behind(const ItemName& item, const std::vector<GuestWrite>& writes);

  /// An image that the DR system pointed to, disk `disk` of the item.
  virtual Result<std::unique_ptr<ImageReader>> open_located(const ItemName& item, std::size_t disk,
                                                            const DiskLocator& locator) = 0;
  /// The number that the image there bears, where the world keeps one: see ImageReader::content().
  [[nodiscard]] virtual std::optional<std::uint64_t> content_at(const DiskLocator&) {
    return std::nullopt;
  }

  virtual Result<LiveCopies> live_copies(const ItemName& item) = 0;
  /// The VMs of the item on both sites, test copies too, by site and name.
  virtual Result<Shared<std::vector<SeenVm>>> vms(const ItemName& item) = 0;
  /// Whether guests can trim, and a block that shows nothing can be told from one never written.
  [[nodiscard]] virtual bool trims() const { return false; }
  /// The edits that edit() can make in this world.
  [[nodiscard]] virtual std::vector<Edit> edits() const = 0;
  /// Edits the first VM of the item at primary; a foreign_checkpoint is made on all that run. An
  /// Error if it can't be done now, and for what has calls of its own: move_disk, and the
  /// snapshots, which the harness keeps itself and reverts to by write_behind().
  virtual Nothing edit(const ItemName& item, Edit edit) = 0;
  /// Detaches the last disk of the first VM of `from` at primary, running or not, and attaches it,
  /// as its last one, to the first VM of `to` there. What is on it, tracking too, moves with it. An
  /// Error if it is the only disk, the VM boots from it, or somebody reads a view of it: then it is
  /// where it was. Edit::undo of `from` takes it back.
  virtual Nothing move_disk(const ItemName& from, const ItemName& to);
  /// The disk that move_disk() took from the item, as the VM that has it now would read it. An
  /// Error of kind not_found unless that VM, and no other, has it.
  virtual Result<std::unique_ptr<ImageReader>> open_moved_disk(const ItemName& from);

  /// Everything of the item on both sites, sorted.
  virtual Result<Shared<std::vector<CensusEntry>>> census(const ItemName& item) = 0;
  [[nodiscard]] virtual WireCount wire() = 0;
  /// The same as the link's network interface counted it: with the headers of all that lies below
  /// the sockets, and what was sent again. Never less than wire() was before. Nothing where the
  /// link is no interface of its own, or that can't be read.
  [[nodiscard]] virtual std::optional<WireCount> wire_at_interface() { return std::nullopt; }
  /// What became of writes that were not flushed when a site lost its power, in words, since this
  /// was last asked. Empty where nothing was at stake.
  [[nodiscard]] virtual std::string take_losses() { return {}; }
  /// A number for all that there is on both sites: where the same seed gives the same events, it
  /// gives the same number too. Nothing where that can't be had.
  [[nodiscard]] virtual std::optional<std::uint64_t> state_digest() { return std::nullopt; }
};

/// A DR system together with the two sites that it works on, fresh for one sequence.
struct World {
  std::unique_ptr<Laboratory> laboratory;  ///< outlives `system`
  std::unique_ptr<DrSystem> system;

  World() = default;
  World(World&&) = default;
  World& operator=(World&&) = delete;
  ~World() { system.reset(); }
};

/// Makes worlds. Safe to call from several threads; each world is then used by one thread.
class WorldFactory {
 public:
  virtual ~WorldFactory() = default;
  /// `seed` feeds every choice that the world itself makes.
  virtual Result<World> make(std::uint64_t seed) = 0;
  /// "sim" or "libvirt": the name that traces and reports use.
  [[nodiscard]] virtual std::string name() const = 0;
  /// The same seed gives the same events here.
  [[nodiscard]] virtual bool deterministic() const = 0;
};

}  // namespace switchback
