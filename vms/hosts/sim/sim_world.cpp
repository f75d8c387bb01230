// SPDX-License-Identifier: Apache-2.0
// See sim_world.hpp.
#include "vms/hosts/sim/sim_world.hpp"

#include "vms/hosts/sim/sim_digest.hpp"
#include "vms/hosts/sim/sim_laboratory.hpp"
#include "vms/recovery/catalog.hpp"
#include "vms/recovery/reference_system.hpp"

namespace switchback::sim {

Result<World> SimWorldFactory::make(std::uint64_t seed) {
  auto laboratory = std::make_unique<SimLaboratory>(seed);
  SimLink& link = laboratory->link();
  SimPower& power = laboratory->power();
  recovery::ServiceParts parts{
      .primary = std::make_unique<SimHost>(laboratory->site(Site::primary), link),
      .recovery = std::make_unique<SimHost>(laboratory->site(Site::recovery), link),
      .catalog = std::make_unique<recovery::MemoryCatalog>(),
      .link = link,
      .power = &power,
      .stages = stages_,
      .system_name = "reference service on simulated hosts",
      .tracking_grain = kTrackingGrain,
      // The flush, and the request for checksums where there are any.
      .sync_overhead_per_disk = kConnectionBytes + 2 * kMessageBytes,
      .sync_overhead_per_grain = kMessageBytes,
      .checksum_chunk = kTrackingGrain,
      .checksum_bytes = kChecksumBytes,
      .most_vms = 3};
  for (const Tuning tune : tunings_)
    tune(parts);
  laboratory->set_tracking_grain(parts.tracking_grain);
  World world;
  world.system = std::make_unique<recovery::ReferenceSystem>(std::move(parts));
  world.laboratory = std::move(laboratory);
  return world;
}

}  // namespace switchback::sim
