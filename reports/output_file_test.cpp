// SPDX-License-Identifier: Apache-2.0
// Every way in which an output file can fail, named; and no way in which it destroys what it must
// not.
#include "reports/output_file.hpp"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "reports/scratch_folder.hpp"

namespace switchback {
namespace {

namespace fs = std::filesystem;
using samples::content;
using samples::ScratchFolder;

void expect_named(const Nothing& outcome, const fs::path& path, ErrorKind kind) {
  ASSERT_FALSE(outcome) << path;
  EXPECT_NE(outcome.error().message.find(path.string()), std::string::npos)
      << outcome.error().message;
  EXPECT_FALSE(outcome.error().remedy.empty());
  EXPECT_EQ(outcome.error().kind, kind);
}

TEST(OutputFile, WholeFileReplacesWhatWasThere) {
  const ScratchFolder folder;
  const fs::path path = folder / "report.xml";
  ASSERT_TRUE(write_whole_file(path, "a longer first text"));
  ASSERT_TRUE(write_whole_file(path, "second"));
  EXPECT_EQ(content(path), "second");
  EXPECT_EQ(folder.entries(), 1U) << "the temporary file was left behind";
}

TEST(OutputFile, WhoeverHasTheOldFileOpenKeepsIt) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_whole_file(folder / "report.xml", "old"));
  fs::create_hard_link(folder / "report.xml", folder / "reader");
  ASSERT_TRUE(write_whole_file(folder / "report.xml", "new"));
  EXPECT_EQ(content(folder / "reader"), "old");
}

/// While it lives, no file of this process grows beyond a byte.
class NoSpace {
 public:
  NoSpace() : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit tight{.rlim_cur = 1, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  }
  ~NoSpace() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  NoSpace(const NoSpace&) = delete;
  NoSpace& operator=(const NoSpace&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(OutputFile, AFailedWriteLeavesTheOldFileAndNothingElse) {
  const ScratchFolder folder;
  const fs::path path = folder / "report.xml";
  ASSERT_TRUE(write_whole_file(path, "old"));
  Nothing outcome;
  {
    const NoSpace no_space;
    outcome = write_whole_file(path, "new text");
  }
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::environment);
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(OutputFile, NamesAMissingFolder) {
  const ScratchFolder folder;
  const fs::path path = folder / "missing" / "report.xml";
  expect_named(write_whole_file(path, "text"), path, ErrorKind::bad_input);
  expect_named(write_whole_file("/proc/x/y.log", "text"), "/proc/x/y.log", ErrorKind::bad_input);
}

TEST(OutputFile, NamesAPathBelowARegularFile) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_whole_file(folder / "file", "text"));
  const fs::path path = folder / "file" / "report.xml";
  expect_named(write_whole_file(path, "text"), path, ErrorKind::bad_input);
  EXPECT_EQ(content(folder / "file"), "text");
}

TEST(OutputFile, NamesADirectory) {
  const ScratchFolder folder;
  ASSERT_TRUE(fs::create_directory(folder / "sub"));
  expect_named(write_whole_file(folder / "sub", "text"), folder / "sub", ErrorKind::bad_input);
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(OutputFile, RefusesAnEmptyName) {
  EXPECT_FALSE(OutputFile::create(""));
  EXPECT_FALSE(write_whole_file("", "text"));
}

TEST(OutputFile, NamesAFullDisk) {
  expect_named(write_whole_file("/dev/full", "text"), "/dev/full", ErrorKind::environment);
}

TEST(OutputFile, WritesToADeviceInsteadOfReplacingIt) {
  ASSERT_TRUE(write_whole_file("/dev/null", "text"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(OutputFile, FollowsALink) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_whole_file(folder / "real", "old"));
  fs::create_symlink(folder / "real", folder / "link");
  ASSERT_TRUE(write_whole_file(folder / "link", "new"));
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(content(folder / "real"), "new");
}

TEST(OutputFile, ClosesTwiceWithoutAnError) {
  const ScratchFolder folder;
  auto file = OutputFile::create(folder / "file");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write("text"));
  EXPECT_TRUE(file->close());
  EXPECT_TRUE(file->close());
  EXPECT_EQ(content(folder / "file"), "text");
}

}  // namespace
}  // namespace switchback
