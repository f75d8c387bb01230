// SPDX-License-Identifier: Apache-2.0
// Two hosts and a VM to try things on, and its guest.
#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <poll.h>

#include "harness/cli/dr/dr_commands.hpp"
#include "harness/cli/dr/dr_home.hpp"
#include "harness/cli/interruption.hpp"
#include "harness/cli/reporting.hpp"
#include "reports/text.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
#include "vms/hosts/libvirt/two_sites.hpp"

namespace switchback {
namespace {

ItemSpec item_of(const DrArguments& arguments) {
  ItemSpec item{.name = arguments.vm.empty() ? "web" : arguments.vm, .disks = {}};
  item.vms.assign(arguments.lab_vms, Hardware{});
  for (std::size_t vm = 0; vm < item.vms.size(); ++vm) {
    item.vms[vm].nics.push_back({.mac = fmt::format("52:54:00:12:34:{:02x}", vm + 1),
                                 .network = "production",
                                 .address = {}});
    for (unsigned n = 0; n < arguments.lab_disks; ++n)
      item.disks.push_back({.device = fmt::format("vd{}", static_cast<char>('a' + n)),
                            .size_bytes = arguments.lab_disk_bytes,
                            .vm = vm});
  }
  return item;
}

Result<int> lab(const DrArguments& arguments) {
  const std::filesystem::path base = arguments.base.value_or(libvirt::default_run_base());
  SB_ASSIGN(sites, libvirt::TwoSites::open(base, std::nullopt));
  const libvirt::Connection& primary = sites->connection(Site::primary);
  const libvirt::Connection& recovery = sites->connection(Site::recovery);
  SB_ASSIGN(laboratory, libvirt::LibvirtLaboratory::open(primary.site(), recovery.site(),
                                                         {.use_kvm = sites->use_kvm()}));
  const ItemSpec item = item_of(arguments);
  SB_TRY(laboratory->create_item(item));
  const std::filesystem::path& run = sites->folder().path();
  SB_TRY(write_lab_file(run, {.use_kvm = sites->use_kvm(), .items = {item}}));
  for (const std::string& note : sites->notes())
    fmt::print("note: {}\n", note);
  fmt::print("primary:  {}\n          disks in {}\n", primary.site().uri,
             primary.site().storage.string());
  fmt::print("recovery: {}\n          disks in {}\n", recovery.site().uri,
             recovery.site().storage.string());
  fmt::print(
      "VM {} runs at primary, with {} each of {}.\nIn another terminal: switchback dr status\n"
      "Interrupt this command (Ctrl-C) to remove it all.\n",
      item.name, counted(arguments.lab_disks, "disk"), human_bytes(arguments.lab_disk_bytes));
  std::fflush(stdout);
  while (signal_received() == 0)
    poll(nullptr, 0, 500);  // ended early by a signal
  return kExitHeld;
}

/// The disk of the item that the arguments name, or nothing.
std::optional<std::size_t> disk_of(const ItemSpec& item, const std::string& device) {
  const auto found = std::find_if(item.disks.begin(), item.disks.end(),
                                  [&](const DiskSpec& disk) { return disk.device == device; });
  if (found == item.disks.end()) return std::nullopt;
  return static_cast<std::size_t>(found - item.disks.begin());
}

Result<int> write(const DrArguments& arguments) {
  SB_ASSIGN(home, DrHome::open(arguments.base));
  SB_ASSIGN(item, home->item(arguments.vm));
  const std::optional<std::size_t> disk = disk_of(item, arguments.device);
  if (!disk)
    return bad_input(fmt::format("VM {} has no disk {}", item.name, arguments.device),
                     "name one of its devices, e.g. vda");
  const BlockNumber blocks = item.disks[*disk].size_bytes / kBlockBytes;
  if (arguments.block + arguments.count > blocks)
    return bad_input(fmt::format("disk {} has {} blocks", arguments.device, blocks),
                     "write below its end");
  SB_ASSIGN(laboratory,
            libvirt::LibvirtLaboratory::open(home->sites().connection(Site::primary).site(),
                                             home->sites().connection(Site::recovery).site(),
                                             {.use_kvm = home->lab().use_kvm}));
  laboratory->know_item(item);
  SB_ASSIGN(live, laboratory->live_copies(item.name));
  if (!live.primary && !live.recovery)
    return environment_error(fmt::format("VM {} does not run", item.name), "start it first");
  const Site site = live.recovery ? Site::recovery : Site::primary;
  // Numbers that rise from one command to the next, so that no two writes look alike.
  auto seq = static_cast<WriteSeq>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count())
             << 12U;
  std::vector<GuestWrite> writes;
  for (BlockNumber n = 0; n < arguments.count; ++n)
    writes.push_back({.disk = *disk, .block = arguments.block + n, .seq = ++seq});
  SB_TRY(laboratory->write(item.name, site, writes));
  SB_TRY(laboratory->flush(item.name, site));
  fmt::print("the guest at {} wrote {} of {} from block {} on\n", name_of(site),
             counted(arguments.count, "block"), arguments.device, arguments.block);
  return kExitHeld;
}

int exit_code(const Result<int>& result) {
  return result ? *result : report_error(result.error());
}

}  // namespace

int dr_lab(const DrArguments& arguments) {
  watch_signals();
  return exit_code(lab(arguments));
}
int dr_write(const DrArguments& arguments) {
  return exit_code(write(arguments));
}

}  // namespace switchback
