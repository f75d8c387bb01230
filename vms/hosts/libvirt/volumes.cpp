// SPDX-License-Identifier: Apache-2.0
// Volumes of a real site: qcow2 files with the run's mark in their names.
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/domain_xml.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/process.hpp"

namespace switchback::libvirt {
namespace {

Result<nlohmann::json> image_info(const std::string& run_id, const std::filesystem::path& file) {
  SB_ASSIGN(text, run_program(run_id, {"qemu-img", "info", "--force-share", "--output=json",
                                       file.string()}));
  nlohmann::json info = nlohmann::json::parse(text, nullptr, false);
  if (!info.is_object())
    return environment_error(fmt::format("qemu-img tells nothing of {}", file.string()),
                             "check the image");
  return info;
}

Result<std::optional<std::filesystem::path>> backing_file(const std::string& run_id,
                                                          const std::filesystem::path& file) {
  SB_ASSIGN(info, image_info(run_id, file));
  if (!info.contains("full-backing-filename")) return std::nullopt;
  return std::filesystem::path(info["full-backing-filename"].get<std::string>());
}

}  // namespace

Nothing LibvirtHost::create_volume(const recovery::VolumeSpec& spec) {
  SB_TRY(remove_volume(spec.name));
  const std::filesystem::path file = site_.volume_path(spec.name);
  std::vector<std::string> command{"qemu-img", "create", "-q", "-f", "qcow2"};
  if (spec.backing)
    command.insert(command.end(), {"-b", site_.volume_path(*spec.backing).string(), "-F", "qcow2"});
  command.push_back(file.string());
  command.push_back(std::to_string(spec.size_bytes));
  SB_TRY(run_program(site_.run_id, command));
  if (site_.owner && chown(file.c_str(), *site_.owner, static_cast<gid_t>(-1)) != 0)
    return environment_error(fmt::format("{} can't be given to QEMU's user", file.string()),
                             "check the storage folder");
  return {};
}

Nothing LibvirtHost::remove_volume(const recovery::VolumeName& volume) {
  std::error_code error;
  std::filesystem::remove(site_.volume_path(volume), error);
  if (!error) return {};
  return environment_error(
      fmt::format("{} can't be removed: {}", site_.volume_path(volume).string(), error.message()),
      "check the storage folder's permissions");
}

Result<Bytes> LibvirtHost::volume_size(const recovery::VolumeName& volume) {
  SB_ASSIGN(info, image_info(site_.run_id, site_.volume_path(volume)));
  return info.value("virtual-size", Bytes{0});
}

std::string LibvirtHost::locate_volume(const recovery::VolumeName& volume) {
  return "qcow2:" + site_.volume_path(volume).string();
}

Nothing LibvirtHost::fold_volumes(const recovery::VolumeName& base, const recovery::VolumeName& top,
                                  const std::optional<recovery::VmDisk>& user,
                                  const recovery::VmName& user_vm) {
  const auto fold = [&]() -> Nothing {
    if (!user) return fold_offline(base, top, user);
    SB_ASSIGN(rests_on, backing_file(site_.run_id, site_.volume_path(user->volume)));
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
  SB_ASSIGN(domain, connection_.domain(user_vm));
  if (virDomainBlockCommit(domain.get(), user.device.c_str(), site_.volume_path(base).c_str(),
                           site_.volume_path(top).c_str(), 0, 0) < 0)
    return libvirt_error("committing a layer");
  const Deadline deadline = Deadline::after(std::chrono::minutes(10));
  while (!deadline.passed()) {
    virDomainBlockJobInfo info{};
    const int found = virDomainGetBlockJobInfo(domain.get(), user.device.c_str(), &info, 0);
    if (found < 0) return libvirt_error("asking for the commit job");
    if (found > 0) {
      deadline.pause();
      continue;
    }
    SB_ASSIGN(rests_on, backing_file(site_.run_id, site_.volume_path(user.volume)));
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
    SB_ASSIGN(below, backing_file(site_.run_id, layer));
    if (!below)
      return environment_error(fmt::format("volume {} does not rest on {}", top, base),
                               "name a volume of its backing chain");
    layer = *below;
  }
  // Each layer goes into the one below it; -d leaves the layer's own content for a retry.
  for (const std::filesystem::path& layer : layers)
    SB_TRY(run_program(site_.run_id, {"qemu-img", "commit", "-q", "-d", layer.string()},
                       std::chrono::minutes(10)));
  if (user)
    SB_TRY(run_program(site_.run_id, {"qemu-img", "rebase", "-u", "-b", bottom.string(), "-F",
                                      "qcow2", site_.volume_path(user->volume).string()}));
  return {};
}

}  // namespace switchback::libvirt
