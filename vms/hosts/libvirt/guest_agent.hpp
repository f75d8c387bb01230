// SPDX-License-Identifier: Apache-2.0
// The agent in a running guest, as the harness asks it: over a virtio-serial port whose other end
// is a unix socket on the host.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/journal/stamp.hpp"
#include "harness/system/laboratory.hpp"
#include "vms/guest/wire.hpp"
#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/site_config.hpp"

namespace switchback::libvirt {

/// A connection to one guest's agent. The port has room for one client at a time: keep it for one
/// burst of requests only.
class GuestAgent {
 public:
  /// Waits up to `patience` until the guest has booted and answers, and makes sure that it is the
  /// guest of that VM. An Error shows what its console says last.
  static Result<GuestAgent> connect(const SiteConfig& site, const std::string& vm,
                                    Duration patience);

  GuestAgent(GuestAgent&& from) noexcept
      : socket_(std::exchange(from.socket_, -1)),
        vm_(std::move(from.vm_)),
        console_(std::move(from.console_)),
        patience_(from.patience_),
        last_number_(from.last_number_),
        frames_(std::move(from.frames_)),
        status_(std::move(from.status_)) {}
  GuestAgent& operator=(GuestAgent&&) = delete;
  ~GuestAgent();

  /// As it was when the connection was made.
  [[nodiscard]] const guest::Status& status() const { return status_; }

  /// The guest writes stamps, many in flight but one per block, and flushes: after success all of
  /// them survive a crash of its host. An Error leaves each of them acknowledged or not: unknown.
  /// `devices[write.disk]` is the disk's name in the guest; `owner.disk` is set for each write.
  Nothing write(const std::vector<std::string>& devices, const StampOwner& owner,
                const std::vector<GuestWrite>& writes);
  Nothing flush(const std::vector<std::string>& devices);
  /// What becomes of QEMU's agent, by which libvirt reaches the guest: guest::kHangs, kGoesOn or
  /// kEnds. This agent is another one and goes on.
  Nothing disturb_qemu_agent(std::string_view what);

 private:
  GuestAgent(int socket, const SiteConfig& site, const std::string& vm, Duration patience);

  Result<guest::Frame> ask(guest::Kind kind, std::vector<std::byte> payload);
  Nothing perform(guest::Kind kind, std::vector<std::byte> payload);
  Nothing send(const std::vector<std::byte>& bytes, const Deadline& deadline);
  Result<guest::Frame> receive(const Deadline& deadline);
  /// With the last lines of the console.
  [[nodiscard]] tl::unexpected<Error> trouble(const std::string& what) const;

  int socket_;
  std::string vm_;
  std::filesystem::path console_;
  Duration patience_;
  std::uint64_t last_number_;
  guest::FrameReader frames_;
  guest::Status status_;
};

}  // namespace switchback::libvirt
