// SPDX-License-Identifier: Apache-2.0
// Reading a frozen view and writing a replica in the simulated world.
#pragma once

#include "vms/hosts/sim/sim_link.hpp"
#include "vms/hosts/sim/sim_site.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::sim {

/// The longest extent that a view hands out: each costs the caller one read and one write.
inline constexpr Bytes kLongestExtent = Bytes{1} << 20;

/// Looks the view up on every call: it may be gone with its VM.
class SimView final : public recovery::View {
 public:
  SimView(SimSite& site, std::string vm, std::uint64_t id)
      : site_(site), vm_(std::move(vm)), id_(id) {}
  Result<std::vector<recovery::Extent>> extents(const std::string& device) override;
  Nothing read(const std::string& device, recovery::Extent extent,
               std::vector<std::byte>& into) override;
  Result<std::vector<recovery::ChunkDigest>> digests(const std::string& device,
                                                     Bytes chunk_bytes) override;

 private:
  /// The disk as it was at the cut: what was preserved, over what its volume holds now.
  struct Disk {
    const OpenView::Disk& viewed;
    const Volume& volume;
  };
  Result<Disk> find_disk(const std::string& device);

  SimSite& site_;
  std::string vm_;
  std::uint64_t id_;
};

/// Broken once its site has lost its power since it was opened: what was not flushed may be gone.
class SimReplica final : public recovery::Replica {
 public:
  SimReplica(SimSite& site, SimLink& link, std::string volume)
      : site_(site), link_(link), volume_(std::move(volume)), opened_(site.power_cuts) {}
  Nothing write(recovery::Extent extent, const std::vector<std::byte>& bytes) override;
  Nothing flush() override;

 private:
  [[nodiscard]] Nothing connected() const;

  SimSite& site_;
  SimLink& link_;
  std::string volume_;
  std::uint64_t opened_;  ///< when the site had lost its power so often
};

}  // namespace switchback::sim
