// SPDX-License-Identifier: Apache-2.0
// Volumes against the plainest model of a backing chain: what they show, and that the number of a
// content stands for it.
#include "vms/hosts/sim/sim_volumes.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace switchback::sim {
namespace {

using Blocks = std::map<BlockNumber, WriteSeq>;

/// Volumes by name, each looked through by name whenever something is asked.
struct Model {
  struct Layer {
    Bytes size_bytes = 0;
    std::string backing;
    Blocks blocks;
  };
  std::map<std::string, Layer> layers;

  [[nodiscard]] std::vector<std::string> chain(std::string name) const {
    std::vector<std::string> names;
    for (auto at = layers.find(name); at != layers.end(); at = layers.find(at->second.backing))
      names.push_back(at->first);
    return names;
  }
  [[nodiscard]] Blocks shown(const std::string& name) const {
    Blocks all;
    for (const std::string& layer : chain(name))
      all.insert(layers.at(layer).blocks.begin(), layers.at(layer).blocks.end());
    std::erase_if(all, [](const auto& block) { return block.second == kInitialState; });
    return all;
  }
};

std::string any_name() {
  return std::string(1, *rc::gen::inRange<char>('a', 'g'));
}

/// The same done to both. A backing chain never becomes a ring.
void do_something(Volumes& volumes, Model& model, WriteSeq seq) {
  const std::string name = any_name();
  const std::string other = any_name();
  Volume* const volume = volumes.find(name);
  switch (*rc::gen::weightedElement<int>({{3, 0}, {6, 1}, {1, 2}, {1, 3}, {2, 4}})) {
    case 0: {
      for (const std::string& layer : model.chain(other))
        if (layer == name) return;
      if (model.layers.contains(other) && model.chain(other).size() > 4) return;
      const bool rests = other < name;
      const Bytes size = 65536 * seq;
      volumes.create(name, {.geometry = {.size_bytes = size},
                            .backing = rests ? std::optional(other) : std::nullopt,
                            .lock = std::nullopt});
      model.layers[name] = {size, rests ? other : "", {}};
      return;
    }
    case 1: {
      if (volume == nullptr) return;
      const auto block = *rc::gen::inRange<BlockNumber>(0, 8);
      const WriteSeq written = seq % 5 == 0 ? kInitialState : seq;
      volumes.write(*volume, block, written);
      model.layers[name].blocks[block] = written;
      return;
    }
    case 2:
      volumes.remove(name);
      model.layers.erase(name);
      return;
    case 3:
      if (volume == nullptr) return;
      volumes.resize(*volume, 65536 * seq);
      model.layers[name].size_bytes = 65536 * seq;
      return;
    default: {
      // `name` is folded into what it rests on, however deep that is.
      const std::vector<std::string> chain = model.chain(name);
      if (chain.size() < 2) return;
      volumes.fold(*volumes.find(chain.back()), *volume);
      for (std::size_t n = chain.size() - 1; n-- > 0;)
        for (const auto& [block, written] : model.layers[chain[n]].blocks)
          model.layers[chain.back()].blocks[block] = written;
      for (auto& [user, layer] : model.layers)
        if (layer.backing == name) layer.backing = chain.back();
      return;
    }
  }
}

Blocks shown_by(const Volume& volume) {
  Blocks blocks;
  for (const auto& [block, shown] : *volume.shown()) {
    RC_ASSERT(volume.show(block) == shown.seq);
    if (shown.kind == Shown::Kind::write) blocks[block] = shown.seq;
  }
  return blocks;
}

RC_GTEST_PROP(Volumes, ShowWhatTheirChainHoldsAndNumberIt, ()) {
  Volumes volumes(2, 2);
  Model model;
  std::map<std::uint64_t, std::pair<Bytes, Blocks>> seen;  // by number of a content
  for (WriteSeq seq = 1; seq < 60; ++seq) {
    do_something(volumes, model, seq);
    for (const auto& [name, layer] : model.layers) {
      const Volume& volume = *volumes.find(name);
      // Only now and then: what nobody has looked at yet must not be kept for later either.
      if (seq % 3 == 0) RC_ASSERT(shown_by(volume) == model.shown(name));
      const auto [known, fresh] =
          seen.try_emplace(volume.content(), std::pair(layer.size_bytes, model.shown(name)));
      RC_ASSERT(known->second == std::pair(layer.size_bytes, model.shown(name)));
    }
  }
}

TEST(Volumes, KeepTheNumberOfWhatNobodyWroteTo) {
  Volumes volumes(1, 2);
  const auto make = [&](const std::string& name, std::optional<std::string> backing) -> Volume& {
    return volumes.create(
        name,
        {.geometry = {.size_bytes = 65536}, .backing = std::move(backing), .lock = std::nullopt});
  };
  Volume& base = make("base", std::nullopt);
  Volume& first = make("first", "base");
  Volume& second = make("second", "first");
  Volume& beside = make("beside", "base");
  const std::uint64_t second_shows = second.content();
  const std::uint64_t beside_shows = beside.content();
  volumes.write(first, 1, 1);
  EXPECT_NE(second.content(), second_shows) << "it shows what is written below it";
  EXPECT_EQ(beside.content(), beside_shows);
  const std::uint64_t before_folding = second.content();
  volumes.fold(base, first);
  EXPECT_EQ(second.content(), before_folding) << "it rests on less, and shows the same";
  EXPECT_EQ(second.below(), &base);
  EXPECT_NE(beside.content(), beside_shows) << "what it rests on was folded into";
}

/// What of two hundred writes to few blocks, some of them flushed on the way, may be seen after a
/// loss of power: by the definition, which replays them.
RC_GTEST_PROP(Volumes, ShowWhatWasFlushedAndOfTheRestWhatSurvives, ()) {
  Volumes volumes(1, 2);
  Volume& volume = volumes.create(
      "a", {.geometry = {.size_bytes = 65536}, .backing = std::nullopt, .lock = std::nullopt});
  Blocks durable;
  std::vector<std::pair<BlockNumber, WriteSeq>> cached;
  for (WriteSeq seq = 1; seq < 60; ++seq) {
    const auto block = *rc::gen::inRange<BlockNumber>(0, 6);
    if (*rc::gen::inRange(0, 9) == 0) {
      Volumes::flush(volume);
      for (const auto& [written, by] : cached)
        durable[written] = by;
      cached.clear();
    }
    volumes.write_cached(volume, block, seq);
    cached.emplace_back(block, seq);
    RC_ASSERT(volume.show(block) == seq);
  }
  const auto kept =
      *rc::gen::container<std::vector<bool>>(cached.size(), rc::gen::arbitrary<bool>());
  for (std::size_t n = 0; n < cached.size(); ++n)
    if (kept[n]) durable[cached[n].first] = cached[n].second;
  volumes.lose_unflushed(volume, kept, std::nullopt);
  RC_ASSERT(shown_by(volume) == durable);
  RC_ASSERT(volume.unflushed().empty());
}

TEST(Volumes, KeepWhatWasWrittenOverTheCache) {
  Volumes volumes(1, 2);
  Volume& volume = volumes.create(
      "a", {.geometry = {.size_bytes = 65536}, .backing = std::nullopt, .lock = std::nullopt});
  volumes.write_cached(volume, 0, 1);
  volumes.write_cached(volume, 1, 2);
  volumes.write(volume, 0, 3);
  volumes.lose_unflushed(volume, {false, false}, std::nullopt);
  EXPECT_EQ(volume.show(0), 3U);
  EXPECT_EQ(volume.show(1), kInitialState);
}

TEST(Volumes, ShowATornBlockAsTornWhateverElseIsWrittenBeside) {
  Volumes volumes(1, 2);
  Volume& volume = volumes.create(
      "a", {.geometry = {.size_bytes = 65536}, .backing = std::nullopt, .lock = std::nullopt});
  volumes.write_cached(volume, 4, 7);
  volumes.lose_unflushed(volume, {false}, 0);
  const Shown torn = volume.shown()->at(0).second;
  EXPECT_EQ(torn.kind, Shown::Kind::torn);
  EXPECT_EQ(torn.seq, 7U);
  volumes.write(volume, 4, 7);
  EXPECT_EQ(volume.shown()->at(0).second, (Shown{Shown::Kind::write, 7})) << "written once more";
}

}  // namespace
}  // namespace switchback::sim
