// SPDX-License-Identifier: Apache-2.0
// The storage of the sites, for faults.
#pragma once

#include "harness/base/result.hpp"
#include "harness/lifecycle/state.hpp"

namespace switchback::recovery {

class Storage {
 public:
  virtual ~Storage() = default;
  /// Takes all room that is left at a site away: what is there can be written anew, and nothing
  /// more. Until free(), which gives it back.
  virtual Nothing fill(Site site) = 0;
  virtual Nothing free(Site site) = 0;
};

}  // namespace switchback::recovery
