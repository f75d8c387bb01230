// SPDX-License-Identifier: Apache-2.0
// A call into the system under test that does not return, or that takes the process down with it:
// the sequences in progress are kept as traces, the reports are ended, and the process with
// kExitCutShort, or what it is told instead.
//
// A thread of its own waits for both. One that crashes only wakes it and then stands still, so all
// of that is done by sound code on a sound stack, and nothing has to be written for sequences that
// end well. If even that does not come to its end, an alarm ends the process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/campaign/sequence_watch.hpp"
#include "harness/cli/arguments.hpp"
#include "harness/events/event.hpp"
#include "harness/sequence/trace.hpp"

namespace switchback {

struct WatchdogOptions {
  std::chrono::duration<double> sequence_timeout{};
  /// What the traces are to say beside their sequences.
  Trace trace;
  /// Where they go: hang-SEED-INDEX.json or crash-SEED-INDEX.json, and unfinished-SEED-INDEX.json
  /// for those that were in progress beside it.
  std::filesystem::path folder;
  std::uint64_t seed = 0;
  /// A trace that is on disk already is named instead of being written again.
  std::optional<std::filesystem::path> existing = {};
  /// Ends the reports of the run, whose end is this; false if that is not possible. Called from the
  /// watchdog's thread, whatever the others are doing. May be empty.
  std::function<bool(const RunEnded& end)> end_reports = {};
  int exit_code = kExitCutShort;  ///< of the process that is ended
};

/// At most one at a time. While it lives, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT and SIGALRM are
/// its own; one of the first five that comes while no sequence is in progress ends the process as
/// ever.
class Watchdog final : public SequenceWatch {
 public:
  explicit Watchdog(WatchdogOptions options);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() override;

  void begins(std::optional<std::uint64_t> index, const Sequence& sequence) override;
  void ended() override;

 private:
  using Seconds = std::chrono::duration<double>;
  struct Slot {
    const Sequence* sequence = nullptr;  ///< nullptr: free
    std::optional<std::uint64_t> index;
    Seconds began{};
    bool guilty = false;  ///< it hangs, or has crashed
  };

  /// Until told to end through the pipe.
  void watch(int from);
  void look_for_crash(std::size_t slot, int signal);
  void look_for_hang();
  [[nodiscard]] bool any_guilty() const;
  /// Of the guilty ones it says so; all that are in progress are kept.
  [[noreturn]] void end_process(std::string_view kind, const std::string& what);
  std::string keep(const Slot& slot, std::string_view kind) const;

  WatchdogOptions options_;
  std::mutex mutex_;
  std::vector<Slot> slots_;
  Seconds now_{};  ///< time that the process was awake, since the watchdog is there
  std::thread thread_;
};

}  // namespace switchback
