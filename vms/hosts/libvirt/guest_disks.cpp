// SPDX-License-Identifier: Apache-2.0
// See guest_disks.hpp.
#include "vms/hosts/libvirt/guest_disks.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "vms/hosts/libvirt/domain_xml.hpp"

namespace switchback::libvirt {
namespace {

using nlohmann::json;

/// Exports of ours, told from those of a backup job by their ids.
constexpr std::string_view kExportPrefix = "switchback-guest-";

std::string device_path(const std::string& device) {
  return fmt::format("/machine/peripheral/virtio-disk{}/", disk_number(device));
}

bool is_ours(const json& exported) {
  return exported.value("id", "").starts_with(kExportPrefix);
}

}  // namespace

GuestDisks::GuestDisks(const Monitor& monitor, std::string socket, Duration patience)
    : monitor_(std::make_unique<Monitor>(monitor)),
      socket_(std::move(socket)),
      patience_(patience) {}

GuestDisks::~GuestDisks() {
  if (monitor_) static_cast<void>(close());
}

Result<GuestDisks> GuestDisks::open(const Monitor& monitor, const std::vector<std::string>& devices,
                                    DiskAccess access, const std::string& socket,
                                    Duration patience) {
  // libvirt stops the server of a backup a little after it has reported the job's end. If that
  // caught us in between, the next attempt finds no server and starts one.
  const Deadline deadline = Deadline::after(patience);
  for (;;) {
    auto opened = open_once(monitor, devices, access, socket, patience);
    if (opened || deadline.passed() ||
        opened.error().message.find("NBD server not running") == std::string::npos)
      return opened;
  }
}

Result<GuestDisks> GuestDisks::open_once(const Monitor& monitor,
                                         const std::vector<std::string>& devices, DiskAccess access,
                                         const std::string& socket, Duration patience) {
  GuestDisks guest(monitor, socket, patience);
  SB_ASSIGN(backup_socket, guest.monitor_->backup_socket());
  if (backup_socket)
    guest.socket_ = *backup_socket;
  else
    SB_TRY(guest.start_server());
  SB_ASSIGN(blocks, guest.monitor_->ask("query-block"));
  for (const std::string& device : devices) {
    SB_TRY(guest.add_export(blocks, device, access));
    SB_ASSIGN(disk, NbdDisk::connect(guest.socket_, {.export_name = guest.exports_.back(),
                                                     .context = kAllocation,
                                                     .patience = patience}));
    guest.disks_.push_back(std::move(disk));
  }
  return guest;
}

Nothing GuestDisks::start_server() {
  const json arguments = {{"addr", {{"type", "unix"}, {"data", {{"path", socket_}}}}},
                          {"max-connections", 0}};
  own_server_ = true;
  auto started = monitor_->ask("nbd-server-start", arguments);
  if (!started && started.error().message.find("already running") != std::string::npos) {
    // No backup job runs, so this one was left behind when an earlier run was killed.
    SB_TRY(monitor_->ask("nbd-server-stop"));
    started = monitor_->ask("nbd-server-start", arguments);
  }
  if (!started) own_server_ = false;
  SB_TRY(started);
  return {};
}

Nothing GuestDisks::add_export(const json& blocks, const std::string& device, DiskAccess access) {
  const std::string path = device_path(device);
  const auto found = std::find_if(blocks.begin(), blocks.end(), [&](const json& block) {
    return block.value("qdev", "").starts_with(path) && block.contains("inserted");
  });
  if (found == blocks.end())
    return environment_error(fmt::format("VM {} has no disk {}", monitor_->domain_name(), device),
                             "name a virtio disk of the VM");
  exports_.push_back(fmt::format("{}{}", kExportPrefix, device));
  SB_TRY(
      monitor_->ask("block-export-add", {{"type", "nbd"},
                                         {"id", exports_.back()},
                                         {"name", exports_.back()},
                                         {"node-name", (*found)["inserted"].value("node-name", "")},
                                         {"writable", access == DiskAccess::write}}));
  return {};
}

Nothing GuestDisks::close() {
  disks_.clear();
  Nothing closed;
  if (own_server_) {
    // Stopping the server takes its exports with it, and waits until they are gone.
    closed = monitor_->ask("nbd-server-stop").map([](const json&) {});
    ::unlink(socket_.c_str());
  } else if (!exports_.empty()) {
    closed = take_exports_back();
  }
  monitor_.reset();
  return closed;
}

Nothing GuestDisks::take_exports_back() {
  for (const std::string& exported : exports_)
    SB_TRY(monitor_->ask("block-export-del", {{"id", exported}, {"mode", "hard"}}));
  // Deletion ends later than its answer.
  const Deadline deadline = Deadline::after(patience_);
  for (;;) {
    SB_ASSIGN(left, monitor_->ask("query-block-exports"));
    if (std::none_of(left.begin(), left.end(), is_ours)) return {};
    if (deadline.passed())
      return environment_error(
          fmt::format("VM {} keeps exports that were taken back", monitor_->domain_name()),
          "stop and start the VM");
  }
}

}  // namespace switchback::libvirt
