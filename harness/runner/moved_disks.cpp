// SPDX-License-Identifier: Apache-2.0
// See moved_disks.hpp.
#include "harness/runner/moved_disks.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace switchback {
namespace {

/// How the disk is no longer what it was; empty if it is.
std::string what_became_of(World& world, const ItemName& from, const GroupImage& was) {
  const Result<std::unique_ptr<ImageReader>> opened = world.laboratory->open_moved_disk(from);
  if (!opened) return opened.error().message;
  const std::optional<std::uint64_t> content = (*opened)->content();
  if (content && content == was.front().content) return {};
  const Result<GroupImage> is = read_moved(world, from);
  if (!is) return is.error().message;
  if (is->front().size_bytes != was.front().size_bytes)
    return fmt::format("it has {} bytes instead of {}", is->front().size_bytes,
                       was.front().size_bytes);
  const std::optional<Difference> found = difference(*is, was);
  if (!found) return {};
  return fmt::format("{} block(s) differ, the first is {}: it shows write {} instead of {}",
                     found->count, found->first.block, found->first.shows, found->first.expected);
}

}  // namespace

Nothing MovedDisks::begin(World& world, const ItemSpec& from, std::size_t from_number,
                          std::size_t to_number) {
  SB_ASSIGN(image, read_moved(world, from.name));
  moved_.push_back({.name = from.name,
                    .from = from_number,
                    .to = to_number,
                    .was = std::move(image),
                    .touch = std::nullopt});
  return {};
}

void MovedDisks::end(std::size_t from_number) {
  std::erase_if(moved_, [&](const Moved& moved) { return moved.from == from_number; });
}

bool MovedDisks::has_gone(std::size_t item) const {
  return std::any_of(moved_.begin(), moved_.end(),
                     [&](const Moved& moved) { return moved.from == item; });
}

bool MovedDisks::has_come(std::size_t item) const {
  return std::any_of(moved_.begin(), moved_.end(),
                     [&](const Moved& moved) { return moved.to == item; });
}

std::optional<std::size_t> MovedDisks::other_side(std::size_t item) const {
  for (const Moved& moved : moved_) {
    if (moved.from == item) return moved.to;
    if (moved.to == item) return moved.from;
  }
  return std::nullopt;
}

void MovedDisks::look(World& world, const Toucher& by) {
  for (Moved& moved : moved_) {
    if (moved.touch) continue;
    std::string how = what_became_of(world, moved.name, moved.was);
    if (how.empty()) continue;
    moved.toucher = by.item;
    moved.touch = TouchedDisk{.of_item = moved.from,
                              .at_item = moved.to,
                              .operation = by.operation,
                              .stage = by.stage,
                              .how = std::move(how)};
  }
}

std::vector<TouchedDisk> MovedDisks::touched_by(std::size_t item) const {
  std::vector<TouchedDisk> touched;
  for (const Moved& moved : moved_)
    if (moved.touch && moved.toucher == item) touched.push_back(*moved.touch);
  return touched;
}

}  // namespace switchback
