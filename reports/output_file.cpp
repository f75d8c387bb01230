// SPDX-License-Identifier: Apache-2.0
// Output files over the calls of POSIX, whose errors say more than those of a stream.
#include "reports/output_file.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/assert.hpp"

namespace switchback {
namespace {

namespace fs = std::filesystem;

std::string reason(int code) {
  return std::generic_category().message(code);
}

std::string remedy_for_opening(const fs::path& path, int code) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  switch (code) {
    case ENOENT:
      return fmt::format("make the folder {} first, or name another", folder.string());
    case ENOTDIR:
      return fmt::format("{} is not a folder; name another", folder.string());
    case EISDIR:
      return "it is a folder; name a file in it";
    case EACCES:
    case EPERM:
    case EROFS:
      return fmt::format("name a file in a folder that you may write to ({} is not)",
                         folder.string());
    default:
      return "name another file";
  }
}

std::string remedy_for_writing(int code) {
  if (code == ENOSPC || code == EDQUOT) return "free some space, or name a file on another disk";
  return "look after the disk, or name a file on another one";
}

Nothing writing_failed(const fs::path& path, int code) {
  return environment_error(fmt::format("cannot write {}: {}", path.string(), reason(code)),
                           remedy_for_writing(code));
}

/// Where the bytes of `path` really go: a link's target, if it has one.
fs::path behind_links(const fs::path& path) {
  std::error_code ignored;
  const fs::path target = fs::canonical(path, ignored);
  return ignored ? path : target;
}

}  // namespace

OutputFile::OutputFile(fs::path path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

// The one that is replaced is closed with `other`.
OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<OutputFile> OutputFile::create(const fs::path& path) {
  if (path.empty()) return bad_input("the name of an output file is empty", "name a file");
  constexpr mode_t kMode = 0666;  // the umask takes away what the user does not want
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (descriptor < 0) {
    const int code = errno;
    return bad_input(fmt::format("cannot write {}: {}", path.string(), reason(code)),
                     remedy_for_opening(path, code));
  }
  return OutputFile(path, descriptor);
}

Nothing OutputFile::write(std::string_view bytes) {
  SB_ASSERT(descriptor_ >= 0 && "written to after it was closed");
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      return writing_failed(path_, errno);
  }
  return {};
}

Nothing OutputFile::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  // After EINTR the descriptor is closed on Linux all the same: see close(2).
  if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR)
    return writing_failed(path_, errno);
  return {};
}

Nothing write_whole_file(const fs::path& path, std::string_view text) {
  const fs::path target = behind_links(path);
  std::error_code ignored;
  const fs::file_status status = fs::status(target, ignored);
  const bool replaceable = !fs::exists(status) || fs::is_regular_file(status);
  fs::path written = target;
  if (replaceable && !target.empty()) written += ".part";
  auto file = OutputFile::create(written);
  if (!file && written != target) {
    // No file can be made there; the one that is there may still be written to. If not, the error
    // is about the name that the user knows.
    written = target;
    file = OutputFile::create(path);
  }
  if (!file) return tl::unexpected(file.error());
  Nothing done = file->write(text);
  if (Nothing closed = file->close(); done) done = std::move(closed);
  if (done && written != target && ::rename(written.c_str(), target.c_str()) != 0)
    done = writing_failed(path, errno);
  if (!done && written != target) ::unlink(written.c_str());
  return done;
}

}  // namespace switchback
