// SPDX-License-Identifier: Apache-2.0
// The lifecycle as text for a terminal.
#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "harness/lifecycle/passages.hpp"
#include "harness/lifecycle/render.hpp"
#include "harness/lifecycle/row_words.hpp"

namespace switchback {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kNoteIndent = 6;

using Cells = std::vector<std::string>;

/// A line of a table, and what is said below it.
struct Entry {
  Cells cells;
  std::vector<std::string> notes;
};

/// `text` broken at blanks, every line indented.
std::string wrapped_note(std::string_view text) {
  std::string result;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) result += fmt::format("{:{}}{}\n", "", kNoteIndent, line);
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!line.empty() && kNoteIndent + line.size() + 1 + word.size() > kWidth) flush();
    if (!line.empty()) line += ' ';
    line += word;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  flush();
  return result;
}

/// Entries with their columns lined up; notes below each.
std::string align(const std::vector<Entry>& entries) {
  std::vector<std::size_t> widths(entries.front().cells.size(), 0);
  for (const Entry& entry : entries)
    for (std::size_t column = 0; column < entry.cells.size(); ++column)
      widths[column] = std::max(widths[column], entry.cells[column].size());
  std::string text;
  for (const Entry& entry : entries) {
    std::string line;
    for (std::size_t column = 0; column < entry.cells.size(); ++column)
      line += fmt::format("{:<{}}  ", entry.cells[column], widths[column]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
    for (const std::string& note : entry.notes)
      text += wrapped_note(note);
  }
  return text;
}

std::string states_for_terminal() {
  std::vector<Entry> entries = {{{"STATE", "MEANING"}, {}}};
  for (const NamedState& named : named_states()) {
    const std::string allowed = names_of(allowed_operations(named.state));
    entries.push_back({{std::string(named.name), std::string(named.meaning)},
                       {"allowed: " + (allowed.empty() ? "nothing" : allowed)}});
  }
  return align(entries);
}

/// The job that a row starts in is too long for a column: it is told below.
std::string place_in_column(const ItemState& state) {
  return is_resting(state) ? std::string(name_of(state)) : "(in a job)";
}

std::string transitions_for_terminal() {
  std::vector<Entry> entries = {{{"ROW", "FROM", "OPERATION", "TO"}, {}}};
  for (const Transition& row : transition_table()) {
    Entry entry{{std::string(row.row), place_in_column(row.from),
                 std::string(name_of(row.operation)), std::string(name_of(row.to))},
                {std::string(row.promise)}};
    if (!is_resting(row.from))
      entry.notes.push_back("stops a job of: " + names_of(jobs_that_show(row.from)));
    entry.notes.push_back(
        fmt::format("recovery points: {}. [{}]", name_of(row.points), row.source));
    entries.push_back(std::move(entry));
  }
  return align(entries);
}

std::string failures_for_terminal() {
  std::vector<Entry> entries = {{{"ROW", "FROM", "FAILED OPERATION", "TO"}, {}}};
  for (const FailureRow& row : failure_table())
    entries.push_back({{std::string(row.row), std::string(name_of(row.from)),
                        std::string(name_of(row.operation)), std::string(name_of(row.to))},
                       {std::string(row.cause), fmt::format("[{}]", row.source)}});
  return align(entries);
}

std::string refusals_for_terminal() {
  std::vector<Entry> entries = {{{"ROW", "STATE", "REFUSED OPERATION"}, {}}};
  for (const RefusalRow& row : refusal_table())
    entries.push_back({{std::string(row.row), std::string(name_of(row.from)),
                        std::string(name_of(row.operation))},
                       {std::string(row.reason), fmt::format("[{}]", row.source)}});
  return align(entries);
}

}  // namespace

std::string render_table() {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n", states_for_terminal(), transitions_for_terminal(),
                     failures_for_terminal(), refusals_for_terminal(), kRefusedElsewhere);
}

}  // namespace switchback
