// SPDX-License-Identifier: Apache-2.0
// The table of slots finds what a map finds.
#include "harness/journal/slot_table.hpp"

#include <map>

#include <gtest/gtest.h>

#include "harness/journal/random_history.hpp"

namespace switchback {
namespace {

struct Place {
  DiskIndex disk = 0;
  BlockNumber block = 0;
};

TEST(SlotTable, FindsWhatAMapFinds) {
  check_over(500, [] {
    SlotTable table;
    std::vector<Place> blocks;
    std::map<std::pair<DiskIndex, BlockNumber>, std::size_t> expected;
    // Neighbours, blocks far apart, and strides: all of them meet in a table.
    const auto stride = BlockNumber{1} << between(0U, 40U);
    const auto most = between<BlockNumber>(1, 300);
    const auto any_place = [&] {
      return Place{between<DiskIndex>(0, 3), stride * between<BlockNumber>(0, most)};
    };
    for (int n = 0; n < 400; ++n) {
      const Place place = any_place();
      const auto known = expected.find({place.disk, place.block});
      const SlotTable::Slot found = table.find(blocks, place.disk, place.block);
      RC_ASSERT(found == (known == expected.end() ? SlotTable::kNone : known->second));
      if (known != expected.end()) continue;
      expected.emplace(std::pair(place.disk, place.block), blocks.size());
      table.add(blocks, place.disk, place.block);
      blocks.push_back(place);
    }
  });
}

TEST(SlotTable, TakesAFewBytesABlock) {
  SlotTable table;
  std::vector<Place> blocks;
  for (BlockNumber block = 0; block < 100'000; ++block) {
    table.add(blocks, 0, block * 7);
    blocks.push_back({0, block * 7});
  }
  EXPECT_LE(table.memory_bytes(), 100'000U * 12);
}

}  // namespace
}  // namespace switchback
