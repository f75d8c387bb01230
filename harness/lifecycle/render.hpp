// SPDX-License-Identifier: Apache-2.0
// The lifecycle as people read it: generated from the transition table, never written by hand.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace switchback {

/// Plain text for a terminal, 100 columns at most: the states, then every transition, every
/// documented failure and every documented refusal with its row and source. Ends with a newline.
std::string render_table();

/// The same as four Markdown tables: states, transitions, failures, refusals.
std::string render_markdown();

/// A Mermaid `stateDiagram-v2` of the named states, without the code fence around it. One arrow for
/// all that leads from one state to another. Left out, so that it can be read: what leads back to
/// the same state, and `disable` and `purge` to `unprotected` where anything else leads on.
std::string render_mermaid();

/// A test of one row, and the worlds in which it runs.
struct RowTest {
  std::string_view row;
  std::string test;  ///< "Suite.Case", or what the reader can find
  bool simulated = false;
  bool real = false;
};

/// A Markdown table with a line for every transition, failure and refusal: what tests it, or "no
/// test". A row may have several tests. What names no row gets a line of its own that says so.
std::string render_rows(std::span<const RowTest> tests);

}  // namespace switchback
