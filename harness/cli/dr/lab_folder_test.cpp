// SPDX-License-Identifier: Apache-2.0
// What a lab keeps is found again, and what is damaged is said so.
#include "harness/cli/dr/lab_folder.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/cli/dr/dr_key.hpp"

namespace switchback {
namespace {

class LabFolder : public testing::Test {
 protected:
  LabFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "lab-XXXXXX").string();
    base_ = mkdtemp(name.data());
    run_ = base_ / "switchback-0a1b2c3d";
    std::filesystem::create_directory(run_);
  }
  ~LabFolder() override { std::filesystem::remove_all(base_); }

  void put(const char* name, const std::string& text) { std::ofstream(run_ / name) << text; }
  [[nodiscard]] std::string text_of(const char* name) const {
    std::ifstream file(run_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static LabFile lab() {
    ItemSpec item{.name = "shop",
                  .disks = {{.device = "vda", .size_bytes = 4096, .vm = 0},
                            {.device = "vda", .size_bytes = 8192, .vm = 1}}};
    item.vms.resize(2);
    item.vms[1].nics.push_back({.mac = "52:54:00:00:00:01", .network = "lan", .address = {}});
    return {.use_kvm = true, .manual = true, .items = {item}};
  }

  std::filesystem::path base_;
  std::filesystem::path run_;
};

TEST_F(LabFolder, IsFoundByItsFileAndOnlyIfItIsTheOnlyOne) {
  const auto none = find_lab(base_);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().remedy.find("switchback dr lab"), std::string::npos);
  ASSERT_TRUE(write_lab_file(run_, lab()));
  EXPECT_EQ(find_lab(base_).value(), run_);
  std::filesystem::create_directory(base_ / "switchback-0a1b2c3e");
  std::ofstream(base_ / "switchback-0a1b2c3e" / "lab.json") << "{}";
  EXPECT_FALSE(find_lab(base_));
}

TEST_F(LabFolder, TellsWhatALabIsMadeOf) {
  ASSERT_TRUE(write_lab_file(run_, lab()));
  const auto read = read_lab_file(run_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->items, lab().items);
  EXPECT_TRUE(read->use_kvm);
  EXPECT_TRUE(read->manual);
}

TEST_F(LabFolder, AnyDamageToTheLabFileIsAnError) {
  ASSERT_TRUE(write_lab_file(run_, lab()));
  const std::string whole = text_of("lab.json");
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{\"items\": 3}"),
        std::string(R"({"version": 1, "items": []})"),
        std::string(R"({"version": 1, "items": [{"spec": {"name": 7}}]})"),
        whole.substr(0, whole.size() / 2),
        std::string(whole).replace(whole.find("shop"), 4, "\xff")}) {
    put("lab.json", text);
    const auto read = read_lab_file(run_);
    // A byte that is no UTF-8 does not parse.
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message.find("lab.json"), std::string::npos);
  }
}

TEST_F(LabFolder, AProcessThatIsNotThereIsNotEnded) {
  put("lab.json", R"({"pid": 1})");
  EXPECT_FALSE(lab_process_lives(run_));
  const Nothing ended = end_lab_process(run_);
  ASSERT_FALSE(ended);
  EXPECT_NE(ended.error().remedy.find("switchback clean"), std::string::npos);
}

TEST_F(LabFolder, TheClocksLeadIsKept) {
  EXPECT_EQ(read_clock_lead(run_).value(), Duration::zero());
  ASSERT_TRUE(write_clock_lead(run_, std::chrono::minutes(5)));
  EXPECT_EQ(read_clock_lead(run_).value(), std::chrono::minutes(5));
  put("clock", "soon");
  EXPECT_FALSE(read_clock_lead(run_));
}

TEST_F(LabFolder, FaultsAreKeptByName) {
  EXPECT_TRUE(read_faults(run_)->empty());
  const std::vector<FaultKind> faults{FaultKind::link_cut, FaultKind::primary_lost};
  ASSERT_TRUE(write_faults(run_, faults));
  EXPECT_EQ(read_faults(run_).value(), faults);
  put("faults", "gremlins\n");
  EXPECT_FALSE(read_faults(run_));
}

TEST_F(LabFolder, JobsAreKeptInOrderAndALineThatIsCutOffIsLeftOut) {
  EXPECT_TRUE(read_job_notes(run_).empty());
  for (const char* operation : {"enable", "commit"})
    ASSERT_TRUE(add_job_note(run_, {.at = Instant(5),
                                    .item = "web",
                                    .operation = operation,
                                    .outcome = "done",
                                    .reason = {},
                                    .to_recovery = 1,
                                    .to_primary = 2}));
  std::ofstream(run_ / "jobs.ndjson", std::ios::app) << R"({"at_ns": 7, "item")";
  const std::vector<JobNote> notes = read_job_notes(run_);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].operation, "enable");
  EXPECT_EQ(notes[1].operation, "commit");
  EXPECT_EQ(notes[1].to_primary, 2U);
}

TEST_F(LabFolder, AKeyIsTheFirstLineOfItsFile) {
  put("key", "s3cret\nmore\n");
  EXPECT_EQ(read_key(run_ / "key").value(), "s3cret");
  put("key", "\ns3cret\n");
  EXPECT_FALSE(read_key(run_ / "key"));
  EXPECT_FALSE(read_key(run_ / "none"));
}

}  // namespace
}  // namespace switchback
