// SPDX-License-Identifier: Apache-2.0
// See worse_link.hpp.
#include "vms/hosts/libvirt/worse_link.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/run_folder.hpp"
#include "vms/hosts/libvirt/site_config.hpp"

namespace switchback::libvirt {
namespace {

constexpr std::array kBothSites = {Site::primary, Site::recovery};

std::string lossy_table(const std::string& name) {
  return name + "_lossy";
}
std::string deaf_table(const std::string& name) {
  return name + "_deaf";
}

/// A program in the network of a site of that run.
Result<std::string> run_there(const std::string& run_id, Site site,
                              std::vector<std::string> command, const std::string& input = {}) {
  const SiteConfig there{.site = site,
                         .uri = {},
                         .storage = {},
                         .sockets = {},
                         .run_id = run_id,
                         .owner = {},
                         .network = network_name(run_id, site)};
  return run_program(run_id, there.command_there(std::move(command)), std::chrono::seconds(60),
                     input);
}

/// Drops what `which` matches of the packets that arrive at both ends.
Nothing drop_arrivals(const std::string& run_id, const std::string& name, const std::string& table,
                      const std::string& which) {
  const std::string rules = fmt::format(
      "table inet {0} {{\n  counter lost {{}}\n  chain arrivals {{\n"
      "    type filter hook input priority 0;\n"
      "    iifname \"{1}\" {2} counter name lost drop\n  }}\n}}\n",
      table, name, which);
  for (const Site site : kBothSites)
    SB_TRY(run_there(run_id, site, {"nft", "-f", "-"}, rules));
  return {};
}

Nothing slow_down(const std::string& run_id, const std::string& name) {
  // The bucket must hold a packet, and less than a short transfer: that would cross at once.
  for (const Site site : kBothSites)
    SB_TRY(run_program(
        run_id,
        {"tc", "-n", network_name(run_id, site), "qdisc", "replace", "dev", name, "root", "tbf",
         "rate", fmt::format("{}bit", kSlowLinkRate * 8), "burst", "16kb", "latency", "400ms"}));
  return {};
}

}  // namespace

std::string why_no_worse_link() {
  if (!find_program("tc")) return "tc is not installed (apt-get install iproute2)";
  if (!find_program("nft")) return "nft is not installed (apt-get install nftables)";
  return {};
}

Nothing worsen_link(const std::string& run_id, const std::string& name, FaultKind kind) {
  if (kind == FaultKind::link_slow) return slow_down(run_id, name);
  // A second time is the same as once.
  if (kind == FaultKind::link_lossy && !packets_lost(run_id, name))
    return drop_arrivals(run_id, name, lossy_table(name),
                         fmt::format("meta l4proto tcp numgen inc mod {0} == {1}",
                                     kLossyLinkLosesPacket, kLossyLinkLosesPacket - 1));
  if (kind == FaultKind::link_one_way)
    return drop_arrivals(run_id, name, deaf_table(name),
                         fmt::format("tcp sport {}-{}", kFirstServerPort, kLastServerPort));
  return {};
}

void mend_link(const std::string& run_id, const std::string& name) {
  std::string rules;
  // Adding what is there changes nothing, and then there is one to be deleted.
  for (const std::string& table : {lossy_table(name), deaf_table(name)})
    rules += fmt::format("table inet {0}\ndelete table inet {0}\n", table);
  for (const Site site : kBothSites) {
    static_cast<void>(run_there(run_id, site, {"nft", "-f", "-"}, rules));
    static_cast<void>(run_program(
        run_id, {"tc", "-n", network_name(run_id, site), "qdisc", "delete", "dev", name, "root"}));
  }
}

Result<std::uint64_t> packets_lost(const std::string& run_id, const std::string& name) {
  std::uint64_t lost = 0;
  for (const Site site : kBothSites) {
    SB_ASSIGN(said,
              run_there(run_id, site,
                        {"nft", "-j", "list", "counters", "table", "inet", lossy_table(name)}));
    const nlohmann::json json = nlohmann::json::parse(said, nullptr, false);
    if (!json.is_object() || !json.contains("nftables"))
      return environment_error("nft does not tell what was lost: " + said,
                               "look whether nft -j works here");
    for (const nlohmann::json& entry : json["nftables"])
      if (entry.contains("counter")) lost += entry["counter"].value("packets", std::uint64_t{0});
  }
  return lost;
}

}  // namespace switchback::libvirt
