// SPDX-License-Identifier: Apache-2.0
// How other programs in the guest ask the agent for something: over a socket of its own.
#pragma once

#include <functional>
#include <string>

#include "harness/base/result.hpp"

namespace switchback::guest {

/// A socket that callers connect to; owned by the caller.
Result<int> listen_for_calls();
/// Takes one call from it: `perform` gives the answer to its word, empty for success.
void take_call(int listening, const std::function<std::string(const std::string&)>& perform);

/// Says a word to the agent; an Error with its answer if that is not empty.
Nothing call_agent(const std::string& word);

}  // namespace switchback::guest
