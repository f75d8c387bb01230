// SPDX-License-Identifier: Apache-2.0
// Volumes of a real site: qcow2 files with the run's mark in their names.
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "vms/hosts/libvirt/blank_images.hpp"
#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {

Nothing LibvirtHost::create_volume(const recovery::VolumeSpec& spec) {
  SB_TRY(remove_volume(spec.name));
  const std::filesystem::path file = site_.volume_path(spec.name);
  std::optional<std::filesystem::path> below;
  if (spec.backing) {
    below = site_.volume_path(*spec.backing);
    if (!std::filesystem::exists(*below))
      return not_found(
          fmt::format("no volume {} on the {} site", *spec.backing, name_of(site_.site)),
          "create it first");
  }
  SB_TRY(create_image(file, spec.size_bytes, below, spec.key));
  return note_key_name(file, spec.key);
}

Nothing LibvirtHost::create_image(const std::filesystem::path& file, Bytes size,
                                  const std::optional<std::filesystem::path>& below,
                                  const std::optional<recovery::KeyName>& key_name) {
  if (key_name) {
    SB_TRY(create_encrypted_image(file, size, below, *key_name));
  } else {
    std::vector<std::string> command{"qemu-img", "create", "-q", "-f", "qcow2"};
    // What is below is not opened: it tells nothing but its size.
    if (below) command.insert(command.end(), {"-u", "-b", below->string(), "-F", "qcow2"});
    command.push_back(file.string());
    command.push_back(std::to_string(size));
    SB_TRY(run_program(site_.run_id, command));
  }
  return hand_over(file);
}

Nothing LibvirtHost::create_encrypted_image(const std::filesystem::path& file, Bytes size,
                                            const std::optional<std::filesystem::path>& below,
                                            const recovery::KeyName& key_name) {
  SB_ASSIGN(used, calls_.connection());
  SB_ASSIGN(key, read_secret(*used, key_name));
  SB_ASSIGN(blank, blank_image(site_, key_name, key, size));
  std::error_code error;
  std::filesystem::copy_file(blank, file, std::filesystem::copy_options::overwrite_existing, error);
  if (error == std::errc::no_space_on_device)
    return no_space(fmt::format("{}: {}", file.string(), error.message()),
                    "make room in the storage folder");
  if (error)
    return environment_error(fmt::format("{}: {}", file.string(), error.message()),
                             "check the storage folder");
  if (!below) return {};
  SB_ASSIGN(image, openable_with(site_, file, Layers::top_only, key));
  std::vector<std::string> command{"qemu-img",      "rebase", "-u",   "-b",
                                   below->string(), "-F",     "qcow2"};
  for (const std::string& argument : image.arguments(kKeyOnInput))
    command.push_back(argument);
  SB_TRY(run_program(site_.run_id, command, std::chrono::minutes(2), key));
  return {};
}

Nothing LibvirtHost::hand_over(const std::filesystem::path& file) const {
  if (site_.owner && chown(file.c_str(), *site_.owner, static_cast<gid_t>(-1)) != 0)
    return environment_error(fmt::format("{} can't be given to QEMU's user", file.string()),
                             "check the storage folder");
  return {};
}

Nothing LibvirtHost::remove_volume(const recovery::VolumeName& volume) {
  const std::filesystem::path file = site_.volume_path(volume);
  std::error_code error;
  std::filesystem::remove(file, error);
  if (error)
    return environment_error(fmt::format("{} can't be removed: {}", file.string(), error.message()),
                             "check the storage folder's permissions");
  return note_key_name(file, std::nullopt);
}

Result<Bytes> LibvirtHost::volume_size(const recovery::VolumeName& volume) {
  const std::filesystem::path file = site_.volume_path(volume);
  if (!std::filesystem::exists(file))
    return not_found(fmt::format("no volume {} on the {} site", volume, name_of(site_.site)),
                     "create it first");
  SB_ASSIGN(info, image_info(site_.run_id, file));
  return info.size_bytes;
}

Result<recovery::ChangeMark> LibvirtHost::change_mark(const recovery::VolumeName&) {
  // Of what a file system keeps nothing tells a stranger's write from one of QEMU or of a replica.
  return recovery::ChangeMark{0};
}

std::string LibvirtHost::locate_volume(const recovery::VolumeName& volume) {
  return "qcow2:" + site_.volume_path(volume).string();
}

}  // namespace switchback::libvirt
