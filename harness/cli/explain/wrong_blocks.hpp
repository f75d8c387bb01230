// SPDX-License-Identifier: Apache-2.0
// Which blocks of the images of an operation's evidence show what they should not.
#pragma once

#include <functional>
#include <vector>

#include "harness/cli/explain/chronicle.hpp"
#include "properties/evidence.hpp"

namespace switchback {

/// Tells of a write of that branch of history.
using TellWrite = std::function<ToldWrite(const Journal& journal, WriteSeq number)>;

/// Each kind of trouble of each image once. Writes that an image may lack, as those after the cut
/// of a recovery point, are no trouble.
std::vector<WrongBlock> wrong_blocks(const OperationEvidence& evidence, const TellWrite& tell);

}  // namespace switchback
