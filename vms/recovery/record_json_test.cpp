// SPDX-License-Identifier: Apache-2.0
// A record is the same after it was written and read; whatever else is read is refused.
#include "vms/recovery/record_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "vms/recovery/any_record.hpp"

namespace switchback::recovery {
namespace {

RC_GTEST_PROP(RecordJson, GivesBackEveryField, ()) {
  const ItemRecord record = any_record(any_text());
  const auto read = record_from_json(to_json(record));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == record);
}

/// The places of all values in a document, as JSON pointers.
void list_places(const nlohmann::json& json, const std::string& at,
                 std::vector<std::string>& places) {
  if (!at.empty()) places.push_back(at);
  if (json.is_object())
    for (const auto& [key, value] : json.items())
      list_places(value, at + "/" + key, places);
  if (json.is_array())
    for (std::size_t i = 0; i < json.size(); ++i)
      list_places(json[i], at + "/" + std::to_string(i), places);
}

ItemRecord full_record() {
  ItemRecord record;
  record.spec = {.name = "vm", .disks = {{"vda", 512, 0}}, .vms = {Hardware{}}, .policy = {}};
  record.spec.vms[0].nics.push_back({"52:54:00:00:00:01", "lan", "10.0.0.1"});
  record.job = JobRecord::begin(Operation::enable);
  record.job->cancelled = Operation::planned_failover;
  record.settings.name_suffix = "dr";
  record.settings.nic_addresses = {"10.0.0.2"};
  record.change_marks = {7};
  record.sent = {{.layer = "p2", .cut = Instant(1), .app_consistent = false, .config = {}}};
  record.points = std::vector<PointRecord>{{.id = "p1",
                                            .layer = "p1",
                                            .cut = Instant(2),
                                            .app_consistent = true,
                                            .config = ConfigRecord{Hardware{}}}};
  record.layers = {"p1"};
  record.test = CopyRecord{.layer = "x1", .on_layer = "p1", .point = "p1", .vms = {"vm-test"}};
  return record;
}

TEST(RecordJson, RefusesAValueOfAnotherTypeWhereverItStands) {
  const auto sound = nlohmann::json::parse(to_json(full_record()));
  ASSERT_TRUE(record_from_json(sound.dump()));
  std::vector<std::string> places;
  list_places(sound, "", places);
  EXPECT_GT(places.size(), 80U);
  for (const std::string& place : places) {
    auto wrong = sound;
    wrong[nlohmann::json::json_pointer(place)] = 0.5;
    const auto read = record_from_json(wrong.dump());
    ASSERT_FALSE(read) << place;
    const std::string last = place.substr(place.rfind('/') + 1);
    EXPECT_NE(read.error().message.find(last), std::string::npos)
        << place << ": " << read.error().message;
  }
}

TEST(RecordJson, RefusesAFieldTooFewOrTooManyAndNamesIt) {
  const auto sound = nlohmann::json::parse(to_json(full_record()));
  std::vector<std::string> places;
  list_places(sound, "", places);
  for (const std::string& place : places) {
    const nlohmann::json::json_pointer pointer(place);
    if (!sound[pointer.parent_pointer()].is_object()) continue;
    auto fewer = sound;
    fewer[pointer.parent_pointer()].erase(pointer.back());
    const auto read = record_from_json(fewer.dump());
    ASSERT_FALSE(read) << place;
    EXPECT_NE(read.error().message.find(pointer.back()), std::string::npos) << place;
    auto more = sound;
    more[pointer.parent_pointer()]["unheard-of"] = 1;
    const auto read_more = record_from_json(more.dump());
    ASSERT_FALSE(read_more) << place;
    EXPECT_NE(read_more.error().message.find("unheard-of"), std::string::npos);
  }
}

TEST(RecordJson, RefusesNumbersThatDoNotFit) {
  auto document = nlohmann::json::parse(to_json(full_record()));
  document["round"] = std::uint64_t{1} << 32;
  EXPECT_FALSE(record_from_json(document.dump()));
  document["round"] = -1;
  EXPECT_FALSE(record_from_json(document.dump()));
  document["round"] = (std::uint64_t{1} << 32) - 1;
  EXPECT_TRUE(record_from_json(document.dump()));
}

TEST(RecordJson, KeepsADocumentReadableWhateverAMessageHolds) {
  ItemRecord record = full_record();
  record.health_reason = "a tool said \xff\xfe";
  const auto read = record_from_json(to_json(record));
  ASSERT_TRUE(read);
  EXPECT_NE(read->health_reason.find("a tool said"), std::string::npos);
}

}  // namespace
}  // namespace switchback::recovery
