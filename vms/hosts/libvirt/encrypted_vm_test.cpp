// SPDX-License-Identifier: Apache-2.0
// Encrypted replicas on real sites, beyond what every host promises: folding under a VM that runs
// and under one that is off, a restart in between, and that keys are found nowhere.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "vms/hosts/libvirt/blank_images.hpp"
#include "vms/hosts/libvirt/clean.hpp"
#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/real_sites.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {
namespace {

using recovery::Blocks;
using recovery::Host;

constexpr const char* kSecretWords = "seven wet frogs sing";
constexpr Bytes kSize = Bytes{1} << 20;

class EncryptedVm : public testing::Test {
 protected:
  EncryptedVm() : bench_(make_bench()) {
    must(bench_.laboratory->create_item({.name = "contract", .disks = {{"vda", kSize}}}));
    must(host().set_key("contract", kSecretWords));
  }
  ~EncryptedVm() override {
    EXPECT_TRUE(bench_.laboratory->remove_item("contract"));
    EXPECT_TRUE(must(secret_names(connection())).empty());
  }

  Host& host() { return *bench_.recovery; }
  static const Connection& connection() { return Daemons::sites().connection(Site::recovery); }
  void make(const std::string& name, const std::optional<std::string>& backing) {
    must(host().create_volume(
        {.name = name, .size_bytes = kSize, .backing = backing, .key = "contract"}));
  }
  void write(WriteSeq seq) {
    must(bench_.laboratory->write("contract", Site::recovery, {{0, seq, seq}}));
    expected_[seq] = seq;
  }
  Blocks shown() {
    Blocks blocks;
    const auto image = must(bench_.laboratory->open_disk("contract", Site::recovery, 0));
    must(image->visit_blocks([&](BlockNumber block, Shown shown) { blocks[block] = shown.seq; }));
    return blocks;
  }

  recovery::HostBench bench_;
  Blocks expected_;
};

/// Files below `folder` that hold these words.
std::vector<std::string> files_with(const std::filesystem::path& folder, const std::string& words) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (text.str().find(words) != std::string::npos) found.push_back(entry.path().string());
  }
  return found;
}

TEST_F(EncryptedVm, LivesOnLayersThatAreFoldedUnderItAndNobodyFindsItsKey) {
  make("contract-vda-base", std::nullopt);
  make("contract-vda-p1", "contract-vda-base");
  make("contract-vda-t1", "contract-vda-p1");
  must(host().ensure_vm({.name = "contract", .disks = {{"vda", "contract-vda-t1"}}}));
  must(host().start_vm("contract", "track"));
  write(1);
  const recovery::VmDisk user{"vda", "contract-vda-t1"};
  must(host().fold_volumes("contract-vda-base", "contract-vda-p1", user, "contract"));
  must(host().remove_volume("contract-vda-p1"));
  write(2);
  EXPECT_EQ(shown(), expected_);
  must(host().shut_down_vm("contract"));
  EXPECT_EQ(shown(), expected_) << "read with the key that libvirt keeps";
  must(host().start_vm("contract", std::nullopt));
  EXPECT_EQ(shown(), expected_) << "its chain is another one now";
  must(host().shut_down_vm("contract"));
  {
    const auto view = must(host().open_stopped_view("contract", "track"));
    EXPECT_FALSE(must(view->extents("vda")).empty());
    EXPECT_FALSE(must(view->digests("vda", 65536)).empty());
  }
  must(host().remove_checkpoint("contract", "track"));
  must(host().remove_vm("contract"));
  must(host().fold_volumes("contract-vda-base", "contract-vda-t1", std::nullopt, {}));
  must(host().remove_volume("contract-vda-t1"));
  EXPECT_FALSE(must(host().digests("contract-vda-base", 65536)).empty());

  EXPECT_EQ(files_with(Daemons::sites().folder().path(), kSecretWords), std::vector<std::string>{});
  std::vector<std::string> kinds;
  for (const CensusEntry& entry : must(bench_.laboratory->census("contract")))
    if (entry.site == Site::recovery) kinds.push_back(std::string(entry.kind) + " " + entry.name);
  EXPECT_EQ(kinds, (std::vector<std::string>{"key contract", "volume contract-vda-base"}));
}

/// Names in the storage folder without the run's prefix, in order.
std::vector<std::string> blank_images() {
  const SiteConfig& site = Daemons::sites().connection(Site::recovery).site();
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(site.storage)) {
    const std::string name = entry.path().filename().string();
    if (name.find(kBlank) != std::string::npos) found.push_back(name.substr(site.prefix().size()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST_F(EncryptedVm, BeginsAsCopiesOfABlankImageThatGoesWithItsKey) {
  make("contract-vda-base", std::nullopt);
  make("contract-vda-p1", "contract-vda-base");
  must(host().set_key("contract", kSecretWords));
  EXPECT_EQ(blank_images(), (std::vector<std::string>{"contract-1048576.blank"}));

  must(host().set_key("contract", "another one"));
  EXPECT_EQ(blank_images(), std::vector<std::string>{});
  make("contract-vda-p2", std::nullopt);
  EXPECT_TRUE(must(host().opens_with("contract-vda-p2", "another one")));
  EXPECT_FALSE(must(host().opens_with("contract-vda-p2", kSecretWords)));
  EXPECT_TRUE(must(host().opens_with("contract-vda-p1", kSecretWords)));

  const SiteConfig& site = connection().site();
  const auto leave = [&](const std::string& name) {
    std::ofstream(site.storage / (site.prefix() + name)) << "unfinished";
  };
  leave("contract-4096.blank.new");
  leave("contract-2-4096.blank");
  must(host().forget_key("contract"));
  EXPECT_EQ(blank_images(), (std::vector<std::string>{"contract-2-4096.blank"}))
      << "of a key of another name";
  const auto census = must(bench_.laboratory->census("contract"));
  EXPECT_NE(std::find(census.begin(), census.end(),
                      CensusEntry{Site::recovery, "key", "contract-2-4096.blank"}),
            census.end())
      << "without its key it is left behind";
}

TEST_F(EncryptedVm, KeepsItsKeyOverAControllerAndLosesItToACleaning) {
  EXPECT_EQ(must(read_secret(connection(), "contract")), kSecretWords);
  bool found = false;
  for (const CleanedObject& cleaned : remove_marked_objects(connection()))
    found = found || (cleaned.kind == "key" && cleaned.name == "contract");
  EXPECT_TRUE(found);
  EXPECT_FALSE(read_secret(connection(), "contract"));
}

}  // namespace
}  // namespace switchback::libvirt
