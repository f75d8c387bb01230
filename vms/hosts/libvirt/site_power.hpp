// SPDX-License-Identifier: Apache-2.0
// The power of two real sites with daemons of our own: what runs there is killed, all of it at
// once.
//
// What the kernel holds of files survives, as on storage with a power supply of its own; what lived
// in a process is gone: dirty bitmaps, tables of images that were not flushed, views, holds. Keys
// are put back, as by the key store of a site: libvirt holds ours in its memory alone.
#pragma once

#include "vms/hosts/libvirt/host_restarts.hpp"
#include "vms/hosts/libvirt/two_sites.hpp"
#include "vms/hosts/libvirt/wire_route.hpp"
#include "vms/recovery/power.hpp"

namespace switchback::libvirt {

/// `sites`, `wire` and `restarts`, which is told what was started again, outlive it. Of one thread,
/// as no other world may be on these sites.
class SitePower final : public recovery::Power {
 public:
  SitePower(TwoSites& sites, WireRoute& wire, HostRestarts& restarts)
      : sites_(sites), wire_(wire), restarts_(restarts) {}
  Result<bool> lose(Site site) override;

 private:
  TwoSites& sites_;
  WireRoute& wire_;
  HostRestarts& restarts_;
};

}  // namespace switchback::libvirt
