// SPDX-License-Identifier: Apache-2.0
// The power of the sites, for faults.
#pragma once

#include "harness/base/result.hpp"
#include "harness/lifecycle/state.hpp"

namespace switchback::recovery {

class Power {
 public:
  virtual ~Power() = default;
  /// Takes the power of a whole site away and gives it back. The VMs that ran there are started
  /// again by their hosts, without what lived in memory: views, holds, change tracking. Of what was
  /// written to replicas and not flushed any part may be gone, or torn. True if anything was lost;
  /// an Error if the site does not come back.
  virtual Result<bool> lose(Site site) = 0;
};

}  // namespace switchback::recovery
