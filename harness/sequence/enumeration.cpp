// SPDX-License-Identifier: Apache-2.0
// See enumeration.hpp.
#include "harness/sequence/enumeration.hpp"

#include "harness/base/assert.hpp"
#include "harness/lifecycle/transition_table.hpp"
#include "harness/sequence/row_tours.hpp"

namespace switchback {
namespace {

constexpr unsigned kDeepest = 6;

/// The longest that is allowed: rounds cost time, and a few of them show what many would.
constexpr std::chrono::seconds kCopyPeriod{900};

/// Two disks of odd sizes, so that cuts across disks and partial blocks are there.
const std::vector<DiskSpec> kDisks = {{"vda", 70000, 0}, {"vdb", 5000, 0}};

/// What the clock brings about.
constexpr std::array kByItself = {Operation::delta_replication, Operation::process_log,
                                  Operation::fence_source};

/// Tours count in their own copy periods; what they wait for beside those stays as long.
Step with_our_period(Step step) {
  auto* const wait = std::get_if<WaitStep>(&step.action);
  if (wait != nullptr && wait->duration <= 2 * kTourPeriod)
    wait->duration = wait->duration / kTourPeriod.count() * kCopyPeriod.count();
  return step;
}

}  // namespace

Enumeration::Enumeration(const Capabilities& capabilities, unsigned depth) : depth_(depth) {
  SB_ASSERT(depth <= kDeepest);
  for (const StageList& offered : capabilities.operations)
    if (asked_by_operator(offered.operation)) alphabet_.emplace_back(offered.operation);
  alphabet_.emplace_back(std::nullopt);
  for (unsigned n = 0; n < depth; ++n)
    lists_ *= alphabet_.size();
  for (const NamedState& named : named_states()) {
    Start start{named.state, {}};
    for (const Step& step : steps_to(named.state))
      start.way.push_back(with_our_period(step));
    states_.push_back(std::move(start));
  }
}

std::vector<Enumeration::Letter> Enumeration::list_of(std::uint64_t number) const {
  std::vector<Letter> list;
  for (unsigned n = 0; n < depth_; ++n, number /= alphabet_.size())
    list.push_back(alphabet_[number % alphabet_.size()]);
  return list;
}

Sequence Enumeration::at(std::uint64_t index) const {
  SB_ASSERT(index < count());
  Sequence sequence{.seed = index, .disks = kDisks, .steps = {}};
  sequence.policy.copy_frequency = kCopyPeriod;
  sequence.policy.app_consistent = std::chrono::hours(1);
  sequence.steps.push_back({.action = WriteStep{0, 0, 3}});
  const Start& start = states_[index / lists_];
  sequence.steps.insert(sequence.steps.end(), start.way.begin(), start.way.end());
  std::uint32_t salt = 0;
  for (const Letter& letter : list_of(index % lists_)) {
    ++salt;
    sequence.steps.push_back({.action = WriteStep{salt, salt * 5, 2}});
    if (letter)
      sequence.steps.push_back({.action = OperateStep{.operation = *letter}});
    else
      sequence.steps.push_back({.action = WaitStep{kCopyPeriod}});
  }
  return sequence;
}

std::vector<std::size_t> Enumeration::letters_of(const Sequence& sequence) const {
  std::vector<std::size_t> positions;
  for (unsigned n = depth_; n > 0; --n)
    positions.push_back(sequence.steps.size() - 2 * n + 1);
  return positions;
}

bool Enumeration::is_walk(ItemState state, const std::vector<Letter>& list) const {
  for (const Letter& letter : list) {
    const Transition* row = letter ? find_transition(state, *letter) : nullptr;
    if (!letter)
      for (const Operation operation : kByItself)
        if (row == nullptr) row = find_transition(state, operation);
    if (row == nullptr) return false;
    state = row->to;
  }
  return true;
}

std::vector<std::uint64_t> Enumeration::walks() const {
  std::vector<std::uint64_t> found;
  for (std::uint64_t state = 0; state < states_.size(); ++state)
    for (std::uint64_t list = 0; list < lists_; ++list)
      if (is_walk(states_[state].state, list_of(list))) found.push_back(state * lists_ + list);
  return found;
}

}  // namespace switchback
