// SPDX-License-Identifier: Apache-2.0
// See qcow2_header.hpp.
#include "vms/hosts/libvirt/qcow2_header.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <system_error>

#include <fmt/format.h>

namespace switchback::libvirt {
namespace {

constexpr std::uint32_t kMagic = 0x514649fb;  // "QFI\xfb"
constexpr std::uint32_t kBitmapsExtension = 0x23852875;
constexpr std::uint32_t kEndOfExtensions = 0;
/// Of a backing file's name.
constexpr Bytes kLongestName = 1023;
/// QEMU's own limit is 65535 bitmaps of 1023 bytes of name each.
constexpr Bytes kLargestDirectory = Bytes{64} << 20;

/// Big-endian fields at places of a file. A read past the end gives nothing.
class Image {
 public:
  explicit Image(const std::filesystem::path& file) : file_(file, std::ios::binary) {}

  std::optional<std::string> text(Bytes offset, Bytes length) {
    std::string bytes(length, '\0');
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    if (!file_.read(bytes.data(), static_cast<std::streamsize>(length))) return std::nullopt;
    return bytes;
  }

  /// 0 where the file ends before: no field that is asked for here may be 0 in a sound image.
  Bytes number(Bytes offset, Bytes length) {
    Bytes value = 0;
    for (const char byte : text(offset, length).value_or(""))
      value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }

 private:
  std::ifstream file_;
};

/// Where the bitmaps extension stands among the header extensions; none if there is none.
std::optional<Bytes> find_bitmaps_extension(Image& image) {
  for (Bytes at = image.number(100, 4); at != 0;) {
    const Bytes type = image.number(at, 4);
    if (type == kEndOfExtensions) return std::nullopt;
    const Bytes data = at + 8;
    if (type == kBitmapsExtension) return data;
    at = data + (image.number(at + 4, 4) + 7) / 8 * 8;
  }
  return std::nullopt;
}

/// Entries of a bitmap directory: 24 bytes, extra data, the name, padded to 8.
std::optional<std::vector<std::string>> bitmap_names(Image& image, Bytes extension) {
  const Bytes count = image.number(extension, 4);
  const Bytes directory_bytes = image.number(extension + 8, 8);
  const Bytes directory = image.number(extension + 16, 8);
  if (directory_bytes > kLargestDirectory) return std::nullopt;
  std::vector<std::string> names;
  for (Bytes at = directory; names.size() < count;) {
    const Bytes name_bytes = image.number(at + 18, 2);
    const Bytes extra_bytes = image.number(at + 20, 4);
    const std::optional<std::string> name = image.text(at + 24 + extra_bytes, name_bytes);
    if (!name || name->empty() || at > directory + directory_bytes) return std::nullopt;
    names.push_back(*name);
    at += (24 + extra_bytes + name_bytes + 7) / 8 * 8;
  }
  return names;
}

}  // namespace

Result<Qcow2Header> read_qcow2_header(const std::filesystem::path& file) {
  if (std::error_code error; !std::filesystem::exists(file, error) && !error)
    return not_found(fmt::format("image {} is not there", file.string()),
                     "look whether somebody has deleted it");
  Image image(file);
  if (image.number(0, 4) != kMagic)
    return environment_error(fmt::format("{} is no qcow2 image that can be read", file.string()),
                             "name a qcow2 image");
  Qcow2Header header{.size_bytes = image.number(24, 8), .backing = {}, .bitmaps = {}};
  if (const Bytes at = image.number(8, 8); at != 0)
    header.backing = image.text(at, std::min(image.number(16, 4), kLongestName)).value_or("");
  // Version 2 has no extensions that matter here.
  if (image.number(4, 4) < 3) return header;
  if (const std::optional<Bytes> extension = find_bitmaps_extension(image)) {
    std::optional<std::vector<std::string>> names = bitmap_names(image, *extension);
    if (!names)
      return environment_error(fmt::format("{} has a broken bitmap directory", file.string()),
                               "see qemu-img check");
    header.bitmaps = std::move(*names);
  }
  return header;
}

}  // namespace switchback::libvirt
