// SPDX-License-Identifier: Apache-2.0
// Where two runs of the same sequence went different ways, in a world that is not deterministic.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/events/event.hpp"

namespace switchback {

/// What happened in a run of one sequence, without the figures that differ each time on real hosts
/// (bytes, instants, calls, wording): how operations and steps inside jobs ended, which faults took
/// effect, what broke, how the sequence ended.
class WayOfRun final : public EventSink {
 public:
  void on(const Event& event) override;
  [[nodiscard]] bool reads_steps() const override { return false; }

  [[nodiscard]] bool broke(const std::string& property, const std::string& kind) const;
  /// Neither trouble of the environment nor the user ended it.
  [[nodiscard]] bool conclusive() const { return conclusive_; }
  /// The first violation that it shows, if any.
  [[nodiscard]] const std::optional<ViolationFound>& first_violation() const { return first_; }

 private:
  friend class RepeatedRuns;
  struct Happening {
    std::size_t step = 0;
    std::string words;
  };
  void add(std::size_t step, std::string words);

  std::vector<Happening> happenings_;
  std::vector<std::pair<std::string, std::string>> broken_;  ///< property and kind
  std::optional<ViolationFound> first_;
  std::size_t step_ = 0;  ///< the last that began
  bool conclusive_ = false;
};

/// Counts in how many of several runs of one sequence a violation shows.
class RepeatedRuns {
 public:
  /// The first violation that one of the runs shows.
  RepeatedRuns() = default;
  RepeatedRuns(std::string property, std::string kind) {
    counts_.property = std::move(property);
    counts_.kind = std::move(kind);
  }

  /// One that is not conclusive is not counted.
  void add(WayOfRun run);
  /// Nothing if no run broke anything.
  [[nodiscard]] std::optional<ViolationRepeated> result() const;

 private:
  void note_difference(ViolationRepeated& result) const;

  ViolationRepeated counts_;
  std::optional<WayOfRun> broken_;  ///< the first that did
  std::optional<WayOfRun> other_;   ///< the first that did not
};

}  // namespace switchback
