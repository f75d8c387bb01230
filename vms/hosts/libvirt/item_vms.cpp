// SPDX-License-Identifier: Apache-2.0
// The VMs of an item as libvirt has them, whatever the service says.
#include <algorithm>

#include <fmt/format.h>

#include "vms/hosts/libvirt/guest_agent.hpp"
#include "vms/hosts/libvirt/holds.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
#include "vms/hosts/libvirt/qcow2_header.hpp"
#include "vms/hosts/libvirt/qemu_process.hpp"

namespace switchback::libvirt {
namespace {

/// Which VM of the item bears that name; none for the names of others.
struct Bearer {
  std::size_t vm = 0;
  bool test = false;
};
std::optional<Bearer> bearer_of(const ItemSpec& item, const std::string& name) {
  for (std::size_t vm = 0; vm < item.vms.size(); ++vm) {
    const std::string original = vm_name(item, vm);
    if (name == test_vm_name(original)) return Bearer{.vm = vm, .test = true};
    if (belongs_to(name, original)) return Bearer{.vm = vm, .test = false};
  }
  return std::nullopt;
}

Result<std::string> xml_of(const Domain& domain, unsigned flags) {
  const OwnedString xml(virDomainGetXMLDesc(domain.get(), flags));
  if (!xml) return libvirt_error("reading a domain's XML");
  return std::string(xml.get());
}

/// A VM as seen, and where its NICs really are.
struct PluggedVm {
  SeenVm seen;
  std::vector<Segment> segments;
};

/// True if none of its NICs is on a network that it names itself, or that another VM of the item is
/// on; copies that were made for the same test may meet.
bool is_isolated(const PluggedVm& vm, const SiteConfig& site, const std::vector<PluggedVm>& all) {
  if (vm.segments.empty()) return false;
  const std::vector<Nic>& nics = vm.seen.hardware.nics;
  for (std::size_t n = 0; n < vm.segments.size(); ++n) {
    const Segment& segment = vm.segments[n];
    if (segment.type == "user") continue;  // each alone
    if (n >= nics.size() || segment == segment_of(site, nics[n].network)) return false;
    for (const PluggedVm& other : all)
      if (&other != &vm && !(other.seen.test && vm.seen.test) &&
          std::find(other.segments.begin(), other.segments.end(), segment) != other.segments.end())
        return false;
  }
  return true;
}

Result<PluggedVm> look_at(const SiteConfig& site, const std::string& name, const Domain& domain) {
  SB_ASSIGN(running, is_active(domain));
  SB_ASSIGN(definition_xml, xml_of(domain, VIR_DOMAIN_XML_INACTIVE));
  SB_ASSIGN(now_xml, xml_of(domain, 0));
  SB_ASSIGN(definition, definition_in(site, definition_xml));
  SB_ASSIGN(segments, segments_in(now_xml));
  PluggedVm vm;
  vm.segments = std::move(segments);
  vm.seen.site = site.site;
  vm.seen.name = name;
  vm.seen.running = running;
  vm.seen.hardware = definition.hardware;
  for (const recovery::VmDisk& disk : definition.disks) {
    // A volume may have been lost: then the disk has no size.
    const Result<Qcow2Header> header = read_qcow2_header(site.volume_path(disk.volume));
    vm.seen.disks.push_back(
        {.device = disk.device, .size_bytes = header ? header->size_bytes : 0, .vm = 0});
  }
  if (running) vm.seen.incarnation = start_of_domain(domain);
  return vm;
}

}  // namespace

Result<const ItemSpec*> LibvirtLaboratory::spec_of(const ItemName& item) const {
  const auto known = items_.find(item);
  if (known == items_.end())
    return bad_input(fmt::format("item {} was not made here", item), "make it, or tell of it");
  return &known->second;
}

Result<std::vector<LibvirtLaboratory::ItemVm>> LibvirtLaboratory::vms_at(Site site,
                                                                         const ItemSpec& item) {
  SB_ASSIGN(reached, access(site));
  SB_ASSIGN(domains, reached->connection->domains([&](const std::string& name) {
    return bearer_of(item, name).has_value();
  }));
  std::vector<ItemVm> found;
  for (auto& [name, domain] : domains) {
    const std::optional<Bearer> bearer = bearer_of(item, name);
    SB_ASSIGN(running, is_active(domain));
    found.push_back({.name = name,
                     .vm = bearer->vm,
                     .test = bearer->test,
                     .running = running,
                     .domain = std::move(domain)});
  }
  std::sort(found.begin(), found.end(),
            [](const ItemVm& one, const ItemVm& other) { return one.name < other.name; });
  return found;
}

Result<LibvirtLaboratory::ItemVm> LibvirtLaboratory::find_vm(Site site, const ItemSpec& item,
                                                             std::size_t vm, bool test) {
  SB_ASSIGN(all, vms_at(site, item));
  std::erase_if(all, [&](const ItemVm& one) { return one.vm != vm || one.test != test; });
  if (all.empty())
    return not_found(fmt::format("item {} has no {}VM number {} at {}", item.name,
                                 test ? "test " : "", vm, name_of(site)),
                     "look where its VMs are");
  // Of two copies, one of which is on its way out, the one that runs.
  const auto running =
      std::find_if(all.begin(), all.end(), [](const ItemVm& one) { return one.running; });
  return std::move(running != all.end() ? *running : all.front());
}

/// A guest is asked itself, which also proves that it has booted, and as whom.
Result<Hold> LibvirtLaboratory::hold_of(const SiteConfig& site, const std::string& vm,
                                        const Domain& domain) const {
  if (!site.guest) return is_marked_suspended(domain) ? Hold::suspended : Hold::none;
  SB_ASSIGN(paused, is_paused(domain));
  if (paused) return Hold::suspended;
  SB_ASSIGN(agent, GuestAgent::connect(site, vm, options_.patience));
  return agent.status().frozen ? Hold::frozen : Hold::none;
}

Result<Shared<std::vector<SeenVm>>> LibvirtLaboratory::vms(const ItemName& item) {
  SB_ASSIGN(spec, spec_of(item));
  std::vector<PluggedVm> all;
  for (const Site site : {Site::primary, Site::recovery}) {
    SB_ASSIGN(found, vms_at(site, *spec));
    for (const ItemVm& one : found) {
      SB_ASSIGN(plugged, look_at(config_of(site), one.name, one.domain));
      if (one.running) {
        SB_ASSIGN(hold, hold_of(config_of(site), one.name, one.domain));
        plugged.seen.hold = hold;
        plugged.seen.incarnation = restarts_.first_of(plugged.seen.incarnation);
      }
      plugged.seen.vm = one.vm;
      plugged.seen.test = one.test;
      for (DiskSpec& disk : plugged.seen.disks)
        disk.vm = one.vm;
      all.push_back(std::move(plugged));
    }
  }
  std::vector<SeenVm> seen;
  for (PluggedVm& vm : all)
    vm.seen.isolated = is_isolated(vm, config_of(vm.seen.site), all);
  for (PluggedVm& vm : all)
    seen.push_back(std::move(vm.seen));
  return seen;
}

Result<LiveCopies> LibvirtLaboratory::live_copies(const ItemName& item) {
  SB_ASSIGN(spec, spec_of(item));
  LiveCopies live;
  for (const Site site : {Site::primary, Site::recovery}) {
    SB_ASSIGN(reached, access(site));
    const auto is_a_copy = [&](const std::string& name) {
      const std::optional<Bearer> bearer = bearer_of(*spec, name);
      return bearer && !bearer->test;
    };
    SB_ASSIGN(running, reached->connection->domains(is_a_copy, Listed::running));
    (site == Site::primary ? live.primary : live.recovery) = !running.empty();
  }
  return live;
}

}  // namespace switchback::libvirt
