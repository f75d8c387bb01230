// SPDX-License-Identifier: Apache-2.0
// See drives.hpp.
#include "vms/guest/agent/drives.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include <fcntl.h>
#include <libaio.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/journal/stamp.hpp"

namespace switchback::guest {
namespace {

namespace fs = std::filesystem;

/// For O_DIRECT: no disk has larger sectors.
constexpr std::size_t kAlignment = 4096;

tl::unexpected<Error> failed(const std::string& what, int number) {
  return environment_error(what + ": " + std::strerror(number), "see the VM's console");
}

std::string name_of_drive(std::uint32_t drive) {
  return std::string("vd") + static_cast<char>('a' + drive);
}

/// The device whose serial number is that name.
Result<fs::path> device_of(const std::string& drive) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/sys/block", error)) {
    std::ifstream file(entry.path() / "serial");
    std::string serial;
    file >> serial;
    if (serial == drive) return fs::path("/dev") / entry.path().filename();
  }
  return not_found("the guest has no disk " + drive, "name a disk that the VM was started with");
}

/// Blocks in memory as O_DIRECT wants them: a whole number of pages each.
class Buffers {
 public:
  explicit Buffers(std::size_t count)
      : bytes_(static_cast<std::byte*>(std::aligned_alloc(kAlignment, count * kStride))) {}
  ~Buffers() { std::free(bytes_); }
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;
  [[nodiscard]] std::byte* at(std::size_t number) const { return bytes_ + number * kStride; }

 private:
  /// The last block of a disk takes what is left over.
  static constexpr std::size_t kStride = 2 * kBlockBytes;
  std::byte* bytes_;
};

/// Hands all to the kernel, and waits for all of them.
Nothing run_all(std::vector<iocb>& requests) {
  io_context_t context{};
  if (const int set_up = io_setup(static_cast<int>(requests.size()), &context); set_up < 0)
    return failed("io_setup", -set_up);
  const std::unique_ptr<std::remove_pointer_t<io_context_t>, int (*)(io_context_t)> owned(
      context, io_destroy);
  std::vector<iocb*> pointers;
  for (iocb& request : requests)
    pointers.push_back(&request);
  for (std::size_t submitted = 0; submitted < pointers.size();) {
    const int taken = io_submit(context, static_cast<long>(pointers.size() - submitted),
                                pointers.data() + submitted);
    if (taken < 0 && taken != -EINTR && taken != -EAGAIN) return failed("io_submit", -taken);
    if (taken > 0) submitted += static_cast<std::size_t>(taken);
  }
  std::vector<io_event> events(pointers.size());
  for (std::size_t ended = 0; ended < events.size();) {
    const int got = io_getevents(context, 1, static_cast<long>(events.size() - ended),
                                 events.data() + ended, nullptr);
    if (got < 0 && got != -EINTR) return failed("io_getevents", -got);
    if (got > 0) ended += static_cast<std::size_t>(got);
  }
  for (const io_event& event : events) {
    const auto written = static_cast<long>(event.res);
    if (written < 0) return failed("a write", static_cast<int>(-written));
    if (static_cast<unsigned long>(written) != event.obj->u.c.nbytes)
      return environment_error("a write was cut short", "see the VM's console");
  }
  return {};
}

}  // namespace

Drives::~Drives() {
  for (const auto& [drive, descriptor] : descriptors_)
    close(descriptor);
}

Result<int> Drives::open(std::uint32_t drive) {
  const auto known = descriptors_.find(drive);
  if (known != descriptors_.end()) return known->second;
  SB_ASSIGN(device, device_of(name_of_drive(drive)));
  const int descriptor = ::open(device.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC);
  if (descriptor < 0) return failed(device.string(), errno);
  descriptors_[drive] = descriptor;
  return descriptor;
}

Nothing Drives::write(const WriteRequest& request) {
  if (request.writes.empty()) return {};
  const Buffers buffers(request.writes.size());
  std::vector<iocb> requests(request.writes.size());
  std::set<std::pair<std::uint32_t, BlockNumber>> blocks;
  std::set<std::uint32_t> written;
  for (std::size_t n = 0; n < request.writes.size(); ++n) {
    const BlockWrite& write = request.writes[n];
    if (!blocks.insert({write.drive, write.block}).second)
      return bad_input("a request names a block twice", "ask for one after the other");
    SB_ASSIGN(descriptor, open(write.drive));
    DiskGeometry geometry{.size_bytes = 0, .volatile_cache = true};
    // Asked each time: disks grow under a running guest.
    if (ioctl(descriptor, BLKGETSIZE64, &geometry.size_bytes) != 0)
      return failed("the size of a disk", errno);
    if (write.block >= geometry.block_count())
      return bad_input("a request names a block behind the end of " + name_of_drive(write.drive),
                       "name a block that the disk has");
    const Bytes length = geometry.block_bytes(write.block);
    write_stamp({buffers.at(n), length}, {request.run, request.item, write.disk}, write.block,
                write.seq);
    io_prep_pwrite(&requests[n], descriptor, buffers.at(n), length,
                   static_cast<long long>(geometry.block_offset(write.block)));
    written.insert(write.drive);
  }
  SB_TRY(run_all(requests));
  return flush({written.begin(), written.end()});
}

Nothing Drives::flush(const std::vector<std::uint32_t>& drives) {
  for (const std::uint32_t drive : drives) {
    SB_ASSIGN(descriptor, open(drive));
    if (fsync(descriptor) != 0) return failed("flushing " + name_of_drive(drive), errno);
  }
  return {};
}

Nothing Drives::flush_all() {
  std::vector<std::uint32_t> drives;
  for (const auto& [drive, descriptor] : descriptors_)
    drives.push_back(drive);
  return flush(drives);
}

}  // namespace switchback::guest
