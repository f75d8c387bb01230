// SPDX-License-Identifier: Apache-2.0
// Who is told which sequence is being run, so that it is not lost if the run does not come back.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/sequence/step.hpp"

namespace switchback {

class SequenceWatch {
 public:
  virtual ~SequenceWatch() = default;
  /// The calling thread is about to run it; it stays as it is until ended(). Called from several
  /// threads, each with one sequence at a time. No index: it is tried for a shorter trace.
  virtual void begins(std::optional<std::uint64_t> index, const Sequence& sequence) = 0;
  virtual void ended() = 0;
};

/// Watched as long as this lives. `watch` may be null.
class WatchedSequence {
 public:
  WatchedSequence(SequenceWatch* watch, std::optional<std::uint64_t> index,
                  const Sequence& sequence)
      : watch_(watch) {
    if (watch_ != nullptr) watch_->begins(index, sequence);
  }
  WatchedSequence(const WatchedSequence&) = delete;
  WatchedSequence& operator=(const WatchedSequence&) = delete;
  ~WatchedSequence() {
    if (watch_ != nullptr) watch_->ended();
  }

 private:
  SequenceWatch* watch_;
};

}  // namespace switchback
