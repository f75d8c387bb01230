// SPDX-License-Identifier: Apache-2.0
// The renderings say all that the table says, and docs/lifecycle.md is not stale.
#include "harness/lifecycle/render.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/lifecycle/transition_table.hpp"

namespace switchback {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kDocument = SWITCHBACK_SOURCE_DIR "/docs/lifecycle.md";

std::size_t count_of(std::string_view needle, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(needle); at != std::string_view::npos;
       at = text.find(needle, at + needle.size()))
    ++count;
  return count;
}

std::string read_document() {
  std::ifstream file{std::string(kDocument)};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Where the generated part `name` starts and how long it is, markers left out.
struct Extent {
  std::size_t begin = std::string::npos;
  std::size_t size = 0;
};

Extent find_generated(std::string_view document, std::string_view name) {
  const std::string opening = fmt::format("<!-- generated: {} -->\n", name);
  const std::string closing = fmt::format("<!-- end of generated: {} -->\n", name);
  const std::size_t open = document.find(opening);
  if (open == std::string_view::npos) return {};
  const std::size_t begin = open + opening.size();
  const std::size_t end = document.find(closing, begin);
  if (end == std::string_view::npos) return {};
  return {.begin = begin, .size = end - begin};
}

/// Compares one generated part with what the table gives now. With SWITCHBACK_REFRESH_DOCS set the
/// part is written anew instead, and the comparison is of what was written.
void expect_fresh(std::string_view name, const std::string& generated) {
  std::string document = read_document();
  Extent extent = find_generated(document, name);
  ASSERT_NE(extent.begin, std::string::npos)
      << kDocument << " has no part marked '<!-- generated: " << name << " -->'";
  if (std::getenv("SWITCHBACK_REFRESH_DOCS") != nullptr) {
    document.replace(extent.begin, extent.size, generated);
    std::ofstream{std::string(kDocument)} << document;
    document = read_document();
    extent = find_generated(document, name);
  }
  EXPECT_EQ(document.substr(extent.begin, extent.size), generated)
      << "docs/lifecycle.md is stale: run this test with SWITCHBACK_REFRESH_DOCS=1, or put in the "
         "output of 'switchback lifecycle --format "
      << name << "'";
}

TEST(RenderTable, SaysEverythingOfEveryTransition) {
  const std::string table = render_table();
  for (const Transition& row : transition_table()) {
    EXPECT_THAT(table, HasSubstr(std::string(row.row) + " "));
    EXPECT_THAT(table, HasSubstr(std::string(name_of(row.operation))));
    EXPECT_THAT(table, HasSubstr(std::string(row.promise)));
    EXPECT_THAT(table, HasSubstr(std::string(row.source)));
  }
  EXPECT_THAT(table, EndsWith("is refused and changes nothing.\n"));
}

TEST(RenderTable, FitsATerminalOfAHundredColumnsWithoutTrailingBlanks) {
  std::istringstream lines(render_table());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 100U) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(RenderMarkdown, HasOneRowForEveryStateAndEveryTransition) {
  const std::string markdown = render_markdown();
  const std::size_t headers = 2 * 2;
  EXPECT_EQ(count_of("\n|", "\n" + markdown),
            headers + named_states().size() + transition_table().size());
  for (const NamedState& named : named_states())
    EXPECT_THAT(markdown, HasSubstr(fmt::format("\n| `{}` |", named.name)));
}

TEST(RenderMermaid, DrawsEveryTransitionAndWhereASequenceStarts) {
  const std::string diagram = render_mermaid();
  EXPECT_THAT(diagram, StartsWith("stateDiagram-v2\n    [*] --> unprotected\n"));
  EXPECT_EQ(count_of(" --> ", diagram), transition_table().size() + 1);
  EXPECT_THAT(diagram, HasSubstr("    protected --> failed_over: planned_failover\n"));
}

TEST(LifecycleDocument, HasTheTablesOfThisBuild) {
  expect_fresh("markdown", "\n" + render_markdown() + "\n");
}

TEST(LifecycleDocument, HasTheDiagramOfThisBuild) {
  expect_fresh("mermaid", "\n```mermaid\n" + render_mermaid() + "```\n\n");
}

}  // namespace
}  // namespace switchback
