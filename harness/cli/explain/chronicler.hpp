// SPDX-License-Identifier: Apache-2.0
// Keeps the chronicle of a run: of its events, and as a property that looks on and judges nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/cli/explain/chronicle.hpp"
#include "harness/events/event.hpp"
#include "harness/sequence/step.hpp"
#include "harness/system/laboratory.hpp"
#include "properties/property.hpp"

namespace switchback {

/// Of one run of one sequence, on one thread.
class Chronicler final : public EventSink {
 public:
  /// `sequence` outlives it.
  explicit Chronicler(const Sequence& sequence);

  void on(const Event& event) override;
  [[nodiscard]] bool reads_steps() const override { return false; }

  /// Has to be the last one asked in that run. The chronicler outlives it.
  std::unique_ptr<const Property> onlooker();
  /// Makes the worlds of `worlds`, in which the chronicler is told of what is mended. It outlives
  /// them, as does `worlds`.
  std::unique_ptr<WorldFactory> told_worlds(WorldFactory& worlds);

  [[nodiscard]] const Chronicle& chronicle() const { return chronicle_; }

 private:
  class Onlooker;
  class ToldSystem;
  class ToldWorlds;

  void take(const RunStarted&) {}
  void take(const SequenceStarted&) {}
  void take(const StepStarted& event);
  void take(const OperationEnded& event);
  void take(const StepInJob& event);
  void take(const FaultInjected& event);
  void take(const FaultTookEffect& event);
  void take(const ViolationFound& event);
  void take(const SequenceEnded& event);
  void take(const SequenceRepeated&) {}
  void take(const ViolationRepeated&) {}
  void take(const ViolationKept&) {}
  void take(const RunEnded& event);

  void look_at(const OperationEvidence& evidence);
  ToldOperation& operation_of(const OperationEvidence& evidence);
  void was_healed();
  ToldWrite tell(const Journal& journal, WriteSeq number);
  void know(const Journal& journal);
  template <class What>
  void add(What what) {
    chronicle_.happenings.push_back({step_, std::move(what)});
  }

  /// The ticks of a branch of history at which steps began, since it is known.
  using Ticks = std::vector<std::pair<Tick, std::size_t>>;

  const Sequence& sequence_;
  Chronicle chronicle_;
  std::size_t step_ = 0;
  bool untold_ = false;     ///< an operation's event was told, and its evidence not yet
  bool late_ = false;       ///< the next step's moment never came
  bool mended_ = false;     ///< by the heal step in progress
  bool is_broken_ = false;  ///< a promise was: nothing is told of what is tidied up after that
  std::vector<std::pair<const Journal*, Ticks>> journals_;
};

}  // namespace switchback
