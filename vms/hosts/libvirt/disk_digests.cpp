// SPDX-License-Identifier: Apache-2.0
// See disk_digests.hpp.
#include "vms/hosts/libvirt/disk_digests.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xxhash.h>

#include "vms/hosts/libvirt/process.hpp"

namespace switchback::libvirt {
namespace {

constexpr Bytes kLargestChunk = Bytes{16} << 20;
/// The most that is held in memory at a time, one chunk at least.
constexpr Bytes kBatchBytes = Bytes{8} << 20;
constexpr Duration kPatience = std::chrono::seconds(20);

/// Numbers of the chunks that data extents touch, ascending.
std::vector<std::uint64_t> chunks_of(const std::vector<NbdExtent>& data, Bytes chunk_bytes) {
  std::vector<std::uint64_t> chunks;
  std::uint64_t next = 0;
  for (const NbdExtent& extent : data) {
    const std::uint64_t last = (extent.offset + extent.length - 1) / chunk_bytes;
    for (next = std::max(next, extent.offset / chunk_bytes); next <= last; ++next)
      chunks.push_back(next);
  }
  return chunks;
}

bool holds_zeroes(std::span<const std::byte> bytes) {
  return bytes.empty() || (bytes[0] == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

/// A descriptor of a socket, closed at the end.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }
  /// False if nothing came of it in time.
  [[nodiscard]] bool wait_for(short what, const Deadline& deadline) const {
    pollfd ready{.fd = descriptor_, .events = what, .revents = 0};
    return poll(&ready, 1, deadline.left_ms()) > 0;
  }

 private:
  int descriptor_;
};

/// Sends all bytes; gives up silently, for the other end sees what is missing.
void send_all(const Socket& socket, std::span<const std::byte> bytes) {
  const Deadline deadline = Deadline::after(kPatience);
  while (!bytes.empty() && socket.wait_for(POLLOUT, deadline)) {
    const ssize_t sent =
        send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return;
    if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

Nothing receive_all(const Socket& socket, std::span<std::byte> bytes) {
  const Deadline deadline = Deadline::after(kPatience);
  while (!bytes.empty()) {
    const bool ready = socket.wait_for(POLLIN, deadline);
    const ssize_t got = ready ? recv(socket.get(), bytes.data(), bytes.size(), 0) : 0;
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return environment_error("the other site's checksums did not all arrive",
                               "look whether the link between the sites is up");
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

/// Answers one client, and ends.
void serve(const Socket& listening, const Digests& digests) {
  if (!listening.wait_for(POLLIN, Deadline::after(kPatience))) return;
  const Socket client(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const std::uint64_t count = digests.size();
  send_all(client, std::as_bytes(std::span(&count, 1)));
  static_assert(sizeof(recovery::ChunkDigest) == 24);
  send_all(client, std::as_bytes(std::span(digests)));
}

Result<Digests> fetch(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return environment_error(fmt::format("{}: {}", path, std::strerror(errno)),
                             "look whether the link between the sites is up");
  std::uint64_t count = 0;
  SB_TRY(receive_all(socket, std::as_writable_bytes(std::span(&count, 1))));
  Digests digests;
  // In pieces, so that a number that makes no sense does not take all memory.
  constexpr std::uint64_t kPiece = 65536;
  while (digests.size() < count) {
    const std::size_t done = digests.size();
    digests.resize(done + static_cast<std::size_t>(std::min(kPiece, count - done)));
    SB_TRY(receive_all(socket, std::as_writable_bytes(std::span(digests).subspan(done))));
  }
  return digests;
}

}  // namespace

Result<Digests> digests_of(NbdDisk& disk, Bytes chunk_bytes) {
  if (chunk_bytes == 0 || chunk_bytes > kLargestChunk)
    return bad_input(fmt::format("chunks of {} bytes can't be compared", chunk_bytes),
                     fmt::format("choose 1 to {}", kLargestChunk));
  SB_ASSIGN(data, disk.data_extents());
  const std::vector<std::uint64_t> chunks = chunks_of(data, chunk_bytes);
  const std::size_t at_once = std::max<std::size_t>(1, kBatchBytes / chunk_bytes);
  std::vector<std::byte> bytes(std::min(at_once, chunks.size()) * chunk_bytes);
  Digests digests;
  for (std::size_t first = 0; first < chunks.size(); first += at_once) {
    std::vector<NbdRead> reads;
    for (std::size_t n = first; n < std::min(chunks.size(), first + at_once); ++n) {
      const Bytes offset = chunks[n] * chunk_bytes;
      const Bytes length = std::min(chunk_bytes, disk.size_bytes() - offset);
      reads.push_back(
          {.offset = offset, .into = std::span(bytes).subspan((n - first) * chunk_bytes, length)});
    }
    SB_TRY(disk.read(reads));
    for (const NbdRead& read : reads) {
      if (holds_zeroes(read.into)) continue;
      const XXH128_hash_t hash = XXH3_128bits(read.into.data(), read.into.size());
      digests.push_back({.chunk = read.offset / chunk_bytes, .digest = {hash.high64, hash.low64}});
    }
  }
  return digests;
}

Result<Digests> fetch_digests(WireRoute& wire, Site site, const std::filesystem::path& socket,
                              const std::function<Result<Digests>()>& compute) {
  SB_ASSIGN(descriptor, listen_at(socket));
  const Socket listening(descriptor);
  const Result<std::string> routed = wire.route(site, socket.string());
  const auto exchange = [&]() -> Result<Digests> {
    if (!routed) return tl::unexpected(routed.error());
    SB_ASSIGN(computed, compute());
    std::thread server([&] { serve(listening, computed); });
    Result<Digests> fetched = fetch(*routed);
    // Whatever became of it, nobody will come any more.
    shutdown(listening.get(), SHUT_RDWR);
    wire.close(*routed);
    server.join();
    return fetched;
  };
  Result<Digests> fetched = exchange();
  if (routed) wire.close(*routed);
  std::error_code ignored;
  std::filesystem::remove(socket, ignored);
  return fetched;
}

}  // namespace switchback::libvirt
