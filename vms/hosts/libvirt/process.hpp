// SPDX-License-Identifier: Apache-2.0
// Programs that a run starts: each bears the run's id in its environment and is waited for.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "harness/base/result.hpp"

namespace switchback::libvirt {

/// The environment variable by which `switchback clean` knows a process of a run.
inline constexpr const char* kRunVariable = "SWITCHBACK_RUN";

/// The full path of a program in PATH, or in the folders where daemons are on Debian.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// How a program ended.
struct Finished {
  bool late = false;  ///< it passed the deadline and was killed
  int status = 0;     ///< its exit code; 128 and more: ended by a signal
  std::string out;
  std::string err;
};
/// Runs a program to its end. It is an Error only if it could not be started. `input` is what it
/// finds on its standard input: it never touches a disk, so it may be a key.
Result<Finished> finish_program(const std::string& run_id, const std::vector<std::string>& command,
                                std::chrono::milliseconds deadline, const std::string& input = {});

/// Runs a program to its end and gives what it wrote to stdout. Another exit code than 0 is an
/// Error with what it wrote to stderr, of kind no_space if that tells of it; so is passing the
/// deadline, after which it is killed.
Result<std::string> run_program(const std::string& run_id, const std::vector<std::string>& command,
                                std::chrono::milliseconds deadline = std::chrono::seconds(60),
                                const std::string& input = {});

/// A file in memory, without a name: for what a program must read and no one else.
class MemoryFile {
 public:
  static Result<MemoryFile> holding(const std::string& content);
  MemoryFile(MemoryFile&& from) noexcept : descriptor_(std::exchange(from.descriptor_, -1)) {}
  MemoryFile& operator=(MemoryFile&&) = delete;
  ~MemoryFile();
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  explicit MemoryFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// A program in the background. Destroying it ends it: SIGTERM, then SIGKILL.
class BackgroundProgram {
 public:
  struct Start {
    std::vector<std::string> command;
    std::vector<std::string> environment;  ///< "NAME=value", the whole of it
    std::filesystem::path log;             ///< stdout and stderr; appended to
    std::optional<int> listening_socket;   ///< handed over as systemd's socket activation does
    std::string input = {};                ///< as that of finish_program()
  };
  /// When it returns, the program bears what its environment says.
  static Result<BackgroundProgram> start(const Start& what);

  BackgroundProgram(BackgroundProgram&& from) noexcept : pid_(std::exchange(from.pid_, -1)) {}
  BackgroundProgram& operator=(BackgroundProgram&&) = delete;
  ~BackgroundProgram() { end(); }

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// True if it has ended by itself.
  bool has_ended();
  /// Waits until it has ended by itself; false if the deadline came first.
  bool wait_until_ended(std::chrono::milliseconds deadline);
  void end();

 private:
  explicit BackgroundProgram(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

/// A unix socket that listens at `path`, owned by the caller.
Result<int> listen_at(const std::filesystem::path& path);

/// A unix socket that listens under no name in any folder, so that nothing of it can be left
/// behind, and its only client, connected already. Both are owned by the caller.
struct PrivateServer {
  int listening = -1;
  int client = -1;
};
Result<PrivateServer> listen_in_private();

}  // namespace switchback::libvirt
