// SPDX-License-Identifier: Apache-2.0
// See images.hpp.
#include "vms/hosts/libvirt/images.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Result<json> ask_qemu_img(const std::string& run_id, const fs::path& file, bool whole_chain) {
  std::vector<std::string> command{"qemu-img", "info", "--force-share", "--output=json"};
  if (whole_chain) command.emplace_back("--backing-chain");
  command.push_back(file.string());
  SB_ASSIGN(text, run_program(run_id, command));
  json info = json::parse(text, nullptr, false);
  if (info.is_discarded())
    return environment_error(fmt::format("qemu-img tells nothing of {}", file.string()),
                             "check the image");
  return info;
}

json open_options(const std::vector<fs::path>& chain, std::size_t layer, Layers layers) {
  json options = {{"driver", "qcow2"},
                  {"encrypt.key-secret", kKeyId},
                  {"file", {{"driver", "file"}, {"filename", chain[layer].string()}}}};
  if (layers == Layers::top_only)
    options["backing"] = nullptr;
  else if (layer + 1 < chain.size())
    options["backing"] = open_options(chain, layer + 1, layers);
  return options;
}

}  // namespace

Result<ImageInfo> image_info(const std::string& run_id, const fs::path& file) {
  SB_ASSIGN(info, ask_qemu_img(run_id, file, false));
  ImageInfo found{.size_bytes = info.value("virtual-size", Bytes{0}),
                  .backing = std::nullopt,
                  .bitmaps = {},
                  .encrypted = info.contains("/format-specific/data/encrypt"_json_pointer)};
  if (info.contains("full-backing-filename"))
    found.backing = info["full-backing-filename"].get<std::string>();
  const json::json_pointer bitmaps("/format-specific/data/bitmaps");
  if (!info.contains(bitmaps)) return found;
  for (const json& bitmap : info[bitmaps]) {
    const json flags = bitmap.value("flags", json::array());
    found.bitmaps.push_back(
        {bitmap.value("name", ""), std::find(flags.begin(), flags.end(), "in-use") != flags.end()});
  }
  return found;
}

Result<std::vector<fs::path>> image_chain(const std::string& run_id, const fs::path& file) {
  SB_ASSIGN(layers, ask_qemu_img(run_id, file, true));
  std::vector<fs::path> files;
  for (const json& layer : layers)
    files.emplace_back(layer.value("filename", ""));
  return files;
}

std::vector<std::string> key_option(const std::string& key_file) {
  return {"--object", fmt::format("secret,id={},file={}", kKeyId, key_file)};
}

std::vector<std::string> OpenableImage::arguments(const std::string& key_file) const {
  std::vector<std::string> arguments;
  if (!key.empty()) arguments = key_option(key_file);
  arguments.push_back(name);
  return arguments;
}

fs::path key_note_of(const fs::path& file) {
  return fs::path(file).replace_extension(kKeyNote);
}

std::optional<std::string> key_name_of(const fs::path& file) {
  std::ifstream note(key_note_of(file));
  std::string name;
  if (!std::getline(note, name)) return std::nullopt;
  return name;
}

Nothing note_key_name(const fs::path& file, const std::optional<std::string>& name) {
  const fs::path path = key_note_of(file);
  if (!name) {
    std::error_code ignored;
    fs::remove(path, ignored);
    return {};
  }
  std::ofstream note(path);
  note << *name << "\n";
  note.flush();
  if (note) return {};
  return environment_error(fmt::format("{} can't be written", path.string()),
                           "check the storage folder");
}

Result<OpenableImage> openable_with(const SiteConfig& site, const fs::path& file, Layers layers,
                                    const std::string& key) {
  std::vector<fs::path> chain{file};
  if (layers == Layers::all) {
    SB_ASSIGN(found, image_chain(site.run_id, file));
    chain = found;
  }
  return OpenableImage{
      .file = file, .name = "json:" + open_options(chain, 0, layers).dump(), .key = key};
}

Result<OpenableImage> openable(const Connection& connection, const fs::path& file, Layers layers) {
  const std::optional<std::string> name = key_name_of(file);
  if (!name) return OpenableImage{.file = file, .name = file.string(), .key = {}};
  SB_ASSIGN(key, read_secret(connection, *name));
  return openable_with(connection.site(), file, layers, key);
}

}  // namespace switchback::libvirt
