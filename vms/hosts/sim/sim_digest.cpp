// SPDX-License-Identifier: Apache-2.0
// See sim_digest.hpp.
#include "vms/hosts/sim/sim_digest.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include "vms/hosts/sim/sim_block.hpp"

namespace switchback::sim {
namespace {

recovery::ChunkDigest digest_of_chunk(std::uint64_t chunk,
                                      const std::vector<std::uint64_t>& content) {
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size() * sizeof content.front());
  return {.chunk = chunk, .digest = {hash.high64, hash.low64}};
}

}  // namespace

Result<std::vector<recovery::ChunkDigest>> digests_of(const ShownBlocks& shown, Bytes chunk_bytes) {
  if (chunk_bytes == 0 || chunk_bytes % kBlockBytes != 0)
    return bad_input(fmt::format("chunks of {} bytes are not whole blocks", chunk_bytes),
                     fmt::format("choose a multiple of {}", kBlockBytes));
  const BlockNumber blocks_per_chunk = chunk_bytes / kBlockBytes;
  std::vector<recovery::ChunkDigest> digests;
  std::uint64_t chunk = 0;
  std::vector<std::uint64_t> content;  // of that chunk: where and what, without the zeroes
  for (const auto& [block, what] : shown) {
    if (what.seq == kInitialState) continue;
    if (block / blocks_per_chunk != chunk) {
      if (!content.empty()) digests.push_back(digest_of_chunk(chunk, content));
      content.clear();
      chunk = block / blocks_per_chunk;
    }
    const bool torn = what.kind == Shown::Kind::torn;
    content.insert(content.end(), {block % blocks_per_chunk, torn ? torn_by(what.seq) : what.seq});
  }
  if (!content.empty()) digests.push_back(digest_of_chunk(chunk, content));
  return digests;
}

}  // namespace switchback::sim
