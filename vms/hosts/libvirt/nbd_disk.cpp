// SPDX-License-Identifier: Apache-2.0
// See nbd_disk.hpp. Only libnbd's asynchronous calls are used: the others wait without limit.
#include "vms/hosts/libvirt/nbd_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>

#include <fmt/format.h>
#include <libnbd.h>
#include <unistd.h>

#include "vms/hosts/libvirt/process.hpp"

namespace switchback::libvirt {
namespace {

/// QEMU's NBD server works on 16 requests of a client at a time (MAX_NBD_REQUESTS in nbd/server.c);
/// one more waits on the wire for each.
constexpr std::size_t kInFlight = 32;
constexpr Bytes kLargestStatus = Bytes{1} << 30;
/// NBD_NULL_COMPLETION is a compound literal, which C++ has not.
constexpr nbd_completion_callback kNoCallback{};

std::string last_nbd_error() {
  const char* text = nbd_get_error();
  return text == nullptr ? "no reason given" : text;
}

struct StatusAnswer {
  const std::string* context = nullptr;
  std::vector<NbdExtent>* extents = nullptr;
};

/// The callback of one block status request; keeps neighbours of equal flags joined.
int take_status(void* user_data, const char* context, std::uint64_t offset, std::uint32_t* entries,
                std::size_t entry_count, int* /*error*/) {
  const auto& answer = *static_cast<StatusAnswer*>(user_data);
  if (*answer.context != context) return 0;
  std::vector<NbdExtent>& extents = *answer.extents;
  for (std::size_t n = 0; n + 1 < entry_count; n += 2) {
    const Bytes length = entries[n];
    const std::uint32_t flags = entries[n + 1];
    if (!extents.empty() && extents.back().flags == flags &&
        extents.back().offset + extents.back().length == offset)
      extents.back().length += length;
    else
      extents.push_back({.offset = offset, .length = length, .flags = flags});
    offset += length;
  }
  return 0;
}

std::vector<std::string> our_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return variables;
}

}  // namespace

void NbdDisk::Close::operator()(nbd_handle* handle) const {
  nbd_close(handle);
}

NbdDisk::NbdDisk(std::string name, const NbdOptions& options)
    : handle_(nbd_create()),
      name_(std::move(name)),
      patience_(options.patience),
      context_(options.context) {}

Nothing NbdDisk::prepare(const NbdOptions& options) {
  if (!handle_) return environment_error("libnbd: " + last_nbd_error(), "free some memory");
  if (nbd_set_export_name(handle_.get(), options.export_name.c_str()) != 0 ||
      (!context_.empty() && nbd_add_meta_context(handle_.get(), context_.c_str()) != 0))
    return give_up("can't be asked for");
  return {};
}

Result<NbdDisk> NbdDisk::connect(const std::string& socket, const NbdOptions& options) {
  NbdDisk disk(fmt::format("NBD export '{}' at {}", options.export_name, socket), options);
  SB_TRY(disk.prepare(options));
  if (nbd_aio_connect_unix(disk.handle_.get(), socket.c_str()) != 0)
    return disk.give_up("can't be reached");
  SB_TRY(disk.finish_connect());
  return disk;
}

Result<NbdDisk> NbdDisk::open_file(const OpenableImage& image, const NbdOptions& options) {
  if (::access(image.file.c_str(), R_OK) != 0)
    return environment_error(fmt::format("image {}: {}", image.file.string(), std::strerror(errno)),
                             "name an image file that exists and can be read");
  NbdDisk disk(fmt::format("image {}", image.file.string()), options);
  SB_TRY(disk.prepare(options));
  SB_TRY(disk.start_server(image, options));
  SB_TRY(disk.finish_connect());
  return disk;
}

/// Not by libnbd's own socket activation: its socket has a folder in /tmp, which stays if we are
/// killed.
Nothing NbdDisk::start_server(const OpenableImage& image, const NbdOptions& options) {
  std::vector<std::string> command = {"qemu-nbd", "--read-only", "--export-name",
                                      options.export_name};
  if (options.context.starts_with(kDirtyBitmap))
    command.push_back("--bitmap=" + options.context.substr(kDirtyBitmap.size()));
  if (image.key.empty()) command.emplace_back("--format=qcow2");
  for (const std::string& argument : image.arguments(kKeyOnInput))
    command.push_back(argument);
  SB_ASSIGN(sockets, listen_in_private());
  auto server = BackgroundProgram::start({.command = command,
                                          .environment = our_environment(),
                                          .log = "/dev/null",
                                          .listening_socket = sockets.listening,
                                          .input = image.key});
  ::close(sockets.listening);
  if (!server || nbd_aio_connect_socket(handle_.get(), sockets.client) != 0) {
    ::close(sockets.client);
    if (!server) return tl::unexpected(server.error());
    return give_up("qemu-nbd can't be connected to");
  }
  server_.emplace(std::move(*server));
  return {};
}

Nothing NbdDisk::finish_connect() {
  const Deadline deadline = Deadline::after(patience_);
  while (nbd_aio_is_connecting(handle_.get()) == 1)
    SB_TRY(wait_a_bit(deadline));
  if (nbd_aio_is_ready(handle_.get()) != 1) return give_up("can't be reached");
  if (!context_.empty() && nbd_can_meta_context(handle_.get(), context_.c_str()) != 1)
    return give_up("has no metadata context " + context_);
  const std::int64_t size = nbd_get_size(handle_.get());
  if (size < 0) return give_up("has no size");
  size_bytes_ = static_cast<Bytes>(size);
  return {};
}

tl::unexpected<Error> NbdDisk::give_up(const std::string& what) {
  const std::string reason = last_nbd_error();
  const bool full = nbd_get_errno() == ENOSPC;
  // Closing first: the buffers of what is in flight belong to the caller.
  handle_.reset();
  if (full)
    return no_space(fmt::format("{}: {} ({})", name_, what, reason),
                    "make room on the storage that it is on");
  return environment_error(fmt::format("{}: {} ({})", name_, what, reason),
                           "look whether its server still runs and answers");
}

Nothing NbdDisk::wait_a_bit(const Deadline& deadline) {
  if (nbd_aio_is_dead(handle_.get()) == 1 || nbd_aio_is_closed(handle_.get()) == 1)
    return give_up("lost");
  const int answered = nbd_poll(handle_.get(), deadline.left_ms());
  if (answered < 0 && nbd_get_errno() != EINTR) return give_up("lost");
  if (answered != 1 && deadline.passed()) {
    handle_.reset();
    return environment_error(
        fmt::format("{}: no answer for {} ms", name_,
                    std::chrono::duration_cast<std::chrono::milliseconds>(patience_).count()),
        "look whether its server is stopped or its storage hangs");
  }
  return {};
}

Nothing NbdDisk::wait_for(std::int64_t cookie) {
  if (cookie < 0) return give_up("request refused");
  const Deadline deadline = Deadline::after(patience_);
  for (;;) {
    const int completed = nbd_aio_command_completed(handle_.get(), static_cast<uint64_t>(cookie));
    if (completed < 0) return give_up("request failed");
    if (completed == 1) return {};
    SB_TRY(wait_a_bit(deadline));
  }
}

Nothing NbdDisk::extents_from(Bytes offset, std::vector<NbdExtent>& extents) {
  StatusAnswer answer{.context = &context_, .extents = &extents};
  const nbd_extent_callback callback = {
      .callback = take_status, .user_data = &answer, .free = nullptr};
  return wait_for(nbd_aio_block_status(handle_.get(),
                                       std::min(size_bytes_ - offset, kLargestStatus), offset,
                                       callback, kNoCallback, 0));
}

Result<std::vector<NbdExtent>> NbdDisk::extents() {
  if (!handle_) return environment_error(name_ + ": the connection is closed", "open it again");
  std::vector<NbdExtent> extents;
  Bytes known = 0;
  // A server may answer for less than it was asked.
  while (known < size_bytes_) {
    SB_TRY(extents_from(known, extents));
    const Bytes end = extents.empty() ? 0 : extents.back().offset + extents.back().length;
    if (end <= known) return give_up("tells no extents");
    known = end;
  }
  if (known > size_bytes_) extents.back().length -= known - size_bytes_;
  return extents;
}

Result<std::vector<NbdExtent>> NbdDisk::data_extents() {
  SB_ASSIGN(all, extents());
  std::vector<NbdExtent> data;
  for (const NbdExtent& extent : all)
    if ((extent.flags & LIBNBD_STATE_ZERO) == 0) data.push_back(extent);
  return data;
}

template <class Transfer, class Submit>
Nothing NbdDisk::transfer(const std::vector<Transfer>& transfers, const Submit& submit) {
  if (!handle_) return environment_error(name_ + ": the connection is closed", "open it again");
  std::deque<std::int64_t> in_flight;
  for (const Transfer& one : transfers) {
    if (in_flight.size() >= kInFlight) {
      SB_TRY(wait_for(in_flight.front()));
      in_flight.pop_front();
    }
    const std::int64_t cookie = submit(one);
    if (cookie < 0) return give_up("request refused");
    in_flight.push_back(cookie);
  }
  for (const std::int64_t cookie : in_flight)
    SB_TRY(wait_for(cookie));
  return {};
}

Nothing NbdDisk::read(const std::vector<NbdRead>& reads) {
  return transfer(reads, [this](const NbdRead& one) {
    return nbd_aio_pread(handle_.get(), one.into.data(), one.into.size(), one.offset, kNoCallback,
                         0);
  });
}

Nothing NbdDisk::write(const std::vector<NbdWrite>& writes) {
  return transfer(writes, [this](const NbdWrite& one) {
    return nbd_aio_pwrite(handle_.get(), one.from.data(), one.from.size(), one.offset, kNoCallback,
                          0);
  });
}

Nothing NbdDisk::flush() {
  if (!handle_) return environment_error(name_ + ": the connection is closed", "open it again");
  return wait_for(nbd_aio_flush(handle_.get(), kNoCallback, 0));
}

}  // namespace switchback::libvirt
