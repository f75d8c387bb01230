// SPDX-License-Identifier: Apache-2.0
// What of an item exists on two real sites, by the harness's own count.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vms/hosts/libvirt/blank_images.hpp"
#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/item_objects.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
#include "vms/hosts/libvirt/qcow2_header.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {
namespace {

/// Persistent bitmaps by image, as the QEMU knows them that has the images open.
using OpenImages = std::map<std::string, std::vector<std::string>>;

Result<OpenImages> images_of_running_vm(Monitor monitor) {
  SB_ASSIGN(nodes, monitor.ask("query-named-block-nodes", {{"flat", true}}));
  OpenImages images;
  for (const nlohmann::json& node : nodes) {
    if (node.value("drv", "") != "qcow2") continue;
    std::vector<std::string>& bitmaps = images[node.value("file", "")];
    if (!node.contains("dirty-bitmaps")) continue;
    for (const nlohmann::json& bitmap : node["dirty-bitmaps"])
      if (bitmap.value("persistent", false)) bitmaps.push_back(bitmap.value("name", ""));
  }
  return images;
}

class SiteCensus {
 public:
  SiteCensus(const Connection& connection, const ItemName& item, std::vector<CensusEntry>& found)
      : connection_(connection), site_(connection.site()), item_(item), found_(found) {}

  Nothing take(Duration patience, const std::shared_ptr<bool>& silent) {
    SB_TRY(take_vms(patience, silent));
    SB_TRY(take_volumes());
    SB_ASSIGN(sockets, socket_files(site_, item_));
    for (const ItemFile& socket : sockets)
      add("export", socket.name);
    for (const ItemProcess& process : item_processes(site_, item_))
      add("process", process.name);
    return take_keys();
  }

 private:
  void add(std::string_view kind, const std::string& name) {
    found_.push_back({.site = site_.site, .kind = kind, .name = name});
  }

  Nothing take_vms(Duration patience, const std::shared_ptr<bool>& silent) {
    SB_ASSIGN(domains, connection_.domains(
                           [&](const std::string& name) { return belongs_to(name, item_); }));
    for (auto& [name, domain] : domains) {
      add("vm", name);
      SB_ASSIGN(checkpoints, checkpoint_names(domain));
      for (const std::string& checkpoint : checkpoints)
        add("checkpoint", fmt::format("{}/{}", name, checkpoint));
      SB_ASSIGN(active, is_active(domain));
      if (!active) continue;
      SB_ASSIGN(images, images_of_running_vm(Monitor(std::move(domain), patience, silent)));
      open_images_.merge(images);
    }
    return {};
  }

  Nothing take_keys() {
    SB_ASSIGN(keys, secret_names(connection_));
    std::erase_if(keys, [&](const std::string& key) { return !belongs_to(key, item_); });
    for (const std::string& key : keys)
      add("key", key);
    // A blank image is part of a key: it shows by itself only where the key is gone.
    if (!keys.empty()) return {};
    SB_ASSIGN(files, volume_files(site_, item_));
    for (const ItemFile& file : files)
      if (file.path.extension() == kBlank) add("key", file.name);
    return {};
  }

  Nothing take_volumes() {
    SB_ASSIGN(volumes, volume_files(site_, item_));
    for (const ItemFile& volume : volumes) {
      if (volume.path.extension() == kKeyNote) continue;  // part of the volume
      if (volume.path.extension() == kBlank) continue;    // part of a key
      add("volume", volume.name);
      const auto open = open_images_.find(volume.path.string());
      if (open != open_images_.end()) {
        add_bitmaps(volume.name, open->second);
      } else if (volume.path.extension() == ".qcow2") {
        SB_ASSIGN(header, read_qcow2_header(volume.path));
        add_bitmaps(volume.name, header.bitmaps);
      }
    }
    return {};
  }

  void add_bitmaps(const std::string& volume, const std::vector<std::string>& bitmaps) {
    for (const std::string& bitmap : bitmaps)
      add("checkpoint", fmt::format("{}/{}", volume, bitmap));
  }

  const Connection& connection_;
  const SiteConfig& site_;
  const ItemName& item_;
  std::vector<CensusEntry>& found_;
  OpenImages open_images_;
};

}  // namespace

Result<Shared<std::vector<CensusEntry>>> LibvirtLaboratory::census(const ItemName& item) {
  std::vector<CensusEntry> found;
  for (const Site site : {Site::primary, Site::recovery}) {
    SB_ASSIGN(reached, access(site));
    SB_TRY(SiteCensus(*reached->connection, item, found).take(options_.patience, reached->silent));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace switchback::libvirt
