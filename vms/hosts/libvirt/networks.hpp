// SPDX-License-Identifier: Apache-2.0
// Virtual networks that need no privilege, no bridge and no daemon: the QEMUs on one network are
// members of one multicast group, which carries their frames.
#pragma once

#include <string>

#include "vms/hosts/libvirt/site_config.hpp"

namespace switchback::libvirt {

/// What a NIC is plugged into, in libvirt's terms.
struct Segment {
  std::string type;     ///< "mcast"; "user" where this machine has no way for multicast
  std::string address;  ///< of the group; empty for "user": each such NIC is alone
  unsigned port = 0;
  friend bool operator==(const Segment&, const Segment&) = default;
};

/// The segment of a network of that name. Networks of other names, sites or runs have others
/// (by checksum: of 24 bits of address and 14 of port).
Segment segment_of(const SiteConfig& site, const std::string& network);

/// Whether a process of this machine can be a member of a multicast group: without any route for it
/// (a container without a network) none can. Asked once.
bool multicast_works();

}  // namespace switchback::libvirt
