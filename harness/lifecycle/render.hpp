// SPDX-License-Identifier: Apache-2.0
// The lifecycle as people read it: generated from the transition table, never written by hand.
#pragma once

#include <string>

namespace switchback {

/// Plain text for a terminal, 100 columns at most: the states, then every transition with its row,
/// states, operation, effect on recovery points, promise and source. Ends with a newline.
std::string render_table();

/// The same as two Markdown tables, one of the states and one of the transitions.
std::string render_markdown();

/// A Mermaid `stateDiagram-v2` of the named states, without the code fence around it.
std::string render_mermaid();

}  // namespace switchback
