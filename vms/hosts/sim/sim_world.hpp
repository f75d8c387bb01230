// SPDX-License-Identifier: Apache-2.0
// Makes simulated worlds with the reference service in them.
#pragma once

#include <utility>
#include <vector>

#include "harness/system/laboratory.hpp"
#include "vms/recovery/reference_system.hpp"
#include "vms/recovery/stages.hpp"

namespace switchback::sim {

/// What a service is otherwise than the reference service: its figures, and what it declares.
using Tuning = void (*)(recovery::ServiceParts& parts);

/// Every world is fresh and costs next to nothing. `stages` is the service's table, sound or with a
/// defect in it; `tunings` are made in their order.
class SimWorldFactory final : public WorldFactory {
 public:
  explicit SimWorldFactory(recovery::StageTable stages, std::vector<Tuning> tunings = {})
      : stages_(std::move(stages)), tunings_(std::move(tunings)) {}
  Result<World> make(std::uint64_t seed) override;
  [[nodiscard]] std::string name() const override { return "sim"; }
  [[nodiscard]] bool deterministic() const override { return true; }

 private:
  recovery::StageTable stages_;
  std::vector<Tuning> tunings_;
};

}  // namespace switchback::sim
