// SPDX-License-Identifier: Apache-2.0
// The power of the simulated sites: what goes with it, and what comes back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vms/hosts/sim/sim_site.hpp"
#include "vms/recovery/power.hpp"

namespace switchback::sim {

/// Which writes to a volume survive, in the order in which they were made.
struct Survival {
  std::string_view pattern;         ///< "none", "all", "a prefix", "scattered"
  std::vector<bool> kept;           ///< by write
  std::optional<std::size_t> torn;  ///< this one is half written, whatever `kept` says
};

/// Both sites outlive it. What a volatile cache has written back by the time the power goes is
/// drawn from the seed: the same seed and the same history give the same loss.
class SimPower final : public recovery::Power {
 public:
  SimPower(SimSite& primary, SimSite& recovery, std::uint64_t seed)
      : primary_(primary), recovery_(recovery), seed_(seed) {}
  Result<bool> lose(Site site) override;
  /// What became of unflushed writes since this was last asked: "vm-vda-p3: kept 2 of 5
  /// (a prefix), 1 torn", joined by "; ".
  std::string take_losses();

 private:
  std::uint64_t below(std::uint64_t bound);
  Survival draw_survival(std::size_t writes);
  bool lose_unflushed(SimSite& site);

  SimSite& primary_;
  SimSite& recovery_;
  std::uint64_t seed_;
  std::uint64_t drawn_ = 0;
  std::string losses_;
};

}  // namespace switchback::sim
