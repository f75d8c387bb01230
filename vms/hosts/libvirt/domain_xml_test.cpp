// SPDX-License-Identifier: Apache-2.0
// The XML that is written is the XML that is understood, marks included.
#include "vms/hosts/libvirt/domain_xml.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vms/hosts/libvirt/backup_xml.hpp"

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

/// A VM with something of everything.
recovery::VmDefinition usual_vm() {
  recovery::VmDefinition vm{.name = "vm7", .disks = {{"vda", "vm7-vda"}, {"vdb", "vm7-vdb-t3"}}};
  vm.hardware.cpus = 3;
  vm.hardware.memory_bytes = Bytes{48} << 20;
  vm.hardware.boot_disk = 1;
  vm.hardware.nics = {{"52:54:00:00:00:02", "production", "10.0.0.7"},
                      {"52:54:00:00:00:01", "a<&\">'b", ""}};
  return vm;
}
std::string xml_of(const recovery::VmDefinition& vm, const DomainOptions& options = {}) {
  const Result<std::string> xml = domain_xml(site(), vm, options);
  EXPECT_TRUE(xml) << xml.error().message;
  return xml ? *xml : std::string();
}

TEST(DomainXml, KeepsTheDisksInOrderUnderTheRunsMark) {
  const std::string xml = xml_of(usual_vm());
  const Result<std::vector<DiskFile>> files = disk_files(xml);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].device, "vda");
  EXPECT_EQ((*files)[0].file, "/storage/switchback-0123abcd-vm7-vda.qcow2");
  EXPECT_EQ((*files)[1].device, "vdb");
  EXPECT_EQ((*files)[1].file, "/storage/switchback-0123abcd-vm7-vdb-t3.qcow2");
  EXPECT_NE(xml.find("<name>switchback-0123abcd-vm7</name>"), std::string::npos);
}

TEST(DomainXml, OfAVmThatBootsAGuestIsReadBackAsItWasWritten) {
  SiteConfig with_guest = site();
  with_guest.guest = GuestImage{.kernel = "/run/vmlinux", .initrd = "/run/initrd"};
  recovery::VmDefinition vm = usual_vm();
  const Result<std::string> xml = domain_xml(with_guest, vm, {});
  ASSERT_TRUE(xml) << xml.error().message;
  for (const char* part : {"<kernel>/run/vmlinux</kernel>", "vmid=switchback-0123abcd-vm7<",
                           "'org.switchback.agent.0'", "<serial>vdb</serial>"}) {
    std::string quoted = part;
    std::replace(quoted.begin(), quoted.end(), '\'', '"');
    EXPECT_NE(xml->find(quoted), std::string::npos) << part << " is not in\n" << *xml;
  }
  EXPECT_NE(xml->find(fmt::format(">{}</memory>", (48 + 96) * 1024)), std::string::npos) << *xml;
  const Result<recovery::VmDefinition> found = definition_in(with_guest, *xml);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->disks, vm.disks);
  EXPECT_EQ(found->hardware, vm.hardware);
  vm.hardware.firmware = Firmware::uefi;
  const Result<std::string> refused = domain_xml(with_guest, vm, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
}

TEST(DomainXml, IsReadBackAsItWasWritten) {
  for (const char* isolated : {"", "test net"}) {
    recovery::VmDefinition vm = usual_vm();
    vm.isolated_network = isolated;
    const Result<recovery::VmDefinition> found = definition_in(site(), xml_of(vm));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, vm.name);
    EXPECT_EQ(found->disks, vm.disks);
    EXPECT_EQ(found->hardware, vm.hardware);
    EXPECT_EQ(found->isolated_network, isolated);
  }
}

TEST(DomainXml, PlugsNicsOfOneNetworkTogetherAndOthersApart) {
  recovery::VmDefinition vm = usual_vm();
  vm.hardware.nics[1].network = "production";
  const std::vector<Segment> together = *segments_in(xml_of(vm));
  ASSERT_EQ(together.size(), 2U);
  EXPECT_EQ(together[0], segment_of(site(), "production"));
  EXPECT_EQ(together[0], together[1]);
  vm.isolated_network = "test";
  EXPECT_EQ((*segments_in(xml_of(vm)))[0], segment_of(site(), "test"));
  SiteConfig other = site();
  other.site = Site::recovery;
  if (!multicast_works()) GTEST_SKIP() << "no multicast here: every NIC is alone";
  EXPECT_NE(segment_of(site(), "test"), segment_of(site(), "production"));
  EXPECT_NE(segment_of(site(), "test"), segment_of(other, "test"));
  other.site = Site::primary;
  other.run_id = "0123abce";
  EXPECT_NE(segment_of(site(), "test"), segment_of(other, "test"));
}

TEST(DomainXml, TakesKvmOnlyWhenToldTo) {
  EXPECT_NE(xml_of(usual_vm()).find("type=\"qemu\""), std::string::npos);
  EXPECT_NE(xml_of(usual_vm(), {.use_kvm = true}).find("type=\"kvm\""), std::string::npos);
}

TEST(DomainXml, WithUefiNamesItOrThePackageThatIsMissing) {
  recovery::VmDefinition vm = usual_vm();
  vm.hardware.firmware = Firmware::uefi;
  const Result<std::string> xml = domain_xml(site(), vm, {});
  if (!xml) {
    EXPECT_EQ(xml.error().kind, ErrorKind::unsupported);
    EXPECT_NE(xml.error().remedy.find("ovmf"), std::string::npos);
    return;
  }
  EXPECT_EQ(definition_in(site(), *xml)->hardware.firmware, Firmware::uefi);
}

TEST(DomainXml, NamesTheSecretOfEveryLayerOfAnEncryptedDisk) {
  DomainOptions options;
  options.chains = {std::nullopt, EncryptedChain{.secret_uuid = "11111111-2222",
                                                 .files = {"/storage/top", "/storage/base"}}};
  const std::string xml = xml_of(usual_vm(), options);
  std::size_t secrets = 0;
  for (std::size_t at = xml.find("11111111-2222"); at != std::string::npos;
       at = xml.find("11111111-2222", at + 1))
    ++secrets;
  EXPECT_EQ(secrets, 2U);
  EXPECT_EQ(definition_in(site(), xml)->disks, usual_vm().disks);
}

TEST(DomainXml, NamesThatXmlWouldMistakeAreQuoted) {
  const Result<std::vector<DiskFile>> files =
      disk_files(xml_of({.name = "a", .disks = {{"vda", "a<&\">'b"}}}));
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
  const std::string delta =
      backup_xml(site(), "vm7", "/sockets/vm7.backup", "c3", {{"vda"}, {"vdb", "11111111"}});
  EXPECT_EQ(*backup_socket(delta), "/sockets/vm7.backup");
  EXPECT_NE(delta.find("<incremental>c3</incremental>"), std::string::npos);
  EXPECT_NE(delta.find("exportbitmap=\"dirty-vdb\""), std::string::npos);
  EXPECT_NE(delta.find("uuid=\"11111111\""), std::string::npos) << "the scratch file's key";
  const std::string seed =
      backup_xml(site(), "vm7", "/sockets/vm7.backup", std::nullopt, {{"vda"}, {"vdb"}});
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
