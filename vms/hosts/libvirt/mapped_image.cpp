// SPDX-License-Identifier: Apache-2.0
// See mapped_image.hpp.
#include "vms/hosts/libvirt/mapped_image.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/qcow2_header.hpp"

namespace switchback::libvirt {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// An extent of the map that is data, clipped where its file ends: what would lie behind reads as
/// zeroes, as it does for QEMU.
StoredExtent extent_of(const json& entry, std::size_t layer, Bytes file_size) {
  StoredExtent extent{.offset = entry.value("start", Bytes{0}),
                      .length = entry.value("length", Bytes{0}),
                      .file = layer,
                      .file_offset = entry.value("offset", Bytes{0})};
  extent.length = std::min(extent.length, file_size - std::min(file_size, extent.file_offset));
  return extent;
}

/// Nothing if some of the data lies in no file as it is.
std::optional<std::vector<StoredExtent>> extents_of(const json& map,
                                                    const std::vector<Bytes>& file_sizes) {
  std::vector<StoredExtent> extents;
  for (const json& entry : map) {
    if (!entry.value("data", false) || entry.value("zero", false)) continue;
    const auto layer = entry.value("depth", std::size_t{0});
    if (!entry.contains("offset") || layer >= file_sizes.size()) return std::nullopt;
    const StoredExtent extent = extent_of(entry, layer, file_sizes[layer]);
    if (extent.length > 0) extents.push_back(extent);
  }
  return extents;
}

}  // namespace

Result<std::optional<FileImage>> map_image(const std::string& run_id, const fs::path& file,
                                           const StampOwner& owner) {
  if (key_name_of(file)) return std::nullopt;
  SB_ASSIGN(header, read_qcow2_header(file));
  std::vector<fs::path> chain{file};
  if (!header.backing.empty()) {
    SB_ASSIGN(found, image_chain(run_id, file));
    chain = found;
  }
  std::vector<Bytes> sizes;
  for (const fs::path& layer : chain) {
    std::error_code error;
    sizes.push_back(fs::file_size(layer, error));
    if (error)
      return environment_error(fmt::format("image {}: {}", layer.string(), error.message()),
                               "look whether the image still has all that it rests on");
  }
  SB_ASSIGN(text, run_program(run_id,
                              {"qemu-img", "map", "--output=json", "-f", "qcow2", file.string()}));
  const json map = json::parse(text, nullptr, false);
  if (!map.is_array())
    return environment_error(fmt::format("qemu-img has no map of {}", file.string()),
                             "check the image");
  auto extents = extents_of(map, sizes);
  if (!extents) return std::nullopt;
  SB_ASSIGN(image, FileImage::open(chain, header.size_bytes, std::move(*extents), owner));
  return std::optional<FileImage>(std::move(image));
}

}  // namespace switchback::libvirt
