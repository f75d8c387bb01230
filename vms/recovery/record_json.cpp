// SPDX-License-Identifier: Apache-2.0
// See record_json.hpp. Each type's fields are listed once, for writing and for reading.
#include "vms/recovery/record_json.hpp"

#include <concepts>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/base/names.hpp"

namespace switchback::recovery {
namespace {

using nlohmann::json;

// ---- words

std::optional<Health> health_named(std::string_view name) {
  for (const Health health : {Health::normal, Health::warning, Health::critical})
    if (switchback::name_of(health) == name) return health;
  return std::nullopt;
}

void find_word(std::string_view name, std::optional<Role>& found) {
  found = role_named(name);
}
void find_word(std::string_view name, std::optional<Direction>& found) {
  found = direction_named(name);
}
void find_word(std::string_view name, std::optional<Replication>& found) {
  found = replication_named(name);
}
void find_word(std::string_view name, std::optional<Awaiting>& found) {
  found = awaiting_named(name);
}
void find_word(std::string_view name, std::optional<Points>& found) {
  found = points_named(name);
}
void find_word(std::string_view name, std::optional<Operation>& found) {
  found = operation_named(name);
}
void find_word(std::string_view name, std::optional<PointChoice>& found) {
  found = point_choice_named(name);
}
void find_word(std::string_view name, std::optional<Health>& found) {
  found = health_named(name);
}
void find_word(std::string_view name, std::optional<Firmware>& found) {
  found = firmware_named(name);
}

// ---- the fields of each type. `Fields` is a Writer or a Reader.

template <class Fields>
void visit(Fields& fields, DiskSpec& disk) {
  fields("device", disk.device);
  fields("size_bytes", disk.size_bytes);
  fields("vm", disk.vm);
}
template <class Fields>
void visit(Fields& fields, Nic& nic) {
  fields("mac", nic.mac);
  fields("network", nic.network);
  fields("address", nic.address);
}
template <class Fields>
void visit(Fields& fields, Hardware& hardware) {
  fields("cpus", hardware.cpus);
  fields("memory_bytes", hardware.memory_bytes);
  fields("firmware", hardware.firmware);
  fields("boot_disk", hardware.boot_disk);
  fields("nics", hardware.nics);
}
template <class Fields>
void visit(Fields& fields, Policy& policy) {
  fields("copy_frequency_ns", policy.copy_frequency);
  fields("retention_hours", policy.retention);
  fields("most_points", policy.most_points);
  fields("app_consistent_hours", policy.app_consistent);
  fields("encrypted", policy.encrypted);
}
template <class Fields>
void visit(Fields& fields, ItemSpec& item) {
  fields("name", item.name);
  fields("disks", item.disks);
  fields("vms", item.vms);
  fields("policy", item.policy);
}
template <class Fields>
void visit(Fields& fields, ItemState& state) {
  fields("primary", state.primary);
  fields("recovery", state.recovery);
  fields("direction", state.direction);
  fields("replication", state.replication);
  fields("awaiting", state.awaiting);
  fields("points", state.points);
}
template <class Fields>
void visit(Fields& fields, TargetSettings& settings) {
  fields("name_suffix", settings.name_suffix);
  fields("cpus", settings.cpus);
  fields("memory_bytes", settings.memory_bytes);
  fields("network", settings.network);
  fields("nic_addresses", settings.nic_addresses);
}
template <class Fields>
void visit(Fields& fields, JobRecord& job) {
  fields("operation", job.operation);
  fields("stage", job.stage);
  fields("undoing", job.undoing);
  fields("failure", job.failure);
  fields("failed_rest", job.failed_rest);
  fields("lasting", job.lasting);
  fields("point", job.point);
  fields("point_id", job.point_id);
  fields("shut_down_source", job.shut_down_source);
  fields("create_missing_vm", job.create_missing_vm);
  fields("settings", job.settings);
  fields("cancelled", job.cancelled);
  fields("cancelled_stage", job.cancelled_stage);
}
template <class Fields>
void visit(Fields& fields, LayerRecord& layer) {
  fields("layer", layer.layer);
  fields("cut_ns", layer.cut);
  fields("wall_ns", layer.wall);
  fields("app_consistent", layer.app_consistent);
  fields("config", layer.config);
}
template <class Fields>
void visit(Fields& fields, PointRecord& point) {
  fields("id", point.id);
  fields("layer", point.layer);
  fields("cut_ns", point.cut);
  fields("wall_ns", point.wall);
  fields("app_consistent", point.app_consistent);
  fields("config", point.config);
}
template <class Fields>
void visit(Fields& fields, CopyRecord& copy) {
  fields("layer", copy.layer);
  fields("on_layer", copy.on_layer);
  fields("point", copy.point);
  fields("vms", copy.vms);
}
template <class Fields>
void visit(Fields& fields, ItemRecord& record) {
  fields("spec", record.spec);
  fields("rest", record.rest);
  fields("job", record.job);
  fields("unsettled", record.unsettled);
  fields("settings", record.settings);
  fields("round", record.round);
  fields("tracked_since", record.tracked_since);
  fields("change_marks", record.change_marks);
  fields("sent", record.sent);
  fields("points", record.points);
  fields("layers", record.layers);
  fields("folded", record.folded);
  fields("target", record.target);
  fields("previous_target", record.previous_target);
  fields("test", record.test);
  fields("failover_point", record.failover_point);
  fields("original", record.original);
  fields("health", record.health);
  fields("health_reason", record.health_reason);
  fields("failed_rounds", record.failed_rounds);
  fields("last_synchronized_ns", record.last_synchronized);
  fields("last_app_consistent_ns", record.last_app_consistent);
  fields("next_round_due_ns", record.next_round_due);
  fields("next_processing_due_ns", record.next_processing_due);
  fields("next_fence_due_ns", record.next_fence_due);
  fields("bytes_sent", record.bytes_sent);
}

// ---- writing

template <class T>
json write(const T& value);

class Writer {
 public:
  template <class T>
  void operator()(const char* key, T& value) {
    object_[key] = write(value);
  }
  json take() { return std::move(object_); }

 private:
  json object_ = json::object();
};

template <class T>
struct AsJson {
  static json write(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      return std::string(name_of(value));
    } else if constexpr (std::is_arithmetic_v<T> || std::same_as<T, std::string>) {
      return value;
    } else {
      Writer writer;
      T copy = value;  // visit() also reads, so it takes what can be changed
      visit(writer, copy);
      return writer.take();
    }
  }
};
template <class Rep, class Period>
struct AsJson<std::chrono::duration<Rep, Period>> {
  static json write(std::chrono::duration<Rep, Period> value) { return value.count(); }
};
template <class T>
struct AsJson<std::optional<T>> {
  static json write(const std::optional<T>& value) {
    return value ? recovery::write(*value) : json(nullptr);
  }
};
template <class T>
struct AsJson<std::vector<T>> {
  static json write(const std::vector<T>& values) {
    json list = json::array();
    for (const T& value : values)
      list.push_back(recovery::write(value));
    return list;
  }
};
template <class T>
struct AsJson<Shared<T>> {
  static json write(const Shared<T>& value) { return recovery::write(*value); }
};

template <class T>
json write(const T& value) {
  return AsJson<T>::write(value);
}

// ---- reading

/// The first thing found wrong, if any; nothing is read after it.
struct Trouble {
  std::optional<std::string> first;
  void at(const std::string& place, const std::string& what) {
    if (!first) first = fmt::format("{}: {}", place.empty() ? "document" : place, what);
  }
};

template <class T>
void read(const json& from, const std::string& place, T& value, Trouble& trouble);

class Reader {
 public:
  Reader(const json& object, std::string place, Trouble& trouble)
      : object_(object), place_(std::move(place)), trouble_(trouble) {}

  template <class T>
  void operator()(const char* key, T& value) {
    if (trouble_.first) return;
    known_.insert(key);
    const auto found = object_.find(key);
    if (found == object_.end()) return trouble_.at(place_, fmt::format("'{}' is missing", key));
    read(*found, place_.empty() ? key : place_ + "." + key, value, trouble_);
  }
  void end() {
    for (const auto& [key, value] : object_.items())
      if (!known_.contains(key)) trouble_.at(place_, fmt::format("'{}' is not known", key));
  }

 private:
  const json& object_;
  std::string place_;
  Trouble& trouble_;
  std::set<std::string> known_;
};

template <std::integral T>
void read_number(const json& from, const std::string& place, T& value, Trouble& trouble) {
  if (from.is_number_unsigned() && std::in_range<T>(from.get<std::uint64_t>()))
    value = static_cast<T>(from.get<std::uint64_t>());
  else if (from.is_number_integer() && !from.is_number_unsigned() &&
           std::in_range<T>(from.get<std::int64_t>()))
    value = static_cast<T>(from.get<std::int64_t>());
  else
    trouble.at(place, "is no number in its range");
}

template <class T>
struct FromJson {
  static void read(const json& from, const std::string& place, T& value, Trouble& trouble) {
    if constexpr (std::is_enum_v<T>) {
      if (!from.is_string()) return trouble.at(place, "is no word");
      std::optional<T> found;
      find_word(from.get_ref<const std::string&>(), found);
      if (!found)
        return trouble.at(place,
                          fmt::format("'{}' does not exist", from.get_ref<const std::string&>()));
      value = *found;
    } else if constexpr (std::same_as<T, bool>) {
      if (!from.is_boolean()) return trouble.at(place, "is neither true nor false");
      value = from.get<bool>();
    } else if constexpr (std::integral<T>) {
      read_number(from, place, value, trouble);
    } else if constexpr (std::same_as<T, std::string>) {
      if (!from.is_string()) return trouble.at(place, "is no text");
      value = from.get<std::string>();
    } else {
      if (!from.is_object()) return trouble.at(place, "is no object");
      Reader reader(from, place, trouble);
      visit(reader, value);
      reader.end();
    }
  }
};
template <class Rep, class Period>
struct FromJson<std::chrono::duration<Rep, Period>> {
  static void read(const json& from, const std::string& place,
                   std::chrono::duration<Rep, Period>& value, Trouble& trouble) {
    Rep count = 0;
    read_number(from, place, count, trouble);
    value = std::chrono::duration<Rep, Period>(count);
  }
};
template <class T>
struct FromJson<std::optional<T>> {
  static void read(const json& from, const std::string& place, std::optional<T>& value,
                   Trouble& trouble) {
    value.reset();
    if (!from.is_null()) recovery::read(from, place, value.emplace(), trouble);
  }
};
template <class T>
struct FromJson<std::vector<T>> {
  static void read(const json& from, const std::string& place, std::vector<T>& values,
                   Trouble& trouble) {
    if (!from.is_array()) return trouble.at(place, "is no list");
    values.clear();
    for (std::size_t i = 0; i < from.size() && !trouble.first; ++i)
      recovery::read(from[i], fmt::format("{}[{}]", place, i), values.emplace_back(), trouble);
  }
};

template <class T>
struct FromJson<Shared<T>> {
  static void read(const json& from, const std::string& place, Shared<T>& value, Trouble& trouble) {
    T own;
    recovery::read(from, place, own, trouble);
    value = std::move(own);
  }
};

template <class T>
void read(const json& from, const std::string& place, T& value, Trouble& trouble) {
  if (!trouble.first) FromJson<T>::read(from, place, value, trouble);
}

}  // namespace

std::string to_json(const ItemRecord& record) {
  return write(record).dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<ItemRecord> record_from_json(std::string_view text) {
  constexpr std::string_view kRemedy =
      "restore the catalog from a copy, or use another one and enable replication again";
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded())
    return environment_error("document: is no JSON", std::string(kRemedy));
  ItemRecord record;
  Trouble trouble;
  read(document, "", record, trouble);
  if (trouble.first) return environment_error(*trouble.first, std::string(kRemedy));
  return record;
}

}  // namespace switchback::recovery
