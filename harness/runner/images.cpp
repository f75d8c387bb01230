// SPDX-License-Identifier: Apache-2.0
// See images.hpp.
#include "harness/runner/images.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace switchback {
namespace {

class StoredImage final : public ImageReader {
 public:
  explicit StoredImage(const DiskImage& disk) : disk_(disk) {}

  [[nodiscard]] Bytes size_bytes() const override { return disk_.size_bytes; }
  Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) override {
    for (const auto& [block, shown] : *disk_.blocks)
      visit(block, shown);
    return {};
  }

 private:
  const DiskImage& disk_;
};

Nothing add_disk(GroupImage& image, Result<std::unique_ptr<ImageReader>> opened) {
  if (!opened) return tl::unexpected(opened.error());
  SB_ASSIGN(blocks, (*opened)->read_all());
  image.push_back({.size_bytes = (*opened)->size_bytes(),
                   .blocks = std::move(blocks),
                   .content = (*opened)->content()});
  return {};
}

Result<Shared<std::vector<DiskLocator>>> locate(World& world, const ItemSpec& item,
                                                const std::string& point) {
  SB_ASSIGN(locators, world.system->locate_point(item.name, point));
  if (locators.size() == item.disks.size()) return locators;
  return environment_error(fmt::format("recovery point {} has {} disk images, the item has {} "
                                       "disks",
                                       point, locators.size(), item.disks.size()),
                           "the system must locate every disk of a point");
}

Result<GroupImage> read_located(World& world, const ItemSpec& item,
                                const std::vector<DiskLocator>& locators) {
  GroupImage image;
  for (std::size_t disk = 0; disk < item.disks.size(); ++disk)
    SB_TRY(add_disk(image, world.laboratory->open_located(item.name, disk, locators[disk])));
  return image;
}

/// Calls `visit(block, one, other)` for every block that either has.
template <class Visit>
void side_by_side(const DiskImage& one, const DiskImage& other, const Visit& visit) {
  auto left = one.blocks->begin();
  auto right = other.blocks->begin();
  while (left != one.blocks->end() || right != other.blocks->end()) {
    if (right == other.blocks->end() || (left != one.blocks->end() && left->first < right->first)) {
      visit(left->first, left->second, Shown{});
      ++left;
    } else if (left == one.blocks->end() || right->first < left->first) {
      visit(right->first, Shown{}, right->second);
      ++right;
    } else {
      visit(left->first, left->second, right->second);
      ++left;
      ++right;
    }
  }
}

/// A block is at most a little longer than kBlockBytes, and only the last one is.
void add_block(std::set<std::uint64_t>& grains, BlockNumber block, const DiskGeometry& geometry,
               Bytes grain) {
  if (block >= geometry.block_count()) return;
  const Bytes begin = geometry.block_offset(block);
  const Bytes end = begin + geometry.block_bytes(block);
  for (std::uint64_t touched = begin / grain; touched * grain < end; ++touched)
    grains.insert(touched);
}

bool has_device(const SeenVm& vm, const std::string& device) {
  return std::any_of(vm.disks.begin(), vm.disks.end(),
                     [&](const DiskSpec& disk) { return disk.device == device; });
}

DiskGeometry geometry_of(const DiskImage& disk) {
  return {.size_bytes = std::max(disk.size_bytes, kSectorBytes), .volatile_cache = false};
}

}  // namespace

Result<GroupImage> read_vms(World& world, const ItemSpec& item, Site site) {
  GroupImage image;
  for (std::size_t disk = 0; disk < item.disks.size(); ++disk)
    SB_TRY(add_disk(image, world.laboratory->open_disk(item.name, site, disk)));
  return image;
}

Result<GroupImage> read_vms_left(World& world, const ItemSpec& item, Site site,
                                 const std::vector<SeenVm>& vms) {
  GroupImage image;
  for (std::size_t disk = 0; disk < item.disks.size(); ++disk) {
    const bool there = std::any_of(vms.begin(), vms.end(), [&](const SeenVm& vm) {
      return vm.site == site && !vm.test && vm.vm == item.disks[disk].vm &&
             has_device(vm, item.disks[disk].device);
    });
    if (there) {
      SB_TRY(add_disk(image, world.laboratory->open_disk(item.name, site, disk)));
    } else {
      image.emplace_back();
    }
  }
  return image;
}

Result<GroupImage> read_moved(World& world, const ItemName& from) {
  GroupImage image;
  SB_TRY(add_disk(image, world.laboratory->open_moved_disk(from)));
  return image;
}

Result<GroupImage> read_test_vms(World& world, const ItemSpec& item) {
  GroupImage image;
  for (std::size_t disk = 0; disk < item.disks.size(); ++disk)
    SB_TRY(add_disk(image, world.laboratory->open_test_disk(item.name, disk)));
  return image;
}

Result<GroupImage> read_point(World& world, const ItemSpec& item, const std::string& point) {
  SB_ASSIGN(locators, locate(world, item, point));
  return read_located(world, item, locators);
}

Result<std::optional<GroupImage>> read_point_again(World& world, const ItemSpec& item,
                                                   const std::string& point,
                                                   const GroupImage& known) {
  SB_ASSIGN(locators, locate(world, item, point));
  bool same = true;
  for (std::size_t disk = 0; disk < locators.size() && same; ++disk) {
    const std::optional<std::uint64_t> content = world.laboratory->content_at(locators[disk]);
    same = content.has_value() && content == known[disk].content;
  }
  if (same) return std::nullopt;
  SB_ASSIGN(image, read_located(world, item, locators));
  return std::optional(std::move(image));
}

bool one_reading(const GroupImage& one, const GroupImage& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const DiskImage& left, const DiskImage& right) {
                      return left.blocks == right.blocks && left.size_bytes == right.size_bytes;
                    });
}

CutReport check_cut(const GroupImage& image, const Journal& journal) {
  CutChecker checker(journal);
  for (std::size_t disk = 0; disk < image.size(); ++disk) {
    StoredImage stored(image[disk]);
    static_cast<void>(checker.take(static_cast<DiskIndex>(disk), stored));  // can't fail
  }
  return checker.report();
}

std::optional<Difference> difference(const GroupImage& found, const GroupImage& expected) {
  std::optional<Difference> result;
  for (std::size_t disk = 0; disk < found.size(); ++disk) {
    if (found[disk].blocks == expected[disk].blocks) continue;  // one reading of both
    side_by_side(found[disk], expected[disk],
                 [&](BlockNumber block, const Shown& is, const Shown& was) {
                   if (is == was) return;
                   if (!result)
                     result = Difference{{static_cast<DiskIndex>(disk), block, is.seq, was.seq}, 0};
                   ++result->count;
                 });
  }
  return result;
}

std::vector<InitialBlock> initial_blocks(const GroupImage& image) {
  std::vector<InitialBlock> blocks;
  for (std::size_t disk = 0; disk < image.size(); ++disk)
    for (const auto& [block, shown] : *image[disk].blocks)
      if (shown.kind == Shown::Kind::write)
        blocks.push_back({static_cast<DiskIndex>(disk), block, shown.seq});
  return blocks;
}

Grains allocated_grains(const GroupImage& image, Bytes grain) {
  Grains grains(image.size());
  for (std::size_t disk = 0; disk < image.size(); ++disk)
    for (const auto& [block, shown] : *image[disk].blocks)
      if (shown.kind != Shown::Kind::initial)
        add_block(grains[disk], block, geometry_of(image[disk]), grain);
  return grains;
}

Grains known_grains(const Journal& journal, Bytes grain) {
  Grains grains(journal.disk_count());
  add_known(grains, journal, 0, grain);
  return grains;
}

void add_known(Grains& grains, const Journal& journal, std::size_t from, Bytes grain) {
  for (std::size_t slot = from; slot < journal.blocks().size(); ++slot) {
    const BlockHistory& history = journal.blocks()[slot];
    add_block(grains[history.disk], history.block, journal.geometry(history.disk), grain);
  }
}

Grains differing_grains(const GroupImage& one, const GroupImage& other, Bytes grain) {
  Grains grains(one.size());
  for (std::size_t disk = 0; disk < one.size(); ++disk)
    side_by_side(one[disk], other[disk],
                 [&](BlockNumber block, const Shown& left, const Shown& right) {
                   if (!(left == right))
                     add_block(grains[disk], block, geometry_of(one[disk]), grain);
                 });
  return grains;
}

void add_dirtied(Grains& grains, const Journal& journal, Tick since, Bytes grain) {
  for (std::size_t disk = 0; disk < grains.size(); ++disk)
    for (const std::uint64_t touched :
         journal.dirtied_grains(static_cast<DiskIndex>(disk), since, grain))
      grains[disk].insert(touched);
}

Bytes bytes_of(const Grains& grains, const Journal& journal, Bytes grain) {
  Bytes bytes = 0;
  for (std::size_t disk = 0; disk < grains.size(); ++disk) {
    const Bytes size = journal.geometry(static_cast<DiskIndex>(disk)).size_bytes;
    for (const std::uint64_t touched : grains[disk])
      bytes += std::min(grain, size - std::min(size, touched * grain));
  }
  return bytes;
}

std::uint64_t count_of(const Grains& grains) {
  std::uint64_t count = 0;
  for (const std::set<std::uint64_t>& of_disk : grains)
    count += of_disk.size();
  return count;
}

}  // namespace switchback
