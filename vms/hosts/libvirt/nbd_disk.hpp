// SPDX-License-Identifier: Apache-2.0
// One NBD export, connected: its size, extents and bytes. No wait is without a deadline, because a
// stopped QEMU keeps its connections open and silent (libnbd itself has no time-out).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/process.hpp"

struct nbd_handle;

namespace switchback::libvirt {

/// The metadata context that tells holes and zeroes from data.
inline constexpr const char* kAllocation = "base:allocation";
/// What the context of a QEMU dirty bitmap begins with; its name follows.
inline constexpr std::string_view kDirtyBitmap = "qemu:dirty-bitmap:";

struct NbdOptions {
  std::string export_name;
  /// The metadata context whose extents are wanted, e.g. "qemu:dirty-bitmap:c3"; empty: none.
  std::string context = kAllocation;
  /// The longest time without any answer from the server after which a call gives up. A flush alone
  /// may take many seconds where others write much.
  Duration patience = std::chrono::seconds(60);
};

/// A run of bytes with the flags of the context: for kAllocation bit 0 is "hole", bit 1 "reads as
/// zero"; for a dirty bitmap bit 0 is "dirty".
struct NbdExtent {
  Bytes offset = 0;
  Bytes length = 0;
  std::uint32_t flags = 0;
};

/// Bytes to be read; `into` belongs to the caller.
struct NbdRead {
  Bytes offset = 0;
  std::span<std::byte> into;
};
/// Bytes to be written; `from` belongs to the caller.
struct NbdWrite {
  Bytes offset = 0;
  std::span<const std::byte> from;
};

/// A connection, closed when destroyed. After any Error it is closed and every later call is an
/// Error too: what was in flight then is done or not, nobody knows. Used by one thread at a time.
class NbdDisk {
 public:
  /// Connects to an export of a server on a unix socket.
  static Result<NbdDisk> connect(const std::string& socket, const NbdOptions& options = {});
  /// Serves a qcow2 image file through a qemu-nbd of our own, read-only; the process ends with the
  /// connection. A file that a running VM writes to can't be opened so; one that it reads can. For
  /// the context of a dirty bitmap, that bitmap of the image is exported with it.
  static Result<NbdDisk> open_file(const OpenableImage& image, const NbdOptions& options = {});

  [[nodiscard]] Bytes size_bytes() const { return size_bytes_; }

  /// The whole disk in the terms of the context, ascending, neighbours of equal flags joined.
  Result<std::vector<NbdExtent>> extents();
  /// What does not read as zero, ascending; the context must be kAllocation.
  Result<std::vector<NbdExtent>> data_extents();

  /// All of them, several in flight; returns when the last one is answered.
  Nothing read(const std::vector<NbdRead>& reads);
  /// As read(). An Error leaves each write done or not: unknown.
  Nothing write(const std::vector<NbdWrite>& writes);
  /// Everything answered before is on stable storage afterwards.
  Nothing flush();

 private:
  struct Close {
    void operator()(nbd_handle* handle) const;
  };

  NbdDisk(std::string name, const NbdOptions& options);
  Nothing prepare(const NbdOptions& options);
  Nothing finish_connect();
  Nothing extents_from(Bytes offset, std::vector<NbdExtent>& extents);
  template <class Transfer, class Submit>
  Nothing transfer(const std::vector<Transfer>& transfers, const Submit& submit);
  Nothing wait_for(std::int64_t cookie);
  Nothing wait_a_bit(const Deadline& deadline);
  tl::unexpected<Error> give_up(const std::string& what);

  Nothing start_server(const OpenableImage& image, const NbdOptions& options);

  std::optional<BackgroundProgram> server_;  ///< of our own; ends after the connection
  std::unique_ptr<nbd_handle, Close> handle_;
  std::string name_;  ///< of the export, for messages
  Duration patience_;
  std::string context_;
  Bytes size_bytes_ = 0;
};

}  // namespace switchback::libvirt
