// SPDX-License-Identifier: Apache-2.0
// Volumes of a real site: qcow2 files with the run's mark in their names.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {
namespace {

constexpr std::chrono::minutes kLongCopy{10};

/// "qemu-img COMMAND... IMAGE", with the image's key on its input.
Nothing run_on(const SiteConfig& site, std::vector<std::string> command,
               const OpenableImage& image) {
  for (const std::string& argument : image.arguments(kKeyOnInput))
    command.push_back(argument);
  SB_TRY(run_program(site.run_id, command, kLongCopy, image.key));
  return {};
}

Result<std::optional<std::filesystem::path>> backing_file(const SiteConfig& site,
                                                          const std::filesystem::path& file) {
  SB_ASSIGN(info, image_info(site.run_id, file));
  return info.backing;
}

}  // namespace

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
  std::vector<std::string> command{"qemu-img", "create", "-q", "-f", "qcow2"};
  std::string key;
  if (key_name) {
    SB_ASSIGN(used, calls_.connection());
    SB_ASSIGN(kept, read_secret(*used, *key_name));
    key = kept;
    for (const std::string& argument : key_option(kKeyOnInput))
      command.push_back(argument);
    // Its derivation is made as quick as can be: it is paid for at each opening.
    command.insert(command.end(), {"-o", fmt::format("encrypt.format=luks,encrypt.key-secret={},"
                                                     "encrypt.iter-time=10",
                                                     kKeyId)});
  }
  // What is below is not opened: that would need its key, and tells nothing but its size.
  if (below) command.insert(command.end(), {"-u", "-b", below->string(), "-F", "qcow2"});
  command.push_back(file.string());
  command.push_back(std::to_string(size));
  SB_TRY(run_program(site_.run_id, command, std::chrono::minutes(2), key));
  return hand_over(file);
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

std::string LibvirtHost::locate_volume(const recovery::VolumeName& volume) {
  return "qcow2:" + site_.volume_path(volume).string();
}

Nothing LibvirtHost::fold_volumes(const recovery::VolumeName& base, const recovery::VolumeName& top,
                                  const std::optional<recovery::VmDisk>& user,
                                  const recovery::VmName& user_vm) {
  const auto fold = [&]() -> Nothing {
    if (!user) return fold_offline(base, top, user);
    SB_ASSIGN(rests_on, backing_file(site_, site_.volume_path(user->volume)));
    if (rests_on == site_.volume_path(base)) return {};  // done before
    SB_ASSIGN(running, is_running(user_vm));
    return running ? fold_under_running_vm(base, top, *user, user_vm)
                   : fold_offline(base, top, user);
  };
  const Nothing folded = fold();
  if (folded) return {};
  return tl::unexpected(folded.error().within(fmt::format("folding {} into {}", top, base)));
}

/// QEMU itself moves the data down and lets go of the layers; the VM's own top layer, and with it
/// its tracking, is not touched.
Nothing LibvirtHost::fold_under_running_vm(const recovery::VolumeName& base,
                                           const recovery::VolumeName& top,
                                           const recovery::VmDisk& user,
                                           const recovery::VmName& user_vm) {
  const auto begin = [device = user.device, below = site_.volume_path(base),
                      above = site_.volume_path(top)](const Domain& domain) -> Nothing {
    if (virDomainBlockCommit(domain.get(), device.c_str(), below.c_str(), above.c_str(), 0, 0) < 0)
      return libvirt_error("committing a layer");
    return {};
  };
  const auto goes_on = [device = user.device](const Domain& domain) -> Result<bool> {
    virDomainBlockJobInfo info{};
    const int found = virDomainGetBlockJobInfo(domain.get(), device.c_str(), &info, 0);
    if (found < 0) return libvirt_error("asking for the commit job");
    return found > 0;
  };
  SB_TRY(calls_.ask<void>(user_vm, "committing a layer", begin));
  const Deadline deadline = Deadline::after(kLongCopy);
  while (!deadline.passed()) {
    SB_ASSIGN(still, calls_.ask<bool>(user_vm, "asking for the commit job", goes_on));
    if (still) {
      deadline.pause();
      continue;
    }
    SB_ASSIGN(rests_on, backing_file(site_, site_.volume_path(user.volume)));
    if (rests_on == site_.volume_path(base)) return {};
    return environment_error("the commit job ended and the chain is as before", "see the VM's log");
  }
  return environment_error("the commit job takes too long", "see the VM's log");
}

Nothing LibvirtHost::fold_offline(const recovery::VolumeName& base, const recovery::VolumeName& top,
                                  const std::optional<recovery::VmDisk>& user) {
  const std::filesystem::path bottom = site_.volume_path(base);
  std::vector<std::filesystem::path> layers;  // newest first
  for (std::filesystem::path layer = site_.volume_path(top); layer != bottom;) {
    layers.push_back(layer);
    SB_ASSIGN(below, backing_file(site_, layer));
    if (!below)
      return environment_error(fmt::format("volume {} does not rest on {}", top, base),
                               "name a volume of its backing chain");
    layer = *below;
  }
  SB_ASSIGN(used, calls_.connection());
  // Each layer goes into the one below it; -d leaves the layer's own content for a retry.
  for (const std::filesystem::path& layer : layers) {
    SB_ASSIGN(image, openable(*used, layer, Layers::all));
    SB_TRY(run_on(site_, {"qemu-img", "commit", "-q", "-d"}, image));
  }
  if (!user) return {};
  SB_ASSIGN(image, openable(*used, site_.volume_path(user->volume), Layers::top_only));
  return run_on(site_, {"qemu-img", "rebase", "-u", "-b", bottom.string(), "-F", "qcow2"}, image);
}

}  // namespace switchback::libvirt
