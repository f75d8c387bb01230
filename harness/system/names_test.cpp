// SPDX-License-Identifier: Apache-2.0
// The words that traces, logs and the command line use for choices, edits and health, and what VMs
// are called.
#include <array>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "harness/system/dr_system.hpp"
#include "harness/system/item.hpp"
#include "harness/system/laboratory.hpp"
#include "harness/system/request.hpp"

namespace switchback {
namespace {

/// Every value has a name of its own that leads back to it; other words lead nowhere.
template <class Values, class Named>
void expect_names(const Values& values, const Named& named) {
  std::set<std::string_view> names;
  for (const auto value : values) {
    EXPECT_EQ(named(name_of(value)), value) << name_of(value);
    EXPECT_TRUE(names.insert(name_of(value)).second) << name_of(value) << " is used twice";
    EXPECT_EQ(named(std::string(name_of(value)) + " "), std::nullopt);
  }
  EXPECT_EQ(named(""), std::nullopt);
  EXPECT_EQ(named("no such word"), std::nullopt);
}

TEST(PointChoiceName, ComesBackToItsChoice) {
  expect_names(kAllPointChoices, point_choice_named);
}

TEST(EditName, ComesBackToItsEdit) {
  expect_names(kAllEdits, edit_named);
}

TEST(FirmwareName, ComesBackToItsFirmware) {
  expect_names(kAllFirmwares, firmware_named);
}

// Traces hold these words: changing one makes old traces unreadable.
TEST(Names, AreThoseThatTracesUse) {
  EXPECT_EQ(name_of(PointChoice::latest), "latest");
  EXPECT_EQ(name_of(PointChoice::latest_processed), "latest_processed");
  EXPECT_EQ(name_of(PointChoice::latest_app_consistent), "latest_app_consistent");
  EXPECT_EQ(name_of(PointChoice::custom), "custom");
  EXPECT_EQ(name_of(Edit::add_disk), "add_disk");
  EXPECT_EQ(name_of(Edit::grow_disk), "grow_disk");
  EXPECT_EQ(name_of(Edit::swap_disks), "swap_disks");
  EXPECT_EQ(name_of(Edit::change_nic), "change_nic");
  EXPECT_EQ(name_of(Edit::add_memory), "add_memory");
  EXPECT_EQ(name_of(Edit::foreign_checkpoint), "foreign_checkpoint");
  EXPECT_EQ(name_of(Edit::take_snapshot), "take_snapshot");
  EXPECT_EQ(name_of(Edit::revert_to_snapshot), "revert_to_snapshot");
  EXPECT_EQ(name_of(Edit::delete_vm), "delete_vm");
  EXPECT_EQ(name_of(Edit::undo), "undo");
}

TEST(HealthName, TellsTheThreeApart) {
  EXPECT_EQ(name_of(Health::normal), "normal");
  EXPECT_EQ(name_of(Health::warning), "warning");
  EXPECT_EQ(name_of(Health::critical), "critical");
}

TEST(VmName, IsTheItemsOwnForASingleVm) {
  EXPECT_EQ(vm_name({.name = "web", .disks = {}, .vms = {Hardware{}}, .policy = {}}, 0), "web");
}

TEST(VmName, CountsTheVmsOfAGroupFromOne) {
  const ItemSpec group{.name = "shop", .disks = {}, .vms = {3, Hardware{}}, .policy = {}};
  EXPECT_EQ(vm_name(group, 0), "shop-1");
  EXPECT_EQ(vm_name(group, 2), "shop-3");
}

TEST(TestVmName, IsNoNameOfAVmOfTheItem) {
  EXPECT_EQ(test_vm_name("shop-1"), "shop-1-test");
}

TEST(ChoicesInWords, AreTheChoicesThatTheOperationLooksAt) {
  Request request(Operation::unplanned_failover);
  EXPECT_EQ(choices_in_words(request), "latest");
  request.point = PointChoice::latest_processed;
  request.shut_down_source = false;
  EXPECT_EQ(choices_in_words(request), "latest_processed, no shutdown");
  request.operation = Operation::test_failover;
  EXPECT_EQ(choices_in_words(request), "latest_processed");
  request.operation = Operation::planned_failback;
  EXPECT_EQ(choices_in_words(request), "");
  request.create_missing_vm = false;
  EXPECT_EQ(choices_in_words(request), "no new VM");
  request.operation = Operation::pause;
  EXPECT_EQ(choices_in_words(request), "");
}

TEST(ChoicesInWords, NameACustomPoint) {
  Request request(Operation::change_recovery_point);
  request.point = PointChoice::custom;
  request.point_id = "p7";
  EXPECT_EQ(choices_in_words(request), "custom p7");
}

TEST(ChoicesInWords, NameWhichPropertiesAreSetAndTakeNoValueFromAnybody) {
  Request request(Operation::update_properties);
  EXPECT_EQ(choices_in_words(request), "as at primary");
  request.settings = {.name_suffix = "dr",
                      .cpus = 4,
                      .memory_bytes = Bytes{1} << 30,
                      .network = "lan",
                      .nic_addresses = {"10.0.0.4"}};
  EXPECT_EQ(choices_in_words(request), "name, cpus, memory, network, addresses");
}

TEST(ChoicesInWords, NeverTellTheKey) {
  for (const Operation operation : kAllOperations) {
    Request request(operation);
    request.point = PointChoice::custom;
    request.point_id = "p7";
    request.key = "open sesame";
    EXPECT_EQ(choices_in_words(request).find("sesame"), std::string::npos) << name_of(operation);
  }
}

}  // namespace
}  // namespace switchback
