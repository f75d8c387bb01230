// SPDX-License-Identifier: Apache-2.0
// Any record of an item, for tests: every field takes every kind of value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "vms/recovery/catalog.hpp"

namespace switchback::recovery {

/// Text as names and messages may hold it, with what could hurt a document or a statement.
inline std::string any_text() {
  std::string text;
  for (int length = *rc::gen::inRange(0, 6); length > 0; --length)
    text += *rc::gen::element<std::string>("a", "-", "7", "\"", "'", "\\", "\n", "é", "\x01", "{",
                                           "漢", std::string(1, '\0'));
  return text;
}
template <class T>
T any_number() {
  return *rc::gen::arbitrary<T>();
}
inline Instant any_instant() {
  return Instant(any_number<std::int64_t>());
}
inline bool any_bool() {
  return *rc::gen::arbitrary<bool>();
}
template <class Make>
auto any_or_none(Make make) -> std::optional<decltype(make())> {
  if (any_bool()) return std::nullopt;
  return make();
}
template <class Make>
auto any_list(Make make) -> std::vector<decltype(make())> {
  std::vector<decltype(make())> list;
  for (int length = *rc::gen::inRange(0, 4); length > 0; --length)
    list.push_back(make());
  return list;
}
template <class Part>
Part any_part(Part last) {
  return static_cast<Part>(*rc::gen::inRange(0, static_cast<int>(last) + 1));
}

inline ItemState any_state() {
  return {.primary = any_part(Role::unknown),
          .recovery = any_part(Role::unknown),
          .direction = any_part(Direction::unknown),
          .replication = any_part(Replication::unknown),
          .awaiting = any_part(Awaiting::unknown),
          .points = any_part(Points::unknown)};
}
inline Nic any_nic() {
  return {.mac = any_text(), .network = any_text(), .address = any_text()};
}
inline Hardware any_hardware() {
  return {.cpus = any_number<unsigned>(),
          .memory_bytes = any_number<Bytes>(),
          .firmware = any_part(Firmware::uefi),
          .boot_disk = any_number<std::size_t>(),
          .nics = any_list(any_nic)};
}
inline DiskSpec any_disk() {
  return {.device = any_text(), .size_bytes = any_number<Bytes>(), .vm = any_number<std::size_t>()};
}
inline ItemSpec any_spec(const ItemName& name) {
  return {.name = name,
          .disks = any_list(any_disk),
          .vms = any_list(any_hardware),
          .policy = {.copy_frequency = any_instant(),
                     .retention = std::chrono::hours(any_number<std::int32_t>()),
                     .most_points = any_number<unsigned>(),
                     .app_consistent = std::chrono::hours(any_number<std::int32_t>()),
                     .encrypted = any_bool()}};
}
inline TargetSettings any_settings() {
  return {.name_suffix = any_or_none(any_text),
          .cpus = any_or_none(any_number<unsigned>),
          .memory_bytes = any_or_none(any_number<Bytes>),
          .network = any_or_none(any_text),
          .nic_addresses = any_list(any_text)};
}
inline Operation any_operation() {
  return *rc::gen::elementOf(kAllOperations);
}
inline JobRecord any_job() {
  JobRecord job;
  job.operation = any_operation();
  job.stage = any_number<std::uint32_t>();
  job.undoing = any_bool();
  job.failure = any_text();
  job.failed_rest = any_state();
  job.lasting = any_bool();
  job.point = any_part(PointChoice::custom);
  job.point_id = any_text();
  job.shut_down_source = any_bool();
  job.create_missing_vm = any_bool();
  job.settings = any_settings();
  job.cancelled = any_or_none(any_operation);
  job.cancelled_stage = any_number<std::uint32_t>();
  return job;
}
inline LayerRecord any_layer() {
  return {.layer = any_text(),
          .cut = any_instant(),
          .wall = any_instant(),
          .app_consistent = any_bool(),
          .config = any_list(any_hardware)};
}
inline PointRecord any_point() {
  return {.id = any_text(),
          .layer = any_text(),
          .cut = any_instant(),
          .wall = any_instant(),
          .app_consistent = any_bool(),
          .config = any_list(any_hardware)};
}
inline CopyRecord any_copy() {
  return {
      .layer = any_text(), .on_layer = any_text(), .point = any_text(), .vms = any_list(any_text)};
}
inline ItemRecord any_record(const ItemName& name) {
  return {.spec = any_spec(name),
          .rest = any_state(),
          .job = any_or_none(any_job),
          .unsettled = any_or_none(any_job),
          .settings = any_settings(),
          .round = any_number<std::uint32_t>(),
          .tracked_since = any_or_none(any_text),
          .change_marks = any_list(any_number<ChangeMark>),
          .sent = any_list(any_layer),
          .points = any_list(any_point),
          .layers = any_list(any_text),
          .folded = any_list(any_text),
          .target = any_or_none(any_copy),
          .previous_target = any_or_none(any_copy),
          .test = any_or_none(any_copy),
          .failover_point = any_or_none(any_text),
          .original = any_list(any_hardware),
          .health = any_part(Health::critical),
          .health_reason = any_text(),
          .failed_rounds = any_number<std::uint32_t>(),
          .last_synchronized = any_instant(),
          .last_app_consistent = any_instant(),
          .next_round_due = any_instant(),
          .next_processing_due = any_instant(),
          .next_fence_due = any_instant(),
          .bytes_sent = any_number<Bytes>()};
}

}  // namespace switchback::recovery
