// SPDX-License-Identifier: Apache-2.0
// Our reading of qcow2 headers held against what qemu-img makes, and an image served by qemu-nbd.
#include "vms/hosts/libvirt/qcow2_header.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "vms/hosts/libvirt/nbd_disk.hpp"
#include "vms/hosts/libvirt/process.hpp"

namespace switchback::libvirt {
namespace {

class Qcow2HeaderTest : public testing::Test {
 protected:
  Qcow2HeaderTest() {
    std::string folder = testing::TempDir() + "qcow2-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    run({"qemu-img", "create", "-q", "-f", "qcow2", image(), "67112448"});
  }
  ~Qcow2HeaderTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string image() const { return folder_ / "image.qcow2"; }
  static void run(const std::vector<std::string>& command) {
    const auto ran = run_program("00000000", command);
    ASSERT_TRUE(ran.has_value()) << ran.error().message;
  }

  std::filesystem::path folder_;
};

TEST_F(Qcow2HeaderTest, BitmapsAreListedAsQemuImgMakesThem) {
  using testing::ElementsAre;
  EXPECT_THAT(read_qcow2_header(image())->bitmaps, testing::IsEmpty());
  for (const char* name : {"c1", "a-name-of-another-length", "c3"})
    run({"qemu-img", "bitmap", "--add", image(), name});
  EXPECT_THAT(read_qcow2_header(image())->bitmaps,
              ElementsAre("c1", "a-name-of-another-length", "c3"));
  run({"qemu-img", "bitmap", "--remove", image(), "c1"});
  EXPECT_THAT(read_qcow2_header(image())->bitmaps, ElementsAre("a-name-of-another-length", "c3"));
  EXPECT_EQ(67112448U, read_qcow2_header(image())->size_bytes);
}

TEST_F(Qcow2HeaderTest, WhatIsNoSoundImageIsAnError) {
  EXPECT_FALSE(read_qcow2_header(folder_ / "nothing").has_value());
  std::ofstream(folder_ / "text") << "not an image";
  EXPECT_FALSE(read_qcow2_header(folder_ / "text").has_value());
  run({"qemu-img", "bitmap", "--add", image(), "c1"});
  std::filesystem::resize_file(image(), 65536);
  const auto cut_short = read_qcow2_header(image());
  EXPECT_FALSE(cut_short.has_value()) << "its bitmap directory is gone";
}

TEST_F(Qcow2HeaderTest, AnImageFileIsReadThroughAServerOfOurOwn) {
  run({"qemu-io", "-f", "qcow2", "-c", "write -q -P 0x41 1M 64k", image()});
  auto disk = NbdDisk::open_file({.file = image(), .name = image(), .key = {}});
  ASSERT_TRUE(disk.has_value()) << disk.error().message;
  EXPECT_EQ(67112448U, disk->size_bytes());
  const auto data = disk->data_extents();
  ASSERT_TRUE(data.has_value());
  ASSERT_EQ(1U, data->size());
  EXPECT_EQ(Bytes{1} << 20, data->front().offset);
  EXPECT_EQ(65536U, data->front().length);
  std::vector<std::byte> bytes(4096);
  ASSERT_TRUE(disk->read({NbdRead{.offset = Bytes{1} << 20, .into = bytes}}).has_value());
  EXPECT_THAT(bytes, testing::Each(std::byte{0x41}));
  EXPECT_FALSE(disk->write({NbdWrite{.offset = 0, .from = bytes}}).has_value()) << "read-only";
  EXPECT_FALSE(disk->extents().has_value()) << "after an error the connection is closed";
}

TEST_F(Qcow2HeaderTest, AServerThatNeverAnswersIsAnErrorWhenPatienceEnds) {
  const auto listening = listen_at(folder_ / "silent");
  ASSERT_TRUE(listening.has_value());
  NbdOptions options;
  options.patience = std::chrono::milliseconds(50);
  const auto disk = NbdDisk::connect(folder_ / "silent", options);
  ASSERT_FALSE(disk.has_value());
  EXPECT_NE(std::string::npos, disk.error().message.find("no answer")) << disk.error().message;
  ::close(*listening);
}

}  // namespace
}  // namespace switchback::libvirt
