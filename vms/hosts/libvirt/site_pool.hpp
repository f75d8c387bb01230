// SPDX-License-Identifier: Apache-2.0
// Sites for worlds that are in use at the same time. What really breaks a site breaks it for
// everybody who is there, so each world gets two of its own.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "vms/hosts/libvirt/two_sites.hpp"

namespace switchback::libvirt {

/// Thread-safe. Sites stay up until the pool and all who lease them are gone.
class SitePool {
 public:
  using Open = std::function<Result<std::unique_ptr<TwoSites>>()>;

  /// `open_more` makes others like the first; without it, as with foreign daemons, everybody gets
  /// the first.
  SitePool(std::unique_ptr<TwoSites> first, Open open_more);

  /// Sites that nobody else has until the last copy of this is gone.
  Result<std::shared_ptr<TwoSites>> lease();

  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<TwoSites>> sites_;
  Open open_more_;
  std::vector<std::string> notes_;
};

}  // namespace switchback::libvirt
