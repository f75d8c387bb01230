// SPDX-License-Identifier: Apache-2.0
// Two hosts and a VM to try things on: brought up, kept in time, and ended.
#include <fmt/format.h>

#include "harness/cli/arguments.hpp"
#include "harness/cli/dr/dr_commands.hpp"
#include "harness/cli/dr/dr_drive.hpp"
#include "harness/cli/interruption.hpp"
#include "harness/cli/reporting.hpp"
#include "harness/cli/worlds.hpp"
#include "reports/text.hpp"
#include "vms/guest/image.hpp"
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

Nothing check(const ItemSpec& item, const DrArguments& arguments) {
  const bool sound =
      !item.name.empty() && item.name.size() <= 32 && item.name.front() != '-' &&
      item.name.back() != '-' &&
      item.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (!sound)
    return bad_input(
        fmt::format("'{}' can't be the name of a VM", printable_line(item.name)),
        "use up to 32 lower case letters, digits and hyphens, no hyphen first or last");
  if (arguments.lab_disk_bytes % kBlockBytes == 0 && arguments.lab_disk_bytes > 0) return {};
  return bad_input(fmt::format("a disk of {} bytes", arguments.lab_disk_bytes),
                   "choose a multiple of 4 KiB, e.g. --size 64M");
}

void introduce(const libvirt::TwoSites& sites, const ItemSpec& item, const DrArguments& arguments) {
  for (const std::string& note : sites.notes())
    fmt::print("note: {}\n", note);
  for (const Site site : {Site::primary, Site::recovery}) {
    const libvirt::SiteConfig& config = sites.connection(site).site();
    fmt::print("{}: virsh -c '{}'\n", name_of(site), config.uri);
  }
  fmt::print("{} runs at primary: {} with {} each of {}\n", item.name,
             counted(item.vms.size(), "VM"), counted(arguments.lab_disks, "disk"),
             human_bytes(arguments.lab_disk_bytes));
  fmt::print(
      "In another terminal: switchback dr status. Ctrl-C here, or 'switchback dr end', "
      "removes it all.\n");
  std::fflush(stdout);
}

/// One at a time, so that no other command has to be told which one is meant.
Nothing no_other_lab(const std::filesystem::path& base) {
  for (const std::filesystem::path& run : libvirt::run_folders(base))
    if (std::filesystem::exists(run / "lab.json"))
      return bad_input(fmt::format("there is a lab already: {}", run.string()),
                       lab_process_lives(run)
                           ? "end it: switchback dr end; or choose another --run-folder"
                           : "its process was killed; remove what it left: switchback clean");
  return {};
}

Result<int> lab(const DrArguments& arguments) {
  const std::filesystem::path base = arguments.base.value_or(libvirt::default_run_base());
  const ItemSpec item = item_of(arguments);
  SB_TRY(check(item, arguments));
  SB_TRY(no_other_lab(base));
  SB_ASSIGN(foreign, foreign_sites(arguments.lab_hosts));
  SB_ASSIGN(guest, chosen_guest(arguments.lab_hosts));
  SB_ASSIGN(sites, libvirt::TwoSites::open(base, foreign, guest));
  SB_ASSIGN(laboratory, libvirt::LibvirtLaboratory::open(sites->connection(Site::primary).site(),
                                                         sites->connection(Site::recovery).site(),
                                                         {.use_kvm = sites->use_kvm()}));
  SB_TRY(laboratory->create_item(item));
  const std::filesystem::path& run = sites->folder().path();
  SB_TRY(write_lab_file(
      run, {.use_kvm = sites->use_kvm(), .manual = arguments.lab_manual, .items = {item}}));
  introduce(*sites, item, arguments);
  keep_time(run, arguments.lab_manual);
  return kExitDone;
}

/// Waits until the lab's folder is gone: its process removes that last.
Result<int> end(const DrArguments& arguments) {
  SB_ASSIGN(run, lab_in(arguments.base));
  SB_TRY(end_lab_process(run));
  libvirt::Deadline deadline = libvirt::Deadline::after(std::chrono::seconds(60));
  while (std::filesystem::exists(run) && signal_received() == 0) {
    if (deadline.passed())
      return environment_error(fmt::format("the lab {} does not end", run.string()),
                               "end its process, then: switchback clean");
    deadline.pause();
  }
  fmt::print("the lab is gone\n");
  return kExitDone;
}

}  // namespace

int dr_lab(const DrArguments& arguments) {
  watch_signals();
  const Result<int> ended = lab(arguments);  // a signal is how it is meant to end
  return ended ? *ended : report_error(ended.error());
}
int dr_end(const DrArguments& arguments) {
  return dr_exit_code(end, arguments);
}

}  // namespace switchback
