// SPDX-License-Identifier: Apache-2.0
// Makes worlds of real VMs with the reference service in them.
#pragma once

#include <atomic>
#include <memory>

#include "harness/system/laboratory.hpp"
#include "vms/hosts/libvirt/site_pool.hpp"
#include "vms/hosts/libvirt/wire_meter.hpp"
#include "vms/recovery/reference_system.hpp"
#include "vms/recovery/stages.hpp"

namespace switchback::libvirt {

/// The reference service's parts on two real sites; connections and meter outlive it.
recovery::ServiceParts reference_service_on(const Connection& primary, const Connection& recovery,
                                            WireMeter& meter, bool use_kvm,
                                            std::unique_ptr<recovery::Catalog> catalog,
                                            recovery::StageTable stages);

/// Worlds in use at the same time have sites of their own, if daemons can be had; at foreign ones
/// they share them, and then no site can lose its power. Each has a laboratory, a service, a
/// catalog and a meter of its own.
class LibvirtWorldFactory final : public WorldFactory {
 public:
  /// See SitePool.
  LibvirtWorldFactory(std::unique_ptr<TwoSites> sites, SitePool::Open open_more,
                      recovery::StageTable stages)
      : pool_(std::move(sites), std::move(open_more)), stages_(std::move(stages)) {}
  Result<World> make(std::uint64_t seed) override;
  [[nodiscard]] std::string name() const override { return "libvirt"; }
  [[nodiscard]] bool deterministic() const override { return false; }

  [[nodiscard]] const std::vector<std::string>& notes() const { return pool_.notes(); }

 private:
  SitePool pool_;
  recovery::StageTable stages_;
  std::atomic<std::uint64_t> worlds_{0};
};

}  // namespace switchback::libvirt
