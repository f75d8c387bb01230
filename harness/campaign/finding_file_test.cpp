// SPDX-License-Identifier: Apache-2.0
// One file a finding, and which of two traces of it stays.
#include "harness/campaign/finding_file.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace switchback {
namespace {

const Violation kLost{"nothing_is_lost", "lost", {}};
const SystemUnderTest kSound{"sim", std::nullopt};

class FindingFile : public testing::Test {
 protected:
  // A folder for each test: several run at once.
  FindingFile()
      : folder_(testing::TempDir() + "finding_file_test-" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    write("draft", "new");
  }
  ~FindingFile() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  [[nodiscard]] std::string text_of(const std::filesystem::path& file) const {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] bool draft_is_gone() const { return !std::filesystem::exists(folder_ / "draft"); }

  std::filesystem::path folder_;
};

TEST_F(FindingFile, TellsPromisesWaysOfBreakingThemAndSystemsApart) {
  const auto name = [](const SystemUnderTest& system, const std::string& kind) {
    return finding_file({}, system, "nothing_is_lost", kind).string();
  };
  EXPECT_EQ(name(kSound, "lost"), "nothing_is_lost-lost.json");
  EXPECT_EQ(name(kSound, "torn"), "nothing_is_lost-torn.json");
  EXPECT_EQ(name({"sim", "bad-thing"}, "lost"), "nothing_is_lost-lost-bad-thing.json");
  EXPECT_EQ(name({"libvirt", "bad-thing"}, "lost"), "nothing_is_lost-lost-libvirt-bad-thing.json");
}

TEST_F(FindingFile, HoldsAFindingThatIsNotKnownWhateverWasThere) {
  write("nothing_is_lost-lost.json", "of a run long ago");
  const auto file = keep_once(folder_ / "draft", 9, kLost, kSound, {});
  EXPECT_EQ(file, folder_ / "nothing_is_lost-lost.json");
  EXPECT_EQ(text_of(file), "new");
  EXPECT_TRUE(draft_is_gone());
}

TEST_F(FindingFile, KeepsTheOldTraceUnlessTheNewOneIsShorter) {
  const std::filesystem::path own = folder_ / "nothing_is_lost-lost.json";
  write("nothing_is_lost-lost.json", "old");
  EXPECT_EQ(keep_once(folder_ / "draft", 5, kLost, kSound, {{kLost.property, "lost", own, 5}}),
            own);
  EXPECT_EQ(text_of(own), "old");
  EXPECT_TRUE(draft_is_gone());

  write("draft", "new");
  EXPECT_EQ(keep_once(folder_ / "draft", 4, kLost, kSound, {{kLost.property, "lost", own, 5}}),
            own);
  EXPECT_EQ(text_of(own), "new");
}

TEST_F(FindingFile, LeavesATraceOfAnotherNameAsItIs) {
  const std::filesystem::path pinned = folder_ / "mine.json";
  write("mine.json", "pinned");
  const std::vector<KnownFinding> known = {{kLost.property, "lost", pinned, 5}};
  EXPECT_EQ(keep_once(folder_ / "draft", 4, kLost, kSound, known),
            folder_ / "nothing_is_lost-lost.json");
  EXPECT_EQ(text_of(pinned), "pinned");
  write("draft", "new");
  EXPECT_EQ(keep_once(folder_ / "draft", 5, kLost, kSound, known), pinned);
  EXPECT_TRUE(draft_is_gone());
}

TEST_F(FindingFile, IsNoneOfAnotherWayOfBreakingThePromise) {
  const std::vector<KnownFinding> known = {{kLost.property, "torn", folder_ / "mine.json", 1}};
  write("mine.json", "torn");
  EXPECT_EQ(text_of(keep_once(folder_ / "draft", 9, kLost, kSound, known)), "new");
}

}  // namespace
}  // namespace switchback
