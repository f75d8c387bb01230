// SPDX-License-Identifier: Apache-2.0
// What all kinds of writing have in common, whoever writes. Internal to shrinking.
#pragma once

#include <optional>

#include "harness/sequence/step.hpp"

namespace switchback {

/// Disk, blocks and count of a step in which a guest writes, be it the VM's, the test VM's or the
/// old primary's. Nothing for other steps.
inline std::optional<WriteStep> write_in(const Step& step) {
  if (const auto* const write = std::get_if<WriteStep>(&step.action)) return *write;
  if (const auto* const write = std::get_if<TestWriteStep>(&step.action))
    return WriteStep{write->disk, write->block, write->count};
  if (const auto* const write = std::get_if<OldPrimaryWriteStep>(&step.action))
    return WriteStep{write->disk, write->block, write->count};
  return std::nullopt;
}

/// Changes them; who writes stays the same.
inline void set_write(Step& step, const WriteStep& to) {
  if (std::holds_alternative<TestWriteStep>(step.action))
    step.action = TestWriteStep{to.disk, to.block, to.count};
  else if (std::holds_alternative<OldPrimaryWriteStep>(step.action))
    step.action = OldPrimaryWriteStep{to.disk, to.block, to.count};
  else
    step.action = to;
}

}  // namespace switchback
