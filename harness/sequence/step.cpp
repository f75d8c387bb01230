// SPDX-License-Identifier: Apache-2.0
// Steps in words, for people.
#include "harness/sequence/step.hpp"

#include <fmt/format.h>

#include "harness/base/names.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<KeyGiven>, 3> kKeys = {{
    {KeyGiven::right, "right"},
    {KeyGiven::none, "none"},
    {KeyGiven::wrong, "wrong"},
}};

template <class AnyWrite>
std::string write_in_words(std::string_view verb, const AnyWrite& write) {
  std::string words = fmt::format("{} disk {} block {}", verb, write.disk, write.block);
  if (write.count > 1) words += fmt::format(", {} blocks", write.count);
  return words;
}

std::string settings_in_words(const TargetSettings& settings) {
  std::string words;
  const auto add = [&](const std::string& part) { words += (words.empty() ? "" : ", ") + part; };
  if (settings.name_suffix) add("name suffix " + *settings.name_suffix);
  if (settings.cpus) add(fmt::format("{} CPUs", *settings.cpus));
  if (settings.memory_bytes) add(fmt::format("{} MiB", *settings.memory_bytes >> 20U));
  if (settings.network) add("network " + *settings.network);
  for (const std::string& address : settings.nic_addresses)
    if (!address.empty()) add("address " + address);
  return words;
}

/// What was chosen otherwise than by default; starts with a blank unless empty.
std::string choices_in_words(const OperateStep& ask) {
  const OperateStep plain{.operation = ask.operation};
  std::string words;
  if (ask.point == PointChoice::custom)
    words += fmt::format(" from point {}", ask.custom_point);
  else if (ask.point != plain.point)
    words += fmt::format(" from {}", name_of(ask.point));
  if (!ask.shut_down_source) words += " without shutting down the source";
  if (!ask.create_missing_vm) words += " without making a missing VM";
  if (ask.key == KeyGiven::none) words += " without a key";
  if (ask.key == KeyGiven::wrong) words += " with a wrong key";
  if (ask.background) words += " in the background";
  if (ask.settings != plain.settings) words += " to " + settings_in_words(ask.settings);
  return words;
}

struct InWords {
  std::string operator()(const WriteStep& write) const {
    std::string words = write_in_words(write.trim ? "trim" : "write", write);
    if (write.count > 1 && write.stride != 1) words += fmt::format(", every {}", write.stride);
    return words;
  }
  std::string operator()(const FlushStep&) const { return "flush"; }
  std::string operator()(const OperateStep& ask) const {
    return std::string(name_of(ask.operation)) + choices_in_words(ask);
  }
  std::string operator()(const AdvanceStep& advance) const {
    return fmt::format("the job goes on by {} {}", advance.points,
                       advance.points == 1 ? "point" : "points");
  }
  std::string operator()(const WaitStep& wait) const {
    const auto milliseconds = wait.duration.count();
    const std::string_view jobs = wait.background ? ", jobs in the background" : "";
    if (wait.periods > 0)
      return fmt::format("wait {} copy {}{}", wait.periods,
                         wait.periods == 1 ? "period" : "periods", jobs);
    if (milliseconds % 1000 == 0) return fmt::format("wait {} s{}", milliseconds / 1000, jobs);
    return fmt::format("wait {} ms{}", milliseconds, jobs);
  }
  std::string operator()(const FaultStep& fault) const {
    if (fault.kind != FaultKind::clock_stepped) return fmt::format("fault {}", name_of(fault.kind));
    return fmt::format("fault {} by {} s", name_of(fault.kind), fault.clock_step.count());
  }
  std::string operator()(const HealStep&) const { return "heal"; }
  std::string operator()(const EditStep& edit) const {
    return fmt::format("edit {}", name_of(edit.edit));
  }
  std::string operator()(const TestWriteStep& write) const {
    return write_in_words("test VM writes", write);
  }
  std::string operator()(const OldPrimaryWriteStep& write) const {
    return write_in_words("old primary writes", write);
  }
};

std::string in_words(const Moment& at) {
  if (at.name.empty()) return fmt::format(" at {}/{}", at.stage, at.call);
  return fmt::format(" at {}/{}/{}", at.stage, at.name, at.call);
}

}  // namespace

std::string_view name_of(KeyGiven key) {
  return lookup_name(kKeys, key);
}

std::string describe(const Step& step) {
  std::string words = std::visit(InWords{}, step.action);
  if (step.item > 0) words += fmt::format(" (item {})", step.item);
  if (step.at) words += in_words(*step.at);
  return words;
}

}  // namespace switchback
