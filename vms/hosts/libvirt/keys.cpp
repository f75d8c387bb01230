// SPDX-License-Identifier: Apache-2.0
// Keys of encrypted volumes: kept by the site's libvirt, tried by qemu-img.
#include <fmt/format.h>

#include "vms/hosts/libvirt/blank_images.hpp"
#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {

Nothing LibvirtHost::set_key(const recovery::KeyName& name, const std::string& key) {
  if (key.empty() || name.empty())
    return bad_input("a key without a name, or without content", "give both");
  SB_ASSIGN(used, calls_.connection());
  const Result<std::string> kept = read_secret(*used, name);
  if (!kept || *kept != key) SB_TRY(drop_blank_images(site_, name));
  return keep_secret(*used, name, key);
}

Nothing LibvirtHost::forget_key(const recovery::KeyName& name) {
  SB_ASSIGN(used, calls_.connection());
  SB_TRY(drop_secret(*used, name));
  return drop_blank_images(site_, name);
}

Result<bool> LibvirtHost::opens_with(const recovery::VolumeName& volume, const std::string& key) {
  const std::filesystem::path file = site_.volume_path(volume);
  if (!std::filesystem::exists(file))
    return not_found(fmt::format("no volume {} on the {} site", volume, name_of(site_.site)),
                     "create it first");
  SB_ASSIGN(info, image_info(site_.run_id, file));
  if (!info.encrypted)
    return bad_input(fmt::format("volume {} is not encrypted", volume), "it needs no key");
  if (key.empty()) return false;
  SB_ASSIGN(image, openable_with(site_, file, Layers::top_only, key));
  // Opens the image, which tries the key, and reads no data.
  std::vector<std::string> command{"qemu-img", "map", "--force-share", "--output=json",
                                   "--max-length=512"};
  for (const std::string& argument : image.arguments(kKeyOnInput))
    command.push_back(argument);
  SB_ASSIGN(tried, finish_program(site_.run_id, command, std::chrono::minutes(1), key));
  if (!tried.late && tried.status == 0) return true;
  if (tried.err.find("Invalid password") != std::string::npos) return false;
  return environment_error(fmt::format("volume {} can't be opened: {}", volume, tried.err),
                           "check the image with qemu-img check");
}

}  // namespace switchback::libvirt
