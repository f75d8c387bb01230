// SPDX-License-Identifier: Apache-2.0
// What happens in a lab beside the DR service: its guests write, its images can be looked at, and
// things break.
#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/cli/dr/dr_commands.hpp"
#include "harness/cli/dr/dr_home.hpp"
#include "harness/cli/dr/dr_text.hpp"
#include "reports/text.hpp"
#include "vms/hosts/libvirt/domain_xml.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"

namespace switchback {
namespace {

// ---- disks

/// The file of one disk, of a VM or of a recovery point.
struct ImageLine {
  std::string of;  ///< "primary", "recovery" or a point's id
  std::string vm;
  std::string state;  ///< "running", "off", "point"
  std::string device;
  std::string file;
};

Result<std::vector<ImageLine>> images_of_vms(const DrHome& home, const ItemSpec& item) {
  std::vector<ImageLine> lines;
  for (const Site site : {Site::primary, Site::recovery}) {
    if (home.sites().trouble(site)) continue;
    SB_ASSIGN(domains, home.sites().connection(site).domains());
    std::sort(domains.begin(), domains.end(),
              [](const auto& left, const auto& right) { return left.first < right.first; });
    for (const auto& [name, domain] : domains) {
      if (name != item.name && !name.starts_with(item.name + "-")) continue;
      const libvirt::OwnedString xml(virDomainGetXMLDesc(domain.get(), VIR_DOMAIN_XML_INACTIVE));
      if (!xml) return libvirt::libvirt_error("reading the definition of VM " + name);
      SB_ASSIGN(active, libvirt::is_active(domain));
      SB_ASSIGN(files, libvirt::disk_files(xml.get()));
      for (const libvirt::DiskFile& disk : files)
        lines.push_back({.of = std::string(name_of(site)),
                         .vm = name,
                         .state = active ? "running" : "off",
                         .device = disk.device,
                         .file = disk.file.string()});
    }
  }
  return lines;
}

Result<std::vector<ImageLine>> images_of_points(DrHome& home, const ItemSpec& item) {
  constexpr std::string_view kScheme = "qcow2:";
  std::vector<ImageLine> lines;
  SB_ASSIGN(status, home.system().status(item.name));
  for (const RecoveryPoint& point : status.points) {
    SB_ASSIGN(locators, home.system().locate_point(item.name, point.id));
    for (std::size_t disk = 0; disk < locators.size() && disk < item.disks.size(); ++disk) {
      const std::string& at = locators[disk];
      lines.push_back({.of = point.id,
                       .vm = vm_name(item, item.disks[disk].vm),
                       .state = "point",
                       .device = item.disks[disk].device,
                       .file = at.starts_with(kScheme) ? at.substr(kScheme.size()) : at});
    }
  }
  return lines;
}

Result<int> disks(const DrArguments& arguments) {
  SB_ASSIGN(home, look_at_lab(arguments.base));
  SB_ASSIGN(item, home->item(arguments.vm));
  SB_ASSIGN(lines, images_of_vms(*home, item));
  SB_ASSIGN(of_points, images_of_points(*home, item));
  lines.insert(lines.end(), of_points.begin(), of_points.end());
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::size_t width = 0;
  for (const ImageLine& line : lines)
    width = std::max(width, line.vm.size());
  for (const ImageLine& line : lines) {
    json.push_back({{"of", line.of},
                    {"vm", line.vm},
                    {"state", line.state},
                    {"device", line.device},
                    {"file", line.file}});
    if (!arguments.json)
      fmt::print("{:8}  {:{}}  {:7}  {}  {}\n", line.of, line.vm, width, line.state, line.device,
                 line.file);
  }
  if (arguments.json) fmt::print("{}\n", json.dump(2));
  return kExitDone;
}

// ---- write

/// An item's disk by its VM and device.
struct DiskChoice {
  ItemSpec item;
  std::size_t disk = 0;
};

/// `name` is an item, or one VM of a group; empty: the only item.
Result<DiskChoice> choose_disk(const LabFile& lab, const std::string& name,
                               const std::string& device) {
  for (const ItemSpec& item : lab.items)
    for (std::size_t disk = 0; disk < item.disks.size(); ++disk) {
      const bool named =
          name.empty() || name == item.name || name == vm_name(item, item.disks[disk].vm);
      if (named && item.disks[disk].device == device) return DiskChoice{item, disk};
    }
  std::string known;
  for (const ItemSpec& item : lab.items)
    for (const DiskSpec& disk : item.disks)
      known +=
          fmt::format("{}{} {}", known.empty() ? "" : ", ", vm_name(item, disk.vm), disk.device);
  return bad_input(fmt::format("there is no disk {}{}{}", name, name.empty() ? "" : " ", device),
                   "name one of: " + known);
}

/// Numbers that rise from one command to the next, so that no two writes look alike.
WriteSeq first_number(Instant now) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return static_cast<WriteSeq>(milliseconds) << 12U;
}

Result<int> write(const DrArguments& arguments) {
  SB_ASSIGN(home, look_at_lab(arguments.base));
  SB_ASSIGN(chosen, choose_disk(home->lab(), arguments.vm, arguments.device));
  const ItemSpec& item = chosen.item;
  const BlockNumber blocks = item.disks[chosen.disk].size_bytes / kBlockBytes;
  if (arguments.block >= blocks || arguments.count > blocks - arguments.block)
    return bad_input(
        fmt::format("disk {} has {} blocks of 4 KiB, counted from 0", arguments.device, blocks),
        "write below its end");
  SB_ASSIGN(laboratory,
            libvirt::LibvirtLaboratory::open(home->sites().connection(Site::primary).site(),
                                             home->sites().connection(Site::recovery).site(),
                                             {.use_kvm = home->lab().use_kvm}));
  laboratory->know_item(item);
  SB_ASSIGN(live, laboratory->live_copies(item.name));
  if (!arguments.test && !live.primary && !live.recovery)
    return environment_error(fmt::format("{} runs nowhere", item.name),
                             "see why: switchback dr status");
  std::vector<GuestWrite> writes;
  WriteSeq seq = first_number(home->now());
  for (BlockNumber n = 0; n < arguments.count; ++n)
    writes.push_back({.disk = chosen.disk, .block = arguments.block + n, .seq = ++seq});
  const Site site = live.recovery || arguments.test ? Site::recovery : Site::primary;
  SB_TRY(arguments.test ? laboratory->write_test(item.name, writes)
                        : laboratory->write(item.name, site, writes));
  fmt::print("{} at {} wrote {} ({}) of {}, from block {} on\n",
             arguments.test ? "the test VM" : "the guest", name_of(site),
             counted(arguments.count, "block"), human_bytes(arguments.count * kBlockBytes),
             arguments.device, arguments.block);
  return kExitDone;
}

// ---- break, heal

/// Faults that make sense to a person: a controller is killed by killing it.
constexpr std::array kBreakable = {FaultKind::link_cut, FaultKind::primary_lost,
                                   FaultKind::shutdown_refused, FaultKind::tracking_lost,
                                   FaultKind::recovery_full};

Result<int> break_something(const DrArguments& arguments) {
  std::optional<FaultKind> chosen;
  std::string known;
  for (const FaultKind fault : kBreakable) {
    if (arguments.fault == dashed(name_of(fault))) chosen = fault;
    known += (known.empty() ? "" : ", ") + dashed(name_of(fault));
  }
  if (!chosen)
    return bad_input(fmt::format("'{}' can't be broken", printable_line(arguments.fault)),
                     "choose one of: " + known);
  SB_ASSIGN(home, control_lab(arguments.base));
  if (*chosen == FaultKind::tracking_lost) {
    SB_TRY(home->system().inject(*chosen));
    fmt::print("the tracking of changes at primary is gone\n");
    return kExitDone;
  }
  SB_ASSIGN(faults, read_faults(home->run()));
  if (std::find(faults.begin(), faults.end(), *chosen) == faults.end()) faults.push_back(*chosen);
  SB_TRY(write_faults(home->run(), faults));
  fmt::print("broken until 'switchback dr heal': {}\n", arguments.fault);
  return kExitDone;
}

Result<int> heal(const DrArguments& arguments) {
  SB_ASSIGN(home, control_lab(arguments.base));
  SB_TRY(write_faults(home->run(), {}));
  fmt::print("nothing is broken on purpose any more\n");
  return kExitDone;
}

}  // namespace

int dr_disks(const DrArguments& arguments) {
  return dr_exit_code(disks, arguments);
}
int dr_write(const DrArguments& arguments) {
  return dr_exit_code(write, arguments);
}
int dr_break(const DrArguments& arguments) {
  return dr_exit_code(break_something, arguments);
}
int dr_heal(const DrArguments& arguments) {
  return dr_exit_code(heal, arguments);
}

}  // namespace switchback
