// SPDX-License-Identifier: Apache-2.0
// See sim_volumes.hpp.
#include "vms/hosts/sim/sim_volumes.hpp"

#include <algorithm>
#include <utility>

#include <xxhash.h>

namespace switchback::sim {
ShownBlocks laid_over(const ShownBlocks& below, const std::map<BlockNumber, WriteSeq>& blocks) {
  ShownBlocks shown;
  shown.reserve(below.size() + blocks.size());
  auto under = below.begin();
  for (const auto& [block, seq] : blocks) {
    while (under != below.end() && under->first < block)
      shown.push_back(*under++);
    if (under != below.end() && under->first == block) ++under;
    shown.emplace_back(block, shown_as(seq));
  }
  shown.insert(shown.end(), under, below.end());
  return shown;
}

KeyDigest digest_of_key(const std::string& key) {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return {hash.high64, hash.low64};
}

WriteSeq Volume::show(BlockNumber block) const {
  for (const Volume* layer = this; layer != nullptr; layer = layer->below_) {
    const auto found = layer->blocks_.find(block);
    if (found != layer->blocks_.end()) return found->second;
  }
  return kInitialState;
}

const std::shared_ptr<const ShownBlocks>& Volume::shown() const {
  if (shown_ != nullptr && shown_content_ == content_) return shown_;
  if (below_ != nullptr && blocks_.empty()) {
    shown_ = below_->shown();
  } else {
    static const ShownBlocks kNothing;
    shown_ = std::make_shared<const ShownBlocks>(
        laid_over(below_ != nullptr ? *below_->shown() : kNothing, blocks_));
  }
  shown_content_ = content_;
  return shown_;
}

Volume* Volumes::find(std::string_view name) {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : found->second;
}

const Volume* Volumes::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : found->second;
}

Volume& Volumes::create(const std::string& name, VolumeShape shape) {
  changes_.note(name);
  const auto [found, fresh] = by_name_.try_emplace(name);
  Volume& volume = found->second;
  if (fresh) {
    volume.name_ = &found->first;
    index_.emplace(found->first, &volume);
  } else {
    detach(volume);
  }
  volume.shape_ = std::move(shape);
  volume.blocks_.clear();
  volume.checkpoints_.clear();
  volume.unflushed_.clear();
  if (volume.shape_.backing) {
    volume.below_ = find(*volume.shape_.backing);
    if (volume.below_ != nullptr)
      volume.below_->above_.push_back(&volume);
    else
      ++orphans_;
  }
  if (fresh && orphans_ > 0) adopt(name, volume);
  changed(volume);
  volume.change_mark_ = volume.content_;
  return volume;
}

void Volumes::adopt(const std::string& name, Volume& volume) {
  for (auto& [other_name, other] : by_name_) {
    if (&other == &volume || other.below_ != nullptr || other.shape_.backing != name) continue;
    other.below_ = &volume;
    volume.above_.push_back(&other);
    --orphans_;
  }
}

void Volumes::remove(const std::string& name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  changes_.note(name);
  detach(found->second);
  for (Volume* const above : found->second.above_) {
    above->below_ = nullptr;
    ++orphans_;
    changed(*above);
  }
  index_.erase(found->first);
  by_name_.erase(found);
}

void Volumes::resize(Volume& volume, Bytes size_bytes) {
  changes_.note(*volume.name_);
  volume.shape_.geometry.size_bytes = size_bytes;
  changed(volume);
}

void Volumes::write(Volume& volume, BlockNumber block, WriteSeq seq) {
  volume.blocks_[block] = seq;
  for (auto& [name, grains] : volume.checkpoints_)
    grains.insert(block / blocks_per_grain_);
  changed(volume);
}

void Volumes::write_untracked(Volume& volume, BlockNumber block, WriteSeq seq) {
  volume.blocks_[block] = seq;
  changed(volume);
  volume.change_mark_ = volume.content_;
}

void Volumes::write_cached(Volume& volume, BlockNumber block, WriteSeq seq) {
  const auto held = volume.blocks_.find(block);
  volume.unflushed_.push_back(
      {.block = block,
       .before = held == volume.blocks_.end() ? std::nullopt : std::optional(held->second),
       .written = seq});
  write(volume, block, seq);
}

void Volumes::lose_unflushed(Volume& volume, const std::vector<bool>& kept,
                             std::optional<std::size_t> torn) {
  const std::vector<Volume::Unflushed> writes = std::exchange(volume.unflushed_, {});
  std::map<BlockNumber, WriteSeq> newest;
  for (const Volume::Unflushed& write : writes)
    newest[write.block] = write.written;
  const auto stands = [&](BlockNumber block) {
    const auto held = volume.blocks_.find(block);
    return held != volume.blocks_.end() && held->second == newest.at(block);
  };
  std::erase_if(newest, [&](const auto& entry) { return !stands(entry.first); });
  for (auto write = writes.rbegin(); write != writes.rend(); ++write) {
    if (!newest.contains(write->block)) continue;
    if (write->before)
      volume.blocks_[write->block] = *write->before;
    else
      volume.blocks_.erase(write->block);
  }
  for (std::size_t n = 0; n < writes.size(); ++n) {
    if (!newest.contains(writes[n].block)) continue;
    if (torn == n)
      volume.blocks_[writes[n].block] = torn_by(writes[n].written);
    else if (kept[n])
      volume.blocks_[writes[n].block] = writes[n].written;
  }
  changed(volume);
}

void Volumes::fold(Volume& base, Volume& top) {
  std::vector<Volume*> layers;  // newest first
  for (Volume* layer = &top; layer != &base; layer = layer->below_)
    layers.push_back(layer);
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
    for (const auto& [block, seq] : (*layer)->blocks_)
      base.blocks_[block] = seq;
  // What rests on `top` goes on showing what it showed; all else that rests on `base` does not.
  std::vector<Volume*> users = std::move(top.above_);
  top.above_.clear();
  changed(base);
  for (Volume* const user : users) {
    user->below_ = &base;
    user->shape_.backing = *base.name_;
    base.above_.push_back(user);
  }
}

void Volumes::changed(Volume& volume) {
  volume.content_ = next_content_;
  next_content_ += stride_;
  for (Volume* const above : volume.above_)
    changed(*above);
}

void Volumes::detach(Volume& volume) {
  if (volume.below_ != nullptr)
    std::erase(volume.below_->above_, &volume);
  else if (volume.shape_.backing)
    --orphans_;
  volume.below_ = nullptr;
}

}  // namespace switchback::sim
