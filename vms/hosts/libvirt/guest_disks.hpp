// SPDX-License-Identifier: Apache-2.0
// The disks of a running VM, read and written as its guest would: through QEMU's block layer.
//
// A VM without an OS can't write by itself, so its disks are exported by its own QEMU for a moment.
// QEMU has one NBD server. While no backup job runs we start it and stop it again, so that a later
// backup never meets it running; while one runs, our exports join the server of the backup.
// What is exported is the node that the guest's disk rests on now: during a backup that is the
// copy-before-write filter, so the backup's frozen view stays what it was.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "vms/hosts/libvirt/monitor.hpp"
#include "vms/hosts/libvirt/nbd_disk.hpp"

namespace switchback::libvirt {

enum class DiskAccess { read, write };

/// Some disks of a running VM, open. Keep it for one burst of reads or writes only: until close()
/// the VM can't begin or end a backup job.
class GuestDisks {
 public:
  /// Opens the disks with these device names ("vda"). For writing, the VM's disks must allow a
  /// second writer (share-rw). `socket` is the path for a server of our own: short, absolute, in a
  /// directory that QEMU may write to.
  static Result<GuestDisks> open(const Monitor& monitor, const std::vector<std::string>& devices,
                                 DiskAccess access, const std::string& socket, Duration patience);

  GuestDisks(GuestDisks&&) = default;
  GuestDisks& operator=(GuestDisks&&) = delete;
  /// Closes, whatever comes of it.
  ~GuestDisks();

  /// By position in `devices`.
  [[nodiscard]] NbdDisk& disk(std::size_t position) { return disks_[position]; }
  [[nodiscard]] std::size_t disk_count() const { return disks_.size(); }

  /// Takes back everything that open() did to the VM; returns when it is gone.
  Nothing close();

 private:
  static Result<GuestDisks> open_once(const Monitor& monitor,
                                      const std::vector<std::string>& devices, DiskAccess access,
                                      const std::string& socket, Duration patience);
  GuestDisks(const Monitor& monitor, std::string socket, Duration patience);
  Nothing start_server();
  Nothing add_export(const nlohmann::json& blocks, const std::string& device, DiskAccess access);
  Nothing take_exports_back();

  std::unique_ptr<Monitor> monitor_;  ///< null: closed, or moved from
  std::string socket_;
  Duration patience_;
  bool own_server_ = false;
  std::vector<std::string> exports_;
  std::vector<NbdDisk> disks_;
};

}  // namespace switchback::libvirt
