// SPDX-License-Identifier: Apache-2.0
// The renderings say all that the table says, and docs/lifecycle.md is not stale.
#include "harness/lifecycle/render.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/generated_document.hpp"
#include "harness/lifecycle/transition_table.hpp"

namespace switchback {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kDocument = SWITCHBACK_SOURCE_DIR "/docs/lifecycle.md";

std::size_t count_of(std::string_view needle, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(needle); at != std::string_view::npos;
       at = text.find(needle, at + needle.size()))
    ++count;
  return count;
}

/// What is broken over lines for a terminal, on one line.
std::string unwrapped(const std::string& text) {
  std::string result;
  for (const char letter : text)
    if (letter != ' ' && letter != '\n')
      result += letter;
    else if (!result.ends_with(' '))
      result += ' ';
  return result;
}

TEST(RenderTable, SaysEverythingOfEveryRow) {
  const std::string table = unwrapped(render_table());
  for (const Transition& row : transition_table()) {
    EXPECT_THAT(table, HasSubstr(std::string(row.row) + " "));
    EXPECT_THAT(table, HasSubstr(std::string(name_of(row.operation))));
    EXPECT_THAT(table, HasSubstr(std::string(row.promise)));
    EXPECT_THAT(table, HasSubstr(std::string(row.source)));
  }
  for (const FailureRow& row : failure_table())
    EXPECT_THAT(table, HasSubstr(fmt::format("{} {} {} {} {} [{}]", row.row, name_of(row.from),
                                             name_of(row.operation), name_of(row.to), row.cause,
                                             row.source)));
  for (const RefusalRow& row : refusal_table())
    EXPECT_THAT(table, HasSubstr(fmt::format("{} {} {} {} [{}]", row.row, name_of(row.from),
                                             name_of(row.operation), row.reason, row.source)));
  EXPECT_THAT(table, EndsWith("is refused and changes nothing. "));
  EXPECT_THAT(table, Not(HasSubstr("unnamed")));
}

TEST(RenderTable, FitsATerminalOfAHundredColumnsWithoutTrailingBlanks) {
  std::istringstream lines(render_table());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 100U) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(RenderMarkdown, HasOneLineForEveryStateAndEveryRow) {
  const std::string markdown = render_markdown();
  const std::size_t headers = 2 * 4;
  EXPECT_EQ(count_of("\n|", "\n" + markdown), headers + named_states().size() +
                                                  transition_table().size() +
                                                  failure_table().size() + refusal_table().size());
  for (const NamedState& named : named_states())
    EXPECT_THAT(markdown, HasSubstr(fmt::format("\n| `{}` |", named.name)));
  EXPECT_THAT(markdown,
              HasSubstr("| 22 | job of planned_failover, unplanned_failover | `cancel` |"));
  EXPECT_THAT(markdown, Not(HasSubstr("unnamed")));
}

/// The states that the diagram shows, and how many arrows.
struct Drawn {
  std::set<std::string> pairs;
  std::set<std::string> states;
};

Drawn read_diagram(const std::string& diagram) {
  Drawn drawn;
  std::istringstream lines(diagram);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string from;
    std::string arrow;
    std::string to;
    words >> from >> arrow >> to;
    if (arrow != "-->" || from == "[*]") continue;
    to.pop_back();  // the colon
    EXPECT_TRUE(drawn.pairs.insert(from + " " + to).second) << line << ": a second arrow";
    drawn.states.insert({from, to});
  }
  return drawn;
}

TEST(RenderMermaid, ShowsEveryStateWithOneArrowToEachThatFollows) {
  const std::string diagram = render_mermaid();
  EXPECT_THAT(diagram, StartsWith("stateDiagram-v2\n    [*] --> unprotected\n"));
  const Drawn drawn = read_diagram(diagram);
  for (const NamedState& named : named_states())
    EXPECT_TRUE(drawn.states.contains(std::string(named.name))) << named.name;
  EXPECT_EQ(drawn.states.size(), named_states().size());
  EXPECT_THAT(diagram, HasSubstr("    paused --> protected: resume\n"));
  EXPECT_THAT(diagram, HasSubstr("    failed_over_unplanned --> failed_over: fence_source\n"));
  EXPECT_THAT(diagram, HasSubstr("unplanned_failover cancelled"));
  EXPECT_THAT(
      diagram,
      HasSubstr("    protected --> resync_required: delta_replication fails, disable fails\n"));
}

TEST(RenderMermaid, LeavesOutWhatChangesNothingAndTheEndsThatEveryStateHas) {
  const Drawn drawn = read_diagram(render_mermaid());
  for (const NamedState& named : named_states())
    EXPECT_FALSE(drawn.pairs.contains(fmt::format("{0} {0}", named.name))) << named.name;
  EXPECT_FALSE(drawn.pairs.contains("protected unprotected"));
  EXPECT_TRUE(drawn.pairs.contains("failover_cancelled unprotected"));
  EXPECT_TRUE(drawn.pairs.contains("failed_over migrated"));
}

TEST(RenderRows, HasALineForEveryRowOfTheThreeTables) {
  const std::string rows = render_rows({});
  const std::size_t all =
      transition_table().size() + failure_table().size() + refusal_table().size();
  EXPECT_EQ(count_of("\n|", "\n" + rows), 2 + all);
  EXPECT_EQ(count_of("| no test | none |\n", rows), all);
  for (const FailureRow& row : failure_table())
    EXPECT_THAT(rows, HasSubstr(fmt::format("| {} | `{}` fails | `{}` | `{}` | {} | no test |",
                                            row.row, name_of(row.operation), name_of(row.from),
                                            name_of(row.to), row.source)));
}

TEST(RenderRows, SaysWhatTestsARowAndWhere) {
  const std::vector<RowTest> tests = {{"19", "Rows.Planned", true, true},
                                      {"19", "Failover.Planned", true, false},
                                      {"12e", "Rows.Refused", false, true}};
  const std::string rows = render_rows(tests);
  EXPECT_THAT(rows, HasSubstr("| `Rows.Planned`, `Failover.Planned` | simulated, real |\n"));
  EXPECT_THAT(rows, HasSubstr("| 12e | `planned_failover` is refused | `testing` | `testing` | Run "
                              "a disaster recovery drill to Azure | `Rows.Refused` | real |\n"));
}

TEST(RenderRows, ShowsATestOfARowThatIsNoMore) {
  const std::vector<RowTest> tests = {{"99", "Rows.Gone", true, false}};
  EXPECT_THAT(render_rows(tests), EndsWith("| 99 | no such row |  |  |  | `Rows.Gone` |  |\n"));
}

TEST(LifecycleDocument, HasTheTablesOfThisBuild) {
  expect_fresh(kDocument, "markdown", "\n" + render_markdown() + "\n");
}

TEST(LifecycleDocument, HasTheDiagramOfThisBuild) {
  expect_fresh(kDocument, "mermaid", "\n```mermaid\n" + render_mermaid() + "```\n\n");
}

}  // namespace
}  // namespace switchback
