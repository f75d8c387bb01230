// SPDX-License-Identifier: Apache-2.0
// See networks.hpp.
#include "vms/hosts/libvirt/networks.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xxhash.h>

namespace switchback::libvirt {
namespace {

/// Of the range of local scope, 239/8 (RFC 2365).
constexpr const char* kSomeGroup = "239.83.66.1";

bool joins_a_group() {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  ip_mreq group{};
  inet_pton(AF_INET, kSomeGroup, &group.imr_multiaddr);
  const bool joined =
      setsockopt(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) == 0;
  close(descriptor);
  return joined;
}

}  // namespace

bool multicast_works() {
  static const bool works = joins_a_group();
  return works;
}

Segment segment_of(const SiteConfig& site, const std::string& network) {
  if (!multicast_works()) return {.type = "user", .address = {}, .port = 0};
  const std::string name = fmt::format("{}{}/{}", site.prefix(), name_of(site.site), network);
  const XXH64_hash_t hash = XXH3_64bits(name.data(), name.size());
  constexpr unsigned kFirstPort = 16384;  // below those that connections get by themselves
  return {.type = "mcast",
          .address = fmt::format("239.{}.{}.{}", hash & 0xffU, hash >> 8U & 0xffU,
                                 1 + (hash >> 16U & 0x7fU)),
          .port = kFirstPort + static_cast<unsigned>(hash >> 24U & 0x3fffU)};
}

}  // namespace switchback::libvirt
