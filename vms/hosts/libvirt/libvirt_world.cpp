// SPDX-License-Identifier: Apache-2.0
// See libvirt_world.hpp.
#include "vms/hosts/libvirt/libvirt_world.hpp"

#include <fmt/format.h>

#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
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

}  // namespace

Result<World> LibvirtWorldFactory::make(std::uint64_t) {
  const Connection& primary = sites_->connection(Site::primary);
  const Connection& recovery = sites_->connection(Site::recovery);
  SB_ASSIGN(laboratory, LibvirtLaboratory::open(primary.site(), recovery.site(),
                                                {.use_kvm = sites_->use_kvm()}));
  SB_ASSIGN(catalog,
            recovery::SqliteCatalog::open(
                (sites_->folder().path() / fmt::format("catalog-{}.sqlite", worlds_++)).string()));
  WireMeter& meter = laboratory->meter();
  World world;
  world.system = std::make_unique<recovery::ReferenceSystem>(recovery::ServiceParts{
      .primary = std::make_unique<LibvirtHost>(primary, meter, sites_->use_kvm()),
      .recovery = std::make_unique<LibvirtHost>(recovery, meter, sites_->use_kvm()),
      .catalog = std::move(catalog),
      .link = meter,
      .stages = stages_,
      .system_name = "reference service on libvirt and QEMU",
      .tracking_grain = kTrackingGrain,
      .sync_overhead_per_disk = kConnectionBytes,
      .sync_overhead_per_grain = kRequestBytes});
  world.laboratory = std::move(laboratory);
  return world;
}

}  // namespace switchback::libvirt
