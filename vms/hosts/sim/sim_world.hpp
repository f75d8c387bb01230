// SPDX-License-Identifier: Apache-2.0
// Makes simulated worlds with the reference service in them.
#pragma once

#include "harness/system/laboratory.hpp"
#include "vms/recovery/stages.hpp"

namespace switchback::sim {

/// Every world is fresh and costs next to nothing. `stages` is the service's table, sound or with a
/// defect in it.
class SimWorldFactory final : public WorldFactory {
 public:
  explicit SimWorldFactory(recovery::StageTable stages) : stages_(std::move(stages)) {}
  Result<World> make(std::uint64_t seed) override;
  [[nodiscard]] std::string name() const override { return "sim"; }
  [[nodiscard]] bool deterministic() const override { return true; }

 private:
  recovery::StageTable stages_;
};

}  // namespace switchback::sim
