// SPDX-License-Identifier: Apache-2.0
// Image files of a site as QEMU's own programs open them, encrypted ones too.
//
// An encrypted volume has a note beside it with the name of its key. The key itself is kept by the
// site's libvirt, and reaches a program through its standard input or a file in memory: never
// through its arguments, its environment or a disk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "vms/hosts/libvirt/connection.hpp"

namespace switchback::libvirt {

struct ImageBitmap {
  std::string name;
  bool in_use = false;  ///< never written back: what it says is not to be relied on
};

/// What `qemu-img info` tells, without a key and while a QEMU writes to the image.
struct ImageInfo {
  Bytes size_bytes = 0;
  std::optional<std::filesystem::path> backing;
  std::vector<ImageBitmap> bitmaps;
  bool encrypted = false;
};
Result<ImageInfo> image_info(const std::string& run_id, const std::filesystem::path& file);
/// The image and all that it rests on, newest first.
Result<std::vector<std::filesystem::path>> image_chain(const std::string& run_id,
                                                       const std::filesystem::path& file);

/// An image, ready to be named to qemu-img or qemu-nbd.
struct OpenableImage {
  std::filesystem::path file;
  std::string name;  ///< the file's path, or options in JSON
  std::string key;   ///< empty: not encrypted

  /// Arguments that end with the image; the key is to be at `key_file`.
  [[nodiscard]] std::vector<std::string> arguments(const std::string& key_file) const;
};

/// What of the chain is opened.
enum class Layers { all, top_only };

/// An Error if the volume is encrypted and its key is not kept.
Result<OpenableImage> openable(const Connection& connection, const std::filesystem::path& file,
                               Layers layers);
/// The same with a key to be tried.
Result<OpenableImage> openable_with(const SiteConfig& site, const std::filesystem::path& file,
                                    Layers layers, const std::string& key);

/// The name of the key of a volume's image; none if it is not encrypted.
std::optional<std::string> key_name_of(const std::filesystem::path& file);
/// Notes it, or takes the note away.
Nothing note_key_name(const std::filesystem::path& file, const std::optional<std::string>& name);
/// The note has the image's path with this extension.
inline constexpr const char* kKeyNote = ".keyname";
std::filesystem::path key_note_of(const std::filesystem::path& file);

/// The option that makes a key known to a program of QEMU's, under the name kKeyId.
inline constexpr const char* kKeyId = "key0";
std::vector<std::string> key_option(const std::string& key_file);
/// Where a program finds what it is given as its input.
inline constexpr const char* kKeyOnInput = "/dev/stdin";

}  // namespace switchback::libvirt
