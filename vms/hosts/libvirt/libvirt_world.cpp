// SPDX-License-Identifier: Apache-2.0
// See libvirt_world.hpp.
#include "vms/hosts/libvirt/libvirt_world.hpp"

#include <fmt/format.h>

#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
#include "vms/hosts/libvirt/site_power.hpp"
#include "vms/recovery/reference_system.hpp"
#include "vms/recovery/sqlite_catalog.hpp"

namespace switchback::libvirt {
namespace {

/// A dirty bitmap of a qcow2 image with clusters of the default size.
constexpr Bytes kTrackingGrain = 65536;
/// An NBD connection's handshake, flush and farewell are about 1 KiB (measured at the meter), and a
/// request with its answer 28 + 16 bytes.
constexpr Bytes kConnectionBytes = 2048;
constexpr Bytes kRequestBytes = 64;

/// What no real site can be made to show. Of what changes a disk behind its VM's back nothing
/// tells: see LibvirtHost::change_mark().
bool is_not_had(FaultKind kind) {
  return kind == FaultKind::disk_changed_behind;
}

}  // namespace

recovery::ServiceParts reference_service_on(const Connection& primary, const Connection& recovery,
                                            WireMeter& meter, bool use_kvm,
                                            std::unique_ptr<recovery::Catalog> catalog,
                                            recovery::StageTable stages) {
  recovery::ServiceParts parts{.primary = std::make_unique<LibvirtHost>(primary, meter, use_kvm),
                               .recovery = std::make_unique<LibvirtHost>(recovery, meter, use_kvm),
                               .catalog = std::move(catalog),
                               .link = meter,
                               .stages = std::move(stages),
                               .system_name = "reference service on libvirt and QEMU",
                               .tracking_grain = kTrackingGrain,
                               .sync_overhead_per_disk = kConnectionBytes,
                               .sync_overhead_per_grain = kRequestBytes};
  // Guests without an OS have no agent that could quiesce them; the Linux guest boots by BIOS only.
  const bool runs_guest = primary.site().guest.has_value();
  parts.app_consistent = runs_guest;
  parts.uefi = has_uefi() && !runs_guest;
  std::erase_if(parts.faults, is_not_had);
  // Only where the link itself does it: a wrapper that makes believe is for the simulated world.
  if (!meter.can_worsen()) std::erase_if(parts.faults, is_of_worse_link);
  return parts;
}

Result<World> LibvirtWorldFactory::make(std::uint64_t) {
  SB_ASSIGN(sites, pool_.lease());
  const Connection& primary = sites->connection(Site::primary);
  const Connection& recovery = sites->connection(Site::recovery);
  SB_ASSIGN(laboratory, LibvirtLaboratory::open(primary.site(), recovery.site(),
                                                {.use_kvm = sites->use_kvm()}));
  laboratory->keep(sites);
  SB_ASSIGN(catalog,
            recovery::SqliteCatalog::open(
                (sites->folder().path() / fmt::format("catalog-{}.sqlite", worlds_++)).string()));
  WireMeter& meter = laboratory->meter();
  recovery::ServiceParts parts =
      reference_service_on(primary, recovery, meter, sites->use_kvm(), std::move(catalog), stages_);
  if (sites->own_daemons()) {
    const auto power = std::make_shared<SitePower>(*sites, meter, laboratory->restarts());
    parts.power = power.get();
    parts.storage = sites->storage();
    laboratory->keep(power);
  }
  World world;
  world.system = std::make_unique<recovery::ReferenceSystem>(std::move(parts));
  world.laboratory = std::move(laboratory);
  return world;
}

}  // namespace switchback::libvirt
