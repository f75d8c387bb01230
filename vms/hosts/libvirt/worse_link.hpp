// SPDX-License-Identifier: Apache-2.0
// A link between two networks made slow, lossy or deaf by the kernel, at its interfaces: tc(8) and
// nft(8), run in both networks.
#pragma once

#include <cstdint>
#include <string>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "harness/system/fault.hpp"

namespace switchback::libvirt {

/// What a slow link carries each way in a second. A campaign has to be got through with it: the
/// simulated world's is far slower, and costs nothing there.
inline constexpr Bytes kSlowLinkRate = Bytes{1} << 20;
/// A lossy link loses the last of so many packets that arrive at either end.
inline constexpr unsigned kLossyLinkLosesPacket = 20;
/// Servers at a link listen on these ports, and clients come from higher ones: so an answer can be
/// told from what it answers.
inline constexpr std::uint16_t kFirstServerPort = 10000;
inline constexpr std::uint16_t kLastServerPort = 29999;

/// Why no link can be made worse here, as far as can be told without trying. Empty: it may well be.
std::string why_no_worse_link();

/// Of link_slow, link_lossy and link_one_way, for the link of that run whose interfaces have that
/// name, until mend_link().
///   link_slow     each end sends kSlowLinkRate a second
///   link_lossy    each end loses every kLossyLinkLosesPacket-th packet that arrives; TCP sends it
///                 again, so calls last longer and hardly ever fail
///   link_one_way  what a server sends does not arrive: neither answers nor the receipts for what
///                 it was sent, which does arrive
Nothing worsen_link(const std::string& run_id, const std::string& name, FaultKind kind);
/// As it was made. No error if it is.
void mend_link(const std::string& run_id, const std::string& name);
/// Packets that a lossy link has lost since it became so.
Result<std::uint64_t> packets_lost(const std::string& run_id, const std::string& name);

}  // namespace switchback::libvirt
