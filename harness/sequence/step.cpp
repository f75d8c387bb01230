// SPDX-License-Identifier: Apache-2.0
// Steps in words, for people.
#include "harness/sequence/step.hpp"

#include <fmt/format.h>

namespace switchback {
namespace {

struct InWords {
  std::string operator()(const WriteStep& write) const {
    if (write.count == 1) return fmt::format("write disk {} block {}", write.disk, write.block);
    return fmt::format("write disk {} block {}, {} blocks", write.disk, write.block, write.count);
  }
  std::string operator()(const FlushStep&) const { return "flush"; }
  std::string operator()(const OperateStep& ask) const {
    return std::string(name_of(ask.operation));
  }
  std::string operator()(const WaitStep& wait) const {
    const auto milliseconds = wait.duration.count();
    if (milliseconds % 1000 == 0) return fmt::format("wait {} s", milliseconds / 1000);
    return fmt::format("wait {} ms", milliseconds);
  }
  std::string operator()(const FaultStep& fault) const {
    return fmt::format("fault {}", name_of(fault.kind));
  }
  std::string operator()(const HealStep&) const { return "heal"; }
};

}  // namespace

std::string describe(const Step& step) {
  std::string words = std::visit(InWords{}, step.action);
  if (step.at) words += fmt::format(" at {}/{}", step.at->stage, step.at->call);
  return words;
}

}  // namespace switchback
