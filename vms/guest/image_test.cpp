// SPDX-License-Identifier: Apache-2.0
// Which image is taken of those that there are, and what is said where there is none.
#include "vms/guest/image.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace switchback::guest {
namespace {

namespace fs = std::filesystem;

class Images : public testing::Test {
 protected:
  Images() {
    std::string name = (fs::temp_directory_path() / "imagesXXXXXX").string();
    cache_ = mkdtemp(name.data());
  }
  ~Images() override { fs::remove_all(cache_); }

  /// One that was built `age` before now.
  fs::path make(const std::string& digest, const std::string& sources, std::chrono::hours age) {
    const fs::path folder = cache_ / ("guest-" + digest);
    fs::create_directory(folder);
    for (const char* file : {kKernelFile, kInitrdFile})
      std::ofstream(folder / file) << file;
    std::ofstream(folder / "manifest.json") << fmt::format(
        R"({{"format": "switchback-guest", "version": 1, "digest": "{}", "agent_sources": "{}",
            "kernel": "6.1.0-1-cloud-amd64"}})",
        digest, sources);
    const auto now = fs::last_write_time(folder / "manifest.json");
    fs::last_write_time(folder / "manifest.json", now - age);
    return folder;
  }

  fs::path cache_;
};

TEST_F(Images, TheNewestThatFitsIsTaken) {
  using std::chrono::hours;
  make("old", "mine", hours(5));
  make("new", "mine", hours(1));
  make("older", "mine", hours(9));
  make("others", "theirs", hours(0));
  fs::create_directory(cache_ / "guest-unfinished");
  std::ofstream(cache_ / "guest-file") << "no folder";
  const auto found = newest_image(cache_, "mine");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->folder, cache_ / "guest-new");
  EXPECT_EQ(found->digest, "new");
  EXPECT_EQ(found->kernel, "6.1.0-1-cloud-amd64");
}

TEST_F(Images, WithoutOneTheScriptThatBuildsThemIsNamed) {
  make("others", "theirs", std::chrono::hours(0));
  for (const fs::path& cache : {cache_, cache_ / "missing"}) {
    const auto found = newest_image(cache, "mine");
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().message.find(cache.string()), std::string::npos);
    EXPECT_NE(found.error().remedy.find("vms/guest/build-image"), std::string::npos);
  }
}

TEST_F(Images, AnImageThatIsNamedMustBeWholeAndFit) {
  const fs::path fits = make("fits", SWITCHBACK_AGENT_SOURCES, std::chrono::hours(0));
  EXPECT_TRUE(find_image(fits));
  fs::remove(fits / kInitrdFile);
  const auto broken = find_image(fits);
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find(kInitrdFile), std::string::npos);
  EXPECT_FALSE(find_image(make("others", "theirs", std::chrono::hours(0))));
  const auto nothing = find_image(cache_);
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().message.find("no image"), std::string::npos);
}

}  // namespace
}  // namespace switchback::guest
