// SPDX-License-Identifier: Apache-2.0
// Folding layers of a real site into those below them: by qemu-img, or under a VM by its own QEMU.
#include <algorithm>

#include <fmt/format.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/qcow2_header.hpp"

namespace switchback::libvirt {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kLongCopy{10};

/// "qemu-img COMMAND... IMAGE", with the image's key on its input.
Nothing run_on(const SiteConfig& site, std::vector<std::string> command,
               const OpenableImage& image) {
  for (const std::string& argument : image.arguments(kKeyOnInput))
    command.push_back(argument);
  SB_TRY(run_program(site.run_id, command, kLongCopy, image.key));
  return {};
}

bool rests_on(const std::vector<fs::path>& chain, const fs::path& layer) {
  return std::find(chain.begin(), chain.end(), layer) != chain.end();
}

/// The volumes of this run that rest on `layer` directly.
Result<std::vector<fs::path>> volumes_on(const SiteConfig& site, const fs::path& layer) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entries(site.storage, error);
       !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const fs::path& file = entries->path();
    if (!file.filename().string().starts_with(site.prefix()) || file.extension() != ".qcow2")
      continue;
    const Result<Qcow2Header> header = read_qcow2_header(file);
    if (header && header->backing == layer) found.push_back(file);
  }
  if (error)
    return environment_error(fmt::format("folder {}: {}", site.storage.string(), error.message()),
                             "check that the folder of the site exists and can be read");
  return found;
}

}  // namespace

Nothing LibvirtHost::fold_volumes(const recovery::VolumeName& base, const recovery::VolumeName& top,
                                  const std::optional<recovery::VmDisk>& user,
                                  const recovery::VmName& user_vm) {
  const auto fold = [&]() -> Nothing {
    bool done = false;
    bool running = false;
    if (user) {
      SB_ASSIGN(chain, image_chain(site_.run_id, site_.volume_path(user->volume)));
      done = !rests_on(chain, site_.volume_path(top));
      SB_ASSIGN(runs, is_running(user_vm));
      running = runs;
    }
    if (!done) {
      const Nothing folded =
          running ? fold_under_running_vm(base, top, *user, user_vm) : fold_offline(base, top);
      if (!folded) return folded;
    }
    return rest_on_base(base, top);
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
    SB_ASSIGN(chain, image_chain(site_.run_id, site_.volume_path(user.volume)));
    if (!rests_on(chain, site_.volume_path(top))) return {};
    return environment_error("the commit job ended and the chain is as before", "see the VM's log");
  }
  return environment_error("the commit job takes too long", "see the VM's log");
}

Nothing LibvirtHost::fold_offline(const recovery::VolumeName& base,
                                  const recovery::VolumeName& top) {
  const fs::path bottom = site_.volume_path(base);
  SB_ASSIGN(chain, image_chain(site_.run_id, site_.volume_path(top)));
  const auto end = std::find(chain.begin(), chain.end(), bottom);
  if (end == chain.end())
    return environment_error(fmt::format("volume {} does not rest on {}", top, base),
                             "name a volume of its backing chain");
  SB_ASSIGN(used, calls_.connection());
  // Each layer goes into the one below it; -d leaves the layer's own content for a retry.
  for (auto layer = chain.begin(); layer != end; ++layer) {
    SB_ASSIGN(image, openable(*used, *layer, Layers::all));
    SB_TRY(run_on(site_, {"qemu-img", "commit", "-q", "-d"}, image));
  }
  return {};
}

/// What a running QEMU had on `top` is on the base by now; this is for all others.
Nothing LibvirtHost::rest_on_base(const recovery::VolumeName& base,
                                  const recovery::VolumeName& top) {
  SB_ASSIGN(volumes, volumes_on(site_, site_.volume_path(top)));
  SB_ASSIGN(used, calls_.connection());
  for (const fs::path& file : volumes) {
    SB_ASSIGN(image, openable(*used, file, Layers::top_only));
    SB_TRY(run_on(
        site_, {"qemu-img", "rebase", "-u", "-b", site_.volume_path(base).string(), "-F", "qcow2"},
        image));
  }
  return {};
}

}  // namespace switchback::libvirt
