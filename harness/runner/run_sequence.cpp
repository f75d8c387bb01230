// SPDX-License-Identifier: Apache-2.0
// See run_sequence.hpp.
#include "harness/runner/run_sequence.hpp"

#include "harness/runner/sequence_run.hpp"

namespace switchback {

SequenceResult run_sequence(World& world, const Sequence& sequence,
                            const SequenceContext& context) {
  SequenceRun run(world, sequence, context);
  run.run();
  return run.take_result();
}

}  // namespace switchback
