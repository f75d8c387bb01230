// SPDX-License-Identifier: Apache-2.0
// The disk images of a simulated site. A block of a disk is the number of the guest write that it
// shows, so a disk costs what was written to it.
//
// Every image bears a number that stands for the content that it shows, backing chain included:
// equal numbers, equal content. The simulated disks keep it themselves, whoever it is that changes
// them, so that what nobody wrote to need not be read again to be known as unchanged.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/journal/geometry.hpp"
#include "harness/journal/image.hpp"
#include "vms/hosts/sim/sim_block.hpp"
#include "vms/hosts/sim/sim_changes.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::sim {

/// The unit in which the simulated hypervisor tracks changes unless told otherwise: that of a qcow2
/// image with clusters of the default size.
inline constexpr Bytes kTrackingGrain = 65536;
inline constexpr BlockNumber kBlocksPerGrain = kTrackingGrain / kBlockBytes;

/// What is kept of a key: enough to tell another one from it.
using KeyDigest = std::array<std::uint64_t, 2>;
KeyDigest digest_of_key(const std::string& key);

/// The lock of an encrypted volume: the name under which its key is looked for, and what that key
/// must be.
struct Lock {
  recovery::KeyName key;
  KeyDigest digest{};
};

/// What a volume is made as.
struct VolumeShape {
  DiskGeometry geometry;
  std::optional<std::string> backing;
  std::optional<Lock> lock;
};

/// A disk image: what was written to it, over what its backing volume shows. Only Volumes changes
/// one.
class Volume {
 public:
  [[nodiscard]] const DiskGeometry& geometry() const { return shape_.geometry; }
  [[nodiscard]] const std::optional<std::string>& backing() const { return shape_.backing; }
  [[nodiscard]] const std::optional<Lock>& lock() const { return shape_.lock; }
  /// The volume that it rests on; nullptr if there is none, or none any more.
  [[nodiscard]] const Volume* below() const { return below_; }
  /// What the number of its content is: see above.
  [[nodiscard]] std::uint64_t content() const { return content_; }
  /// See Host::change_mark().
  [[nodiscard]] std::uint64_t change_mark() const { return change_mark_; }
  /// For each checkpoint, the grains written since it was made.
  [[nodiscard]] const std::map<std::string, std::set<BlockNumber>>& checkpoints() const {
    return checkpoints_;
  }
  /// What a block shows, looking through the backing chain.
  [[nodiscard]] WriteSeq show(BlockNumber block) const;
  /// Every block that any volume of the chain holds, with what this one shows; also those that were
  /// zeroed.
  [[nodiscard]] const std::shared_ptr<const ShownBlocks>& shown() const;
  /// A write that a volatile cache holds, and what the volume itself held there before.
  struct Unflushed {
    BlockNumber block = 0;
    std::optional<WriteSeq> before;
    WriteSeq written = 0;
  };
  /// In the order in which they were made.
  [[nodiscard]] const std::vector<Unflushed>& unflushed() const { return unflushed_; }

 private:
  friend class Volumes;

  const std::string* name_ = nullptr;  ///< under which it is kept
  VolumeShape shape_;
  std::map<BlockNumber, WriteSeq> blocks_;
  std::map<std::string, std::set<BlockNumber>> checkpoints_;
  std::vector<Unflushed> unflushed_;
  std::uint64_t content_ = 0;
  std::uint64_t change_mark_ = 0;  ///< that number, when it was last changed behind all tracking
  Volume* below_ = nullptr;
  std::vector<Volume*> above_;  ///< those that rest on it
  mutable std::shared_ptr<const ShownBlocks> shown_;
  mutable std::uint64_t shown_content_ = 0;  ///< of which content that is
};

/// All volumes of a site, by name.
class Volumes {
 public:
  /// Numbers of contents are told apart between the sites of a world by `first`.
  Volumes(std::uint64_t first, std::uint64_t stride) : next_content_(first), stride_(stride) {}
  Volumes(const Volumes&) = delete;
  Volumes& operator=(const Volumes&) = delete;

  /// The unit in which changes are tracked from now on, a multiple of a block: to be chosen before
  /// anything is tracked.
  void set_tracking_grain(Bytes bytes) { blocks_per_grain_ = bytes / kBlockBytes; }
  [[nodiscard]] BlockNumber blocks_per_grain() const { return blocks_per_grain_; }

  /// nullptr if there is none of that name.
  [[nodiscard]] Volume* find(std::string_view name);
  [[nodiscard]] const Volume* find(std::string_view name) const;
  [[nodiscard]] auto begin() const { return by_name_.begin(); }
  [[nodiscard]] auto end() const { return by_name_.end(); }
  [[nodiscard]] auto lower_bound(const std::string& name) const {
    return by_name_.lower_bound(name);
  }

  /// Makes an empty volume. One of that name is discarded; what rests on it rests on the new one.
  Volume& create(const std::string& name, VolumeShape shape);
  /// What rests on it loses what it holds.
  void remove(const std::string& name);
  /// Of all whose name and volume fulfil a condition.
  template <class Condition>
  void remove_all(const Condition& condition) {
    std::vector<std::string> names;
    for (const auto& entry : by_name_)
      if (condition(entry)) names.push_back(entry.first);
    for (const std::string& name : names)
      remove(name);
  }
  void resize(Volume& volume, Bytes size_bytes);
  /// Writes one block; tracking marks its grain.
  void write(Volume& volume, BlockNumber block, WriteSeq seq);
  /// Writes one block behind the back of whoever tracks the volume.
  void write_untracked(Volume& volume, BlockNumber block, WriteSeq seq);
  /// As write(), and until flush() it is only in a volatile cache.
  void write_cached(Volume& volume, BlockNumber block, WriteSeq seq);
  static void flush(Volume& volume) { volume.unflushed_.clear(); }
  /// The power goes: of the unflushed writes those stay that are `kept`, and one may be torn. What
  /// was written over by somebody who does not use the cache is not touched.
  void lose_unflushed(Volume& volume, const std::vector<bool>& kept,
                      std::optional<std::size_t> torn);
  /// Folds `top` and all between it and `base`, on which it rests, into `base`; what rests on `top`
  /// rests on `base` afterwards.
  void fold(Volume& base, Volume& top);
  /// Starts tracking under that name, anew if it was tracked so before.
  void track(Volume& volume, const std::string& checkpoint) {
    changes_.note(*volume.name_);
    volume.checkpoints_[checkpoint].clear();
  }
  void stop_tracking(Volume& volume, const std::string& checkpoint) {
    changes_.note(*volume.name_);
    volume.checkpoints_.erase(checkpoint);
  }
  void stop_all_tracking(Volume& volume) {
    changes_.note(*volume.name_);
    volume.checkpoints_.clear();
  }
  /// Counts the times that a census of an item's volumes, or a size, may have changed.
  [[nodiscard]] const std::uint64_t& changes_of(const std::string& item) {
    return changes_.of(item);
  }

 private:
  /// What rested on a volume of that name which was removed rests on this one.
  void adopt(const std::string& name, Volume& volume);
  /// It shows something else now, and with it all that rests on it.
  void changed(Volume& volume);
  /// It rests on nothing any more.
  void detach(Volume& volume);

  std::map<std::string, Volume> by_name_;
  std::unordered_map<std::string_view, Volume*> index_;  ///< of the same
  std::size_t orphans_ = 0;  ///< overlays whose backing volume is not there
  std::uint64_t next_content_;
  std::uint64_t stride_;
  BlockNumber blocks_per_grain_ = kBlocksPerGrain;
  ChangeCounts changes_;
};

/// What is shown where these blocks lie over others.
ShownBlocks laid_over(const ShownBlocks& below, const std::map<BlockNumber, WriteSeq>& blocks);

/// A block of a simulated disk as an image shows it.
inline Shown shown_as(WriteSeq seq) {
  if (seq == kInitialState) return {};
  return {is_torn(seq) ? Shown::Kind::torn : Shown::Kind::write, write_shown(seq)};
}

}  // namespace switchback::sim
