// SPDX-License-Identifier: Apache-2.0
// The lifecycle as Markdown tables.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "harness/lifecycle/passages.hpp"
#include "harness/lifecycle/render.hpp"
#include "harness/lifecycle/row_words.hpp"

namespace switchback {
namespace {

using Cells = std::vector<std::string>;

/// A `|` in a cell would end it.
std::string markdown_row(const Cells& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) {
    line += ' ';
    for (const char letter : cell)
      line += letter == '|' ? std::string("\\|") : std::string(1, letter);
    line += " |";
  }
  return line + '\n';
}

std::string code(std::string_view word) {
  return fmt::format("`{}`", word);
}

/// The name of a resting state as code, the words for a job's as they are.
std::string place(const ItemState& state) {
  return is_resting(state) ? code(name_of(state)) : place_in_words(state);
}

std::string markdown_header(const Cells& titles) {
  return markdown_row(titles) + markdown_row(Cells(titles.size(), "---"));
}

std::string states_in_markdown() {
  std::string text = markdown_header({"state", "primary", "recovery", "direction", "replication",
                                      "awaiting", "points", "meaning", "operator may ask for"});
  for (const NamedState& named : named_states()) {
    const ItemState& state = named.state;
    const OperationSet allowed = allowed_operations(state);
    text +=
        markdown_row({code(named.name), std::string(name_of(state.primary)),
                      std::string(name_of(state.recovery)), std::string(name_of(state.direction)),
                      std::string(name_of(state.replication)), std::string(name_of(state.awaiting)),
                      std::string(name_of(state.points)), std::string(named.meaning),
                      allowed.empty() ? std::string("nothing") : names_of(allowed)});
  }
  return text;
}

std::string transitions_in_markdown() {
  std::string text = markdown_header({"row", "from", "operation", "to", "recovery points",
                                      "replicates after", "promise", "source"});
  for (const Transition& row : transition_table())
    text += markdown_row({std::string(row.row), place(row.from), code(name_of(row.operation)),
                          place(row.to), std::string(name_of(row.points)),
                          row.replicates_after ? "yes" : "no", std::string(row.promise),
                          std::string(row.source)});
  return text;
}

std::string failures_in_markdown() {
  std::string text =
      markdown_header({"row", "from", "failed operation", "may leave it in", "cause", "source"});
  for (const FailureRow& row : failure_table())
    text += markdown_row({std::string(row.row), place(row.from), code(name_of(row.operation)),
                          place(row.to), std::string(row.cause), std::string(row.source)});
  return text;
}

std::string refusals_in_markdown() {
  std::string text = markdown_header({"row", "state", "refused operation", "reason", "source"});
  for (const RefusalRow& row : refusal_table())
    text += markdown_row({std::string(row.row), place(row.from), code(name_of(row.operation)),
                          std::string(row.reason), std::string(row.source)});
  return text;
}

/// The columns that tell which row a line is about, and the tests of it.
std::string tested_row(std::span<const RowTest> tests, std::string_view row, std::string operation,
                       std::string from, std::string to, std::string_view source) {
  std::string names;
  bool simulated = false;
  bool real = false;
  for (const RowTest& test : tests) {
    if (test.row != row) continue;
    names += (names.empty() ? "" : ", ") + code(test.test);
    simulated = simulated || test.simulated;
    real = real || test.real;
  }
  std::string worlds = simulated ? "simulated" : "";
  if (real) worlds += worlds.empty() ? "real" : ", real";
  return markdown_row({std::string(row), std::move(operation), std::move(from), std::move(to),
                       std::string(source), names.empty() ? "no test" : names,
                       worlds.empty() ? "none" : worlds});
}

template <class Table>
bool has_row(const Table& table, std::string_view name) {
  return std::any_of(table.begin(), table.end(), [&](const auto& row) { return row.row == name; });
}

}  // namespace

std::string render_markdown() {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n", states_in_markdown(), transitions_in_markdown(),
                     failures_in_markdown(), refusals_in_markdown(), kRefusedElsewhere);
}

std::string render_rows(std::span<const RowTest> tests) {
  std::string text =
      markdown_header({"row", "operation", "from", "to", "source", "test", "worlds"});
  for (const Transition& row : transition_table())
    text += tested_row(tests, row.row, code(name_of(row.operation)), place(row.from), place(row.to),
                       row.source);
  for (const FailureRow& row : failure_table())
    text += tested_row(tests, row.row, code(name_of(row.operation)) + " fails", place(row.from),
                       place(row.to), row.source);
  for (const RefusalRow& row : refusal_table())
    text += tested_row(tests, row.row, code(name_of(row.operation)) + " is refused",
                       place(row.from), place(row.from), row.source);
  for (const RowTest& test : tests)
    if (!has_row(transition_table(), test.row) && !has_row(failure_table(), test.row) &&
        !has_row(refusal_table(), test.row))
      text += markdown_row({std::string(test.row), "no such row", "", "", "", code(test.test), ""});
  return text;
}

}  // namespace switchback
