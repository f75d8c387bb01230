// SPDX-License-Identifier: Apache-2.0
// The order of simplicity, and fingerprints of sequences.
#include "harness/shrink/simplicity.hpp"

#include <limits>
#include <string>
#include <string_view>

#include <xxhash.h>

namespace switchback {
namespace {

void add(std::uint64_t& sum, std::uint64_t part) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  sum = part > most - sum ? most : sum + part;
}

/// Writes down a sequence so that different ones differ: every part has a known length or is
/// preceded by it.
class Bytestream {
 public:
  void number(std::uint64_t value) {
    for (unsigned byte = 0; byte < sizeof value; ++byte)
      bytes_.push_back(static_cast<char>(value >> (8 * byte)));
  }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  [[nodiscard]] Digest digest() const {
    const XXH128_hash_t hash = XXH3_128bits(bytes_.data(), bytes_.size());
    return {hash.high64, hash.low64};
  }

  void operator()(const WriteStep& write) {
    number(write.disk);
    number(write.block);
    number(write.count);
  }
  void operator()(const OperateStep& ask) { number(static_cast<std::uint64_t>(ask.operation)); }
  void operator()(const WaitStep& wait) {
    number(static_cast<std::uint64_t>(wait.duration.count()));
  }
  void operator()(const FaultStep& fault) { number(static_cast<std::uint64_t>(fault.kind)); }
  void operator()(const FlushStep&) {}
  void operator()(const HealStep&) {}

 private:
  std::string bytes_;
};

}  // namespace

Burden burden_of(const Sequence& sequence) {
  Burden burden{.steps = sequence.steps.size(), .disks = sequence.disks.size()};
  for (const DiskSpec& disk : sequence.disks)
    add(burden.disk_bytes, disk.size_bytes);
  for (const Step& step : sequence.steps) {
    if (step.at) {
      ++burden.moments;
      add(burden.ordinals, step.at->call);
    }
    if (const auto* write = std::get_if<WriteStep>(&step.action)) {
      add(burden.blocks, write->count);
      add(burden.ordinals, write->disk);
      add(burden.ordinals, write->block);
    }
    if (const auto* wait = std::get_if<WaitStep>(&step.action))
      add(burden.wait, static_cast<std::uint64_t>(wait->duration.count()));
  }
  return burden;
}

Digest digest_of(const Sequence& sequence) {
  Bytestream stream;
  stream.number(sequence.disks.size());
  for (const DiskSpec& disk : sequence.disks) {
    stream.text(disk.device);
    stream.number(disk.size_bytes);
  }
  for (const Step& step : sequence.steps) {
    stream.number(step.action.index());
    std::visit(stream, step.action);
    stream.number(step.at ? 1 : 0);
    if (!step.at) continue;
    stream.text(step.at->stage);
    stream.number(step.at->call);
  }
  return stream.digest();
}

}  // namespace switchback
