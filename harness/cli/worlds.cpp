// SPDX-License-Identifier: Apache-2.0
// See worlds.hpp.
#include "harness/cli/worlds.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "fixtures/variants/changed_system.hpp"
#include "vms/hosts/libvirt/libvirt_world.hpp"

namespace switchback {
namespace {

Result<const Defect*> chosen_defect(const std::optional<std::string>& name) {
  if (!name) return nullptr;
  const Defect* const found = find_defect(*name);
  if (found == nullptr)
    return bad_input(fmt::format("'{}' is no defect", *name), "list them with: switchback defects");
  return found;
}

Result<const Variant*> chosen_variant(const WorldArguments& arguments) {
  if (!arguments.variant) return nullptr;
  const Variant* const found = find_variant(*arguments.variant);
  if (found == nullptr)
    return bad_input(fmt::format("'{}' is no variant of the sound service", *arguments.variant),
                     "list them with: switchback variants");
  if (arguments.system != "sim")
    return bad_input("variants of the sound service are there in the simulated world only",
                     "add --system sim");
  return found;
}

/// What a real VM can carry in the time that people have.
SequenceLimits limits_of_real_vms() {
  return {.steps_max = 60,
          .disks_min = 2,
          .disks_max = 3,
          .disk_bytes_min = Bytes{8} << 20,
          .disk_bytes_max = Bytes{64} << 20,
          .disk_bytes_multiple = kSectorBytes,
          .blocks_in_a_write_max = 48,
          .blocks_in_a_flood_max = 0,
          .blocks_in_a_scatter_max = 0,
          .rounds_in_a_wait_max = 4};
}

}  // namespace

Result<std::optional<libvirt::ForeignSites>> foreign_sites(const WorldArguments& arguments) {
  const bool any = arguments.primary_uri || arguments.recovery_uri || arguments.primary_storage ||
                   arguments.recovery_storage;
  if (!any) return std::nullopt;
  if (!arguments.primary_uri || !arguments.recovery_uri || !arguments.primary_storage ||
      !arguments.recovery_storage)
    return bad_input(
        "of the two sites only a part is named",
        "give --primary, --recovery, --primary-storage and --recovery-storage, or none");
  return libvirt::ForeignSites{.primary_uri = *arguments.primary_uri,
                               .recovery_uri = *arguments.recovery_uri,
                               .primary_storage = *arguments.primary_storage,
                               .recovery_storage = *arguments.recovery_storage};
}

Result<std::optional<guest::Image>> chosen_guest(const WorldArguments& arguments) {
  if (arguments.guest != "linux") {
    if (!arguments.guest_image) return std::nullopt;
    return bad_input("an image is named, and the VMs have no guest", "add --guest linux");
  }
  SB_ASSIGN(image, guest::find_image(arguments.guest_image));
  return std::optional(std::move(image));
}

Result<ChosenWorld> choose_world(const WorldArguments& arguments) {
  SB_ASSIGN(defect, chosen_defect(arguments.defect));
  SB_ASSIGN(variant, chosen_variant(arguments));
  ChangedSystem system{.variant = variant};
  if (defect != nullptr) system.defects.push_back(defect);
  SB_ASSIGN(foreign, foreign_sites(arguments));
  SB_ASSIGN(guest, chosen_guest(arguments));
  ChosenWorld chosen;
  if (arguments.system == "sim") {
    if (foreign)
      return bad_input("the simulated world has no libvirt URIs", "add --system libvirt");
    if (guest) return bad_input("simulated VMs boot nothing", "add --system libvirt");
    chosen.worlds = simulated_worlds(system);
    return chosen;
  }
  const std::filesystem::path base = arguments.run_folder.value_or(libvirt::default_run_base());
  const libvirt::SitePool::Open open = [base, foreign, guest] {
    return libvirt::TwoSites::open(base, foreign, guest, libvirt::OwnStorage::mounted);
  };
  SB_ASSIGN(sites, open());
  chosen.notes = sites->notes();
  chosen.worlds =
      worlds_with(defect, std::make_unique<libvirt::LibvirtWorldFactory>(
                              std::move(sites), foreign ? nullptr : open, stages_with(defect)));
  chosen.shrink_world = simulated_worlds(system);
  chosen.limits = limits_of_real_vms();
  chosen.default_jobs = 2;
  chosen.sequence_timeout = std::chrono::minutes(30);
  return chosen;
}

}  // namespace switchback
