// SPDX-License-Identifier: Apache-2.0
// Which operations may, or must, fail though nothing was broken: what was asked for or the VM at
// primary does not allow them. One place, so that no two promises disagree about it.
#pragma once

#include <optional>
#include <string_view>

#include "properties/evidence.hpp"

namespace switchback {

/// Whether the operation needs the key of an encrypted item.
bool needs_key(Operation operation);

/// Whether a request names a recovery point that the item does not have: to be refused.
bool names_no_point(const Request& request, const ItemStatus& before);

/// Why the operation could not succeed, in words; nothing if it had to.
std::optional<std::string_view> expected_failure(const OperationEvidence& evidence);

/// Whether a fault that was in force during the operation is of one of these kinds only.
bool only_faults(const OperationEvidence& evidence, std::initializer_list<FaultKind> kinds);

}  // namespace switchback
