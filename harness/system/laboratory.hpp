// SPDX-License-Identifier: Apache-2.0
// The harness's own hands and eyes on the two sites: the guest that writes, and the witnesses.
// Nothing here is answered by the system under test.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
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
};

/// Something that exists on a site and bears this run's mark.
struct CensusEntry {
  Site site{};
  std::string kind;  ///< "vm", "volume", "checkpoint", "export", "process"
  std::string name;
  friend auto operator<=>(const CensusEntry&, const CensusEntry&) = default;
};

/// Bytes that crossed the link since the laboratory was made, by direction of travel, counted where
/// they pass and not by who sent them.
struct WireCount {
  Bytes to_recovery = 0;
  Bytes to_primary = 0;
  [[nodiscard]] Bytes total() const { return to_recovery + to_primary; }
};

/// Which sites have a live copy of an item.
struct LiveCopies {
  bool primary = false;
  bool recovery = false;
};

class Laboratory {
 public:
  virtual ~Laboratory() = default;

  /// Makes the item's VM on the primary site, running, its disks in their initial state.
  virtual Nothing create_item(const ItemSpec& item) = 0;
  /// Removes all that bears the item's mark on both sites, whatever state it is in.
  virtual Nothing remove_item(const ItemName& item) = 0;

  /// The guest on `site` writes these blocks, at most one in flight per block, and returns when all
  /// are acknowledged. An Error leaves each of them acknowledged or not: unknown.
  virtual Nothing write(const ItemName& item, Site site, const std::vector<GuestWrite>& writes) = 0;
  /// The guest on `site` flushes all its disks.
  virtual Nothing flush(const ItemName& item, Site site) = 0;

  /// The VM's own disk as the guest on `site` would read it now; the VM may run or be off.
  virtual Result<std::unique_ptr<ImageReader>> open_disk(const ItemName& item, Site site,
                                                         std::size_t disk) = 0;
  /// An image that the DR system pointed to, disk `disk` of the item.
  virtual Result<std::unique_ptr<ImageReader>> open_located(const ItemName& item, std::size_t disk,
                                                            const DiskLocator& locator) = 0;

  virtual Result<LiveCopies> live_copies(const ItemName& item) = 0;
  /// Everything of the item on both sites, sorted.
  virtual Result<std::vector<CensusEntry>> census(const ItemName& item) = 0;
  [[nodiscard]] virtual WireCount wire() = 0;
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
