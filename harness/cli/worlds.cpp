// SPDX-License-Identifier: Apache-2.0
// See worlds.hpp.
#include "harness/cli/worlds.hpp"

#include <fmt/format.h>

#include "fixtures/defects/defect.hpp"
#include "vms/hosts/libvirt/libvirt_world.hpp"
#include "vms/hosts/sim/sim_world.hpp"

namespace switchback {
namespace {

Result<recovery::StageTable> stages_with(const std::optional<std::string>& defect) {
  recovery::StageTable stages = recovery::reference_stages();
  if (!defect) return stages;
  const Defect* const found = find_defect(*defect);
  if (found == nullptr)
    return bad_input(fmt::format("'{}' is no defect", *defect),
                     "list them with: switchback defects");
  found->plant(stages);
  return stages;
}

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

/// What a real VM can carry in the time that people have.
SequenceLimits limits_of_real_vms() {
  return {.steps_max = 60,
          .disks_min = 2,
          .disks_max = 3,
          .disk_bytes_min = Bytes{8} << 20,
          .disk_bytes_max = Bytes{64} << 20,
          .disk_bytes_multiple = kSectorBytes,
          .blocks_in_a_write_max = 48};
}

}  // namespace

Result<ChosenWorld> choose_world(const WorldArguments& arguments) {
  SB_ASSIGN(stages, stages_with(arguments.defect));
  SB_ASSIGN(foreign, foreign_sites(arguments));
  ChosenWorld chosen;
  if (arguments.system == "sim") {
    if (foreign)
      return bad_input("the simulated world has no libvirt URIs", "add --system libvirt");
    chosen.worlds = std::make_unique<sim::SimWorldFactory>(stages);
    return chosen;
  }
  SB_ASSIGN(sites, libvirt::TwoSites::open(
                       arguments.run_folder.value_or(libvirt::default_run_base()), foreign));
  chosen.notes = sites->notes();
  chosen.worlds = std::make_unique<libvirt::LibvirtWorldFactory>(std::move(sites), stages);
  chosen.shrink_world = std::make_unique<sim::SimWorldFactory>(stages);
  chosen.limits = limits_of_real_vms();
  chosen.default_jobs = 2;
  return chosen;
}

}  // namespace switchback
