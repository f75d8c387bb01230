// SPDX-License-Identifier: Apache-2.0
// Lower numbers, alone and together.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "harness/shrink/any_write.hpp"
#include "harness/shrink/clock_step.hpp"
#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

enum class Number { count, stride, call, points, wait, periods, clock, point, disk, block };

/// Waits are lowered to times that people use.
constexpr std::array<std::uint64_t, 16> kPlainWaits = {
    1,      1000,   2000,    5000,    10000,   30000,    60000,    120000,
    300000, 600000, 1800000, 3600000, 7200000, 10800000, 21600000, 86400000};
/// Steps of a clock likewise, in seconds.
constexpr std::array<std::uint64_t, 10> kPlainSteps = {1,    10,   60,    300,   600,
                                                       1800, 3600, 10800, 43200, 86400};
constexpr BlockNumber kGrainBlocks = 16;  // of 64 KiB, where tracking has its edges

std::optional<std::uint64_t> value_of(const Step& step, Number number) {
  if (number == Number::call)
    return step.at ? std::optional<std::uint64_t>(step.at->call) : std::nullopt;
  if (number == Number::points) {
    const auto* const advance = std::get_if<AdvanceStep>(&step.action);
    return advance == nullptr ? std::nullopt : std::optional<std::uint64_t>(advance->points);
  }
  if (number == Number::wait) {
    const auto* const wait = std::get_if<WaitStep>(&step.action);
    if (wait == nullptr || wait->periods > 0) return std::nullopt;
    return static_cast<std::uint64_t>(wait->duration.count());
  }
  if (number == Number::periods) {
    const auto* const wait = std::get_if<WaitStep>(&step.action);
    if (wait == nullptr || wait->periods == 0) return std::nullopt;
    return wait->periods;
  }
  if (number == Number::clock) {
    const auto* const fault = std::get_if<FaultStep>(&step.action);
    if (fault == nullptr || fault->kind != FaultKind::clock_stepped) return std::nullopt;
    return magnitude_of(*fault);
  }
  if (number == Number::point) {
    const auto* const ask = std::get_if<OperateStep>(&step.action);
    if (ask == nullptr || ask->point != PointChoice::custom) return std::nullopt;
    return ask->custom_point;
  }
  const std::optional<WriteStep> write = write_in(step);
  if (!write) return std::nullopt;
  if (number == Number::stride) return write->stride;
  if (number == Number::count) return write->count;
  return number == Number::disk ? write->disk : write->block;
}

void set_value(Step& step, Number number, std::uint64_t value) {
  if (number == Number::call) {
    step.at->call = static_cast<std::uint32_t>(value);
  } else if (number == Number::points) {
    std::get<AdvanceStep>(step.action).points = static_cast<std::uint32_t>(value);
  } else if (number == Number::wait) {
    std::get<WaitStep>(step.action).duration = std::chrono::milliseconds(value);
  } else if (number == Number::periods) {
    std::get<WaitStep>(step.action).periods = static_cast<std::uint32_t>(value);
  } else if (number == Number::clock) {
    set_magnitude(std::get<FaultStep>(step.action), value);
  } else if (number == Number::point) {
    std::get<OperateStep>(step.action).custom_point = static_cast<std::uint32_t>(value);
  } else {
    WriteStep write = *write_in(step);
    if (number == Number::count) write.count = static_cast<std::uint32_t>(value);
    if (number == Number::stride) write.stride = static_cast<std::uint32_t>(value);
    if (number == Number::disk) write.disk = static_cast<std::uint32_t>(value);
    if (number == Number::block) write.block = value;
    set_write(step, write);
  }
}

std::uint64_t least_of(Number number) {
  const bool counts_from_0 = number == Number::call || number == Number::point ||
                             number == Number::disk || number == Number::block;
  return counts_from_0 ? 0 : 1;
}

/// Lowers one kind of number in the best sequence. Positions stay valid while only numbers change;
/// when the sequence gets shorter as well, everything stops and the next round starts afresh.
class Lowering {
 public:
  Lowering(Trials& trials, Number number)
      : trials_(trials), number_(number), length_(trials.best().steps.size()) {}

  bool run() {
    const std::vector<std::size_t> all = places([](std::uint64_t) { return true; });
    if (all.empty()) return false;
    bool better = all.size() > 1 && set_all(all, least_of(number_));
    if (number_ == Number::block) better |= move_together(all);
    for (const std::uint64_t value : distinct()) {
      const std::vector<std::size_t> equal = places([&](std::uint64_t v) { return v == value; });
      if (equal.empty()) continue;
      better |= lower(equal);
      if (equal.size() == 1) continue;
      for (const std::size_t place : equal)
        better |= lower({place});
    }
    return better;
  }

 private:
  [[nodiscard]] bool stopped() const {
    return trials_.spent() || trials_.best().steps.size() != length_;
  }
  [[nodiscard]] std::uint64_t at(std::size_t place) const {
    return *value_of(trials_.best().steps[place], number_);
  }
  template <class Wanted>
  [[nodiscard]] std::vector<std::size_t> places(const Wanted& wanted) const {
    std::vector<std::size_t> found;
    for (std::size_t n = 0; n < trials_.best().steps.size(); ++n) {
      const std::optional<std::uint64_t> value = value_of(trials_.best().steps[n], number_);
      if (value && wanted(*value)) found.push_back(n);
    }
    return found;
  }
  /// Largest first.
  [[nodiscard]] std::vector<std::uint64_t> distinct() const {
    std::set<std::uint64_t> values;
    for (const std::size_t place : places([](std::uint64_t) { return true; }))
      values.insert(at(place));
    return {values.rbegin(), values.rend()};
  }

  template <class NewValue>
  bool change(const std::vector<std::size_t>& changed, const NewValue& new_value) {
    if (stopped()) return false;
    Sequence candidate = trials_.best();
    for (const std::size_t place : changed)
      set_value(candidate.steps[place], number_, new_value(at(place)));
    return trials_.attempt(candidate);
  }
  bool set_all(const std::vector<std::size_t>& changed, std::uint64_t value) {
    return change(changed, [&](std::uint64_t before) { return std::min(before, value); });
  }

  /// Blocks matter by being equal, by their order or by their distance: keep that and lower all.
  bool move_together(const std::vector<std::size_t>& all) {
    std::vector<std::uint64_t> values = distinct();
    std::reverse(values.begin(), values.end());
    std::map<std::uint64_t, std::uint64_t> rank;
    for (const std::uint64_t value : values)
      rank.emplace(value, rank.size());
    if (change(all, [&](std::uint64_t before) { return rank.at(before); })) return true;
    bool better = change(all, [&](std::uint64_t before) { return before - values.front(); });
    if (stopped()) return better;
    const std::uint64_t grains = distinct().back() / kGrainBlocks * kGrainBlocks;
    better |= change(all, [&](std::uint64_t before) { return before - grains; });
    return better | move_pairs();
  }

  /// Two numbers by the same distance: what binds them may be their difference.
  bool move_pairs() {
    constexpr std::size_t kFew = 6;
    const std::vector<std::uint64_t> values = distinct();
    if (values.size() < 3 || values.size() > kFew) return false;  // two were moved as "all"
    for (std::size_t high = 0; high < values.size(); ++high)
      for (std::size_t low = high + 1; low < values.size(); ++low) {
        const auto pair =
            places([&](std::uint64_t v) { return v == values[high] || v == values[low]; });
        if (change(pair, [&](std::uint64_t before) { return before - values[low]; })) return true;
      }
    return false;
  }

  /// Lowers numbers that are equal, and keeps them equal.
  bool lower(const std::vector<std::size_t>& equal) {
    if (stopped()) return false;
    const std::uint64_t value = at(equal.front());
    const std::uint64_t least = least_of(number_);
    if (value <= least) return false;
    if (set_all(equal, least)) return true;
    if (number_ == Number::wait) return lower_plainly(equal, kPlainWaits);
    if (number_ == Number::clock) return lower_plainly(equal, kPlainSteps);
    if (number_ == Number::block && set_all(equal, value % kGrainBlocks)) return true;
    // Half, and one less: if neither will do, it is taken for needed as it is.
    const bool better = set_all(equal, value / 2) || set_all(equal, value - 1);
    if (better && !stopped()) bisect(equal, least);
    return better;
  }

  void bisect(const std::vector<std::size_t>& equal, std::uint64_t too_low) {
    while (!stopped() && at(equal.front()) - too_low > 1) {
      const std::uint64_t middle = too_low + (at(equal.front()) - too_low) / 2;
      if (!set_all(equal, middle)) too_low = middle;
    }
  }

  /// To one of these, of which the least was tried.
  bool lower_plainly(const std::vector<std::size_t>& equal, std::span<const std::uint64_t> plain) {
    const std::uint64_t value = at(equal.front());
    auto too_low = plain.begin();
    auto enough = std::lower_bound(plain.begin(), plain.end(), value);
    bool better = false;
    while (enough - too_low > 1 && !stopped()) {
      const auto middle = too_low + (enough - too_low) / 2;
      const bool lowered = set_all(equal, *middle);
      better |= lowered;
      (lowered ? enough : too_low) = middle;
    }
    return better;
  }

  Trials& trials_;
  Number number_;
  std::size_t length_;
};

}  // namespace

bool lower_values(Trials& trials) {
  bool better = false;
  for (const Number number :
       {Number::count, Number::stride, Number::call, Number::points, Number::wait, Number::periods,
        Number::clock, Number::point, Number::disk, Number::block})
    better |= Lowering(trials, number).run();
  return better;
}

}  // namespace switchback
