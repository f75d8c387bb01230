// SPDX-License-Identifier: Apache-2.0
// The link between the two simulated sites, with the harness's meter on it.
#pragma once

#include "harness/base/result.hpp"
#include "harness/system/laboratory.hpp"
#include "vms/recovery/link.hpp"

namespace switchback::sim {

/// What a message costs beside its data, as counted for NBD: a request and its reply, and the
/// handshake of a connection (28 + 16 and about 500 bytes; NBD protocol specification).
inline constexpr Bytes kMessageBytes = 44;
inline constexpr Bytes kConnectionBytes = 512;

class SimLink final : public recovery::Link {
 public:
  void cut() override { up_ = false; }
  void heal() override { up_ = true; }
  [[nodiscard]] Bytes carried() const override { return count_.total(); }

  /// Carries `bytes` towards a site, or tells that the link is down.
  Nothing carry(Site towards, Bytes bytes) {
    if (!up_)
      return environment_error("the link between the sites is down", "wait until it is healed");
    (towards == Site::recovery ? count_.to_recovery : count_.to_primary) += bytes;
    return {};
  }
  [[nodiscard]] WireCount count() const { return count_; }

 private:
  bool up_ = true;
  WireCount count_;
};

}  // namespace switchback::sim
