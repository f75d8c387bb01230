// SPDX-License-Identifier: Apache-2.0
// What a group of disks shows at one instant, read once and held against several things.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "harness/journal/cut_checker.hpp"
#include "harness/system/laboratory.hpp"

namespace switchback {

/// What a disk shows. Copies share it.
struct DiskImage {
  Bytes size_bytes = 0;
  std::shared_ptr<const ShownBlocks> blocks = std::make_shared<const ShownBlocks>();
  std::optional<std::uint64_t> content;  ///< see ImageReader::content()
};
/// The disks of an item, in its order.
using GroupImage = std::vector<DiskImage>;

/// Reads the VMs' own disks on `site`. An Error is the world's.
Result<GroupImage> read_vms(World& world, const ItemSpec& item, Site site);
/// The same where some of the VMs, or of their disks, may be gone: those are empty. `vms`: what is
/// there.
Result<GroupImage> read_vms_left(World& world, const ItemSpec& item, Site site,
                                 const std::vector<SeenVm>& vms);
/// Reads the disk alone that was moved from the item's VM to another one.
Result<GroupImage> read_moved(World& world, const ItemName& from);
/// Reads the disks of the test failover's VMs.
Result<GroupImage> read_test_vms(World& world, const ItemSpec& item);
/// Reads a recovery point's images. An Error also if the system does not locate every disk.
Result<GroupImage> read_point(World& world, const ItemSpec& item, const std::string& point);
/// The same, if they may show something else than `known`: the disks of the simulated world tell
/// that by themselves. Nothing: they show the same.
Result<std::optional<GroupImage>> read_point_again(World& world, const ItemSpec& item,
                                                   const std::string& point,
                                                   const GroupImage& known);

/// Whether the two are one reading of all disks, or readings of disks that show the same by one
/// reading: what is found of one is so of the other.
bool one_reading(const GroupImage& one, const GroupImage& other);

/// Holds the image against the journal as it stands.
CutReport check_cut(const GroupImage& image, const Journal& journal);

/// Where an image is not as expected.
struct Difference {
  BlockWitness first;  ///< of the lowest disk, then block
  std::uint64_t count = 0;
};
std::optional<Difference> difference(const GroupImage& found, const GroupImage& expected);

/// What a branch of history begins with: the whole writes that the image shows.
std::vector<InitialBlock> initial_blocks(const GroupImage& image);

/// Numbers of parts of a disk, by disk.
using Grains = std::vector<std::set<std::uint64_t>>;
/// The parts of `grain` bytes that hold anything.
Grains allocated_grains(const GroupImage& image, Bytes grain);
/// The parts that a branch of history knows blocks in: that began with one, or were written.
Grains known_grains(const Journal& journal, Bytes grain);
/// Adds the same, but for the first `from` of the blocks it knows.
void add_known(Grains& grains, const Journal& journal, std::size_t from, Bytes grain);
/// The parts that hold a block in which the two differ.
Grains differing_grains(const GroupImage& one, const GroupImage& other, Bytes grain);
/// Adds what was written since.
void add_dirtied(Grains& grains, const Journal& journal, Tick since, Bytes grain);
/// Their bytes, the last one of a disk clipped at its end.
Bytes bytes_of(const Grains& grains, const Journal& journal, Bytes grain);
std::uint64_t count_of(const Grains& grains);

}  // namespace switchback
