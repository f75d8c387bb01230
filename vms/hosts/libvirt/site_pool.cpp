// SPDX-License-Identifier: Apache-2.0
// See site_pool.hpp.
#include "vms/hosts/libvirt/site_pool.hpp"

#include <utility>

namespace switchback::libvirt {

SitePool::SitePool(std::unique_ptr<TwoSites> first, Open open_more)
    : open_more_(std::move(open_more)), notes_(first->notes()) {
  sites_.push_back(std::move(first));
}

Result<std::shared_ptr<TwoSites>> SitePool::lease() {
  {
    const std::lock_guard lock(mutex_);
    if (!open_more_) return sites_.front();
    // Copies are made here only, so that what nobody else has stays so.
    for (const std::shared_ptr<TwoSites>& sites : sites_)
      if (sites.use_count() == 1) return sites;
  }
  SB_ASSIGN(opened, open_more_());
  const std::shared_ptr<TwoSites> sites = std::move(opened);
  const std::lock_guard lock(mutex_);
  sites_.push_back(sites);
  return sites;
}

}  // namespace switchback::libvirt
