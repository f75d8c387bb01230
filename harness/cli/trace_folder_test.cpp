// SPDX-License-Identifier: Apache-2.0
// Which files a path names.
#include "harness/cli/trace_folder.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/scratch_folder.hpp"

namespace switchback {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(TracesIn, AreTheJsonFilesOfAFolderInTheOrderOfTheirNames) {
  const samples::ScratchFolder scratch;
  const std::filesystem::path folder = scratch / "traces";
  std::filesystem::create_directory(folder);
  for (const char* const name : {"b.json", "a.json", "notes.txt", "c.json.tmp"})
    std::ofstream(folder / name) << "{}";
  const auto traces = traces_in(folder);
  ASSERT_TRUE(traces);
  EXPECT_THAT(*traces, ElementsAre(folder / "a.json", folder / "b.json"));
}

TEST(TracesIn, AreAFileItselfWhateverItIs) {
  const auto traces = traces_in("no/such/trace.txt");
  ASSERT_TRUE(traces) << "who loads it tells what is wrong with it";
  EXPECT_THAT(*traces, ElementsAre("no/such/trace.txt"));
}

TEST(TracesIn, OfAFolderWithoutAnyAreAnError) {
  const samples::ScratchFolder scratch;
  const std::filesystem::path folder = scratch / "traces";
  std::filesystem::create_directory(folder);
  const auto traces = traces_in(folder);
  ASSERT_FALSE(traces);
  EXPECT_THAT(traces.error().message, HasSubstr(folder.string()));
  EXPECT_NE(traces.error().remedy, "");
}

}  // namespace
}  // namespace switchback
