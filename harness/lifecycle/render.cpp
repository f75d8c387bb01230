// SPDX-License-Identifier: Apache-2.0
// The lifecycle as a terminal table, as Markdown and as a Mermaid diagram.
#include "harness/lifecycle/render.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "harness/lifecycle/transition_table.hpp"

namespace switchback {
namespace {

constexpr std::string_view kRefusedElsewhere =
    "Every other operation is refused and changes nothing.";

using Cells = std::vector<std::string>;

std::string_view name_of(PointsEffect effect) {
  switch (effect) {
    case PointsEffect::keeps:
      return "keeps";
    case PointsEffect::adds:
      return "adds";
    case PointsEffect::may_add:
      return "may add";
    case PointsEffect::deletes_all:
      break;
  }
  return "deletes all";
}

std::string allowed_in(const ItemState& state) {
  const OperationSet allowed = allowed_operations(state);
  std::string text;
  for (const Operation operation : kAllOperations) {
    if (!allowed.contains(operation)) continue;
    if (!text.empty()) text += ", ";
    text += name_of(operation);
  }
  return text;
}

/// Rows with their columns lined up; `notes` follow each row, indented under its second column.
std::string align(const std::vector<Cells>& rows, const std::vector<Cells>& notes) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const Cells& row : rows)
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], row[column].size());
  std::string text;
  for (std::size_t index = 0; index < rows.size(); ++index) {
    std::string line;
    for (std::size_t column = 0; column < rows[index].size(); ++column)
      line += fmt::format("{:<{}}  ", rows[index][column], widths[column]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
    for (const std::string& note : notes[index])
      text += fmt::format("{:{}}{}\n", "", widths.front() + 2, note);
  }
  return text;
}

std::string states_for_terminal() {
  std::vector<Cells> rows = {{"STATE", "MEANING"}};
  std::vector<Cells> notes = {{}};
  for (const NamedState& named : named_states()) {
    rows.push_back({std::string(named.name), std::string(named.meaning)});
    notes.push_back({"allowed: " + allowed_in(named.state)});
  }
  return align(rows, notes);
}

std::string transitions_for_terminal() {
  std::vector<Cells> rows = {{"ROW", "FROM", "OPERATION", "TO", "RECOVERY POINTS"}};
  std::vector<Cells> notes = {{}};
  for (const Transition& row : transition_table()) {
    rows.push_back({std::string(row.row), std::string(name_of(row.from)),
                    std::string(name_of(row.operation)), std::string(name_of(row.to)),
                    std::string(name_of(row.points))});
    notes.push_back({std::string(row.promise), fmt::format("[{}]", row.source)});
  }
  return align(rows, notes);
}

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

std::string markdown_header(const Cells& titles) {
  return markdown_row(titles) + markdown_row(Cells(titles.size(), "---"));
}

std::string states_in_markdown() {
  std::string text = markdown_header({"state", "primary", "recovery", "direction", "replication",
                                      "awaiting", "points", "meaning", "operator may ask for"});
  for (const NamedState& named : named_states()) {
    const ItemState& state = named.state;
    text += markdown_row(
        {code(named.name), std::string(name_of(state.primary)),
         std::string(name_of(state.recovery)), std::string(name_of(state.direction)),
         std::string(name_of(state.replication)), std::string(name_of(state.awaiting)),
         std::string(name_of(state.points)), std::string(named.meaning), allowed_in(state)});
  }
  return text;
}

std::string transitions_in_markdown() {
  std::string text = markdown_header({"row", "from", "operation", "to", "recovery points",
                                      "replicates after", "promise", "source"});
  for (const Transition& row : transition_table())
    text += markdown_row({std::string(row.row), code(name_of(row.from)),
                          code(name_of(row.operation)), code(name_of(row.to)),
                          std::string(name_of(row.points)), row.replicates_after ? "yes" : "no",
                          std::string(row.promise), std::string(row.source)});
  return text;
}

}  // namespace

std::string render_table() {
  return fmt::format("{}\n{}\n{}\n", states_for_terminal(), transitions_for_terminal(),
                     kRefusedElsewhere);
}

std::string render_markdown() {
  return fmt::format("{}\n{}\n{}\n", states_in_markdown(), transitions_in_markdown(),
                     kRefusedElsewhere);
}

std::string render_mermaid() {
  std::string text = fmt::format("stateDiagram-v2\n    [*] --> {}\n", name_of(initial_state()));
  for (const Transition& row : transition_table())
    fmt::format_to(std::back_inserter(text), "    {} --> {}: {}\n", name_of(row.from),
                   name_of(row.to), name_of(row.operation));
  return text;
}

}  // namespace switchback
