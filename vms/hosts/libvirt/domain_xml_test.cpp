// SPDX-License-Identifier: Apache-2.0
// The XML that is written is the XML that is understood, marks included.
#include "vms/hosts/libvirt/domain_xml.hpp"

#include <gtest/gtest.h>

namespace switchback::libvirt {
namespace {

SiteConfig site() {
  return {.site = Site::primary,
          .uri = "qemu:///session",
          .storage = "/storage",
          .sockets = "/sockets",
          .run_id = "0123abcd",
          .owner = std::nullopt};
}

TEST(DomainXml, KeepsTheDisksInOrderUnderTheRunsMark) {
  const std::string xml = domain_xml(
      site(), {.name = "vm7", .disks = {{"vda", "vm7-vda"}, {"vdb", "vm7-vdb-t3"}}}, false);
  const Result<std::vector<DiskFile>> files = disk_files(xml);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].device, "vda");
  EXPECT_EQ((*files)[0].file, "/storage/switchback-0123abcd-vm7-vda.qcow2");
  EXPECT_EQ((*files)[1].device, "vdb");
  EXPECT_EQ((*files)[1].file, "/storage/switchback-0123abcd-vm7-vdb-t3.qcow2");
  EXPECT_NE(xml.find("<name>switchback-0123abcd-vm7</name>"), std::string::npos);
}

TEST(DomainXml, TakesKvmOnlyWhenToldTo) {
  EXPECT_NE(domain_xml(site(), {.name = "a", .disks = {}}, false).find("type=\"qemu\""),
            std::string::npos);
  EXPECT_NE(domain_xml(site(), {.name = "a", .disks = {}}, true).find("type=\"kvm\""),
            std::string::npos);
}

TEST(DomainXml, NamesThatXmlWouldMistakeAreQuoted) {
  const Result<std::vector<DiskFile>> files =
      disk_files(domain_xml(site(), {.name = "a", .disks = {{"vda", "a<&\">'b"}}}, false));
  ASSERT_TRUE(files);
  EXPECT_EQ((*files)[0].file, "/storage/switchback-0123abcd-a<&\">'b.qcow2");
}

TEST(DomainXml, ThatIsBrokenIsAnError) {
  EXPECT_FALSE(disk_files("<domain><devices>"));
}

TEST(RunMark, IsReadFromMetadata) {
  EXPECT_EQ(run_id_in_metadata("<run xmlns=\"x\" id=\"0123abcd\"/>"), "0123abcd");
  EXPECT_EQ(run_id_in_metadata("<run/>"), "");
  EXPECT_EQ(run_id_in_metadata("no xml"), "");
}

TEST(BackupXml, NamesItsSocketAndAsksForChangesOnlyWithACheckpoint) {
  const std::string delta = backup_xml(site(), "vm7", "/sockets/vm7.backup", "c3", {"vda", "vdb"});
  EXPECT_EQ(*backup_socket(delta), "/sockets/vm7.backup");
  EXPECT_NE(delta.find("<incremental>c3</incremental>"), std::string::npos);
  EXPECT_NE(delta.find("exportbitmap=\"dirty-vdb\""), std::string::npos);
  const std::string seed =
      backup_xml(site(), "vm7", "/sockets/vm7.backup", std::nullopt, {"vda", "vdb"});
  EXPECT_EQ(seed.find("incremental"), std::string::npos);
  EXPECT_EQ(seed.find("exportbitmap"), std::string::npos);
}

TEST(BelongsTo, TellsItemsWithLikeNamesApart) {
  EXPECT_TRUE(belongs_to("vm1", "vm1"));
  EXPECT_TRUE(belongs_to("vm1-vda", "vm1"));
  EXPECT_FALSE(belongs_to("vm10", "vm1"));
  EXPECT_FALSE(belongs_to("vm10-vda", "vm1"));
  EXPECT_FALSE(belongs_to("v", "vm1"));
}

}  // namespace
}  // namespace switchback::libvirt
