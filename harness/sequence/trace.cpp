// SPDX-License-Identifier: Apache-2.0
// Traces as text, and from and to files. Reading the text is in trace_reader.cpp.
#include "harness/sequence/trace.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <set>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "harness/sequence/text_file.hpp"
#include "harness/sequence/trace_limits.hpp"

namespace switchback {
namespace {

using Json = nlohmann::ordered_json;

/// One line. Bytes that are no UTF-8 (a message from elsewhere) become U+FFFD: a trace that can be
/// read is worth more than their exact value.
std::string compact(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <class AnyWrite>
Json write_to_json(std::string_view kind, const AnyWrite& write) {
  return Json::object(
      {{"do", kind}, {"disk", write.disk}, {"block", write.block}, {"count", write.count}});
}

Json settings_to_json(const TargetSettings& settings) {
  Json json = Json::object();
  if (settings.name_suffix) json["name_suffix"] = *settings.name_suffix;
  if (settings.cpus) json["cpus"] = *settings.cpus;
  if (settings.memory_bytes) json["memory_bytes"] = *settings.memory_bytes;
  if (settings.network) json["network"] = *settings.network;
  if (!settings.nic_addresses.empty()) json["nic_addresses"] = settings.nic_addresses;
  return json;
}

/// Of the choices only those that are not the default: a step is short, and an old trace reads as
/// it did.
Json operate_to_json(const OperateStep& ask) {
  const OperateStep plain{.operation = ask.operation};
  Json json = Json::object({{"do", "operate"}, {"operation", name_of(ask.operation)}});
  if (ask.point != plain.point) json["point"] = name_of(ask.point);
  if (ask.custom_point != plain.custom_point) json["custom_point"] = ask.custom_point;
  if (ask.shut_down_source != plain.shut_down_source)
    json["shut_down_source"] = ask.shut_down_source;
  if (ask.create_missing_vm != plain.create_missing_vm)
    json["create_missing_vm"] = ask.create_missing_vm;
  if (ask.key != plain.key) json["key"] = name_of(ask.key);
  if (ask.settings != plain.settings) json["settings"] = settings_to_json(ask.settings);
  if (ask.background) json["background"] = true;
  return json;
}

struct AsJson {
  Json operator()(const WriteStep& write) const {
    Json json = write_to_json("write", write);
    if (write.stride != 1) json["stride"] = write.stride;
    if (write.trim) json["trim"] = true;
    return json;
  }
  Json operator()(const FlushStep&) const { return Json::object({{"do", "flush"}}); }
  Json operator()(const OperateStep& ask) const { return operate_to_json(ask); }
  Json operator()(const AdvanceStep& advance) const {
    return Json::object({{"do", "advance"}, {"points", advance.points}});
  }
  Json operator()(const WaitStep& wait) const {
    Json json = wait.periods > 0
                    ? Json::object({{"do", "wait_periods"}, {"periods", wait.periods}})
                    : Json::object({{"do", "wait"}, {"milliseconds", wait.duration.count()}});
    if (wait.background) json["background"] = true;
    return json;
  }
  Json operator()(const FaultStep& fault) const {
    Json json = Json::object({{"do", "fault"}, {"kind", name_of(fault.kind)}});
    if (fault.kind == FaultKind::clock_stepped) json["seconds"] = fault.clock_step.count();
    return json;
  }
  Json operator()(const HealStep&) const { return Json::object({{"do", "heal"}}); }
  Json operator()(const EditStep& edit) const {
    return Json::object({{"do", "edit"}, {"edit", name_of(edit.edit)}});
  }
  Json operator()(const TestWriteStep& write) const { return write_to_json("test_write", write); }
  Json operator()(const OldPrimaryWriteStep& write) const {
    return write_to_json("old_primary_write", write);
  }
};

/// "[\n    a,\n    b\n  ]": one element a line.
std::string lines_of(const std::vector<std::string>& elements) {
  if (elements.empty()) return "[]";
  return fmt::format("[\n    {}\n  ]", fmt::join(elements, ",\n    "));
}

Json disk_to_json(const DiskSpec& disk) {
  Json json = Json::object({{"device", disk.device}, {"size_bytes", disk.size_bytes}});
  if (disk.vm > 0) json["vm"] = disk.vm;
  return json;
}

Json vm_to_json(const Hardware& vm) {
  Json json = Json::object({{"cpus", vm.cpus},
                            {"memory_bytes", vm.memory_bytes},
                            {"firmware", name_of(vm.firmware)},
                            {"boot_disk", vm.boot_disk}});
  Json nics = Json::array();
  for (const Nic& nic : vm.nics)
    nics.push_back(
        Json::object({{"mac", nic.mac}, {"network", nic.network}, {"address", nic.address}}));
  json["nics"] = std::move(nics);
  return json;
}

Json policy_to_json(const Policy& policy) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(policy.copy_frequency);
  return Json::object({{"copy_frequency_seconds", seconds.count()},
                       {"retention_hours", policy.retention.count()},
                       {"most_points", policy.most_points},
                       {"app_consistent_hours", policy.app_consistent.count()},
                       {"encrypted", policy.encrypted}});
}

/// What a plan says beside the default: old traces have neither VMs nor a policy.
bool names_vms(const ItemPlan& plan) {
  return plan.vms != std::vector<Hardware>{Hardware{}};
}

Json plan_to_json(const ItemPlan& plan) {
  Json json = Json::object({{"disks", Json::array()}});
  for (const DiskSpec& disk : plan.disks)
    json["disks"].push_back(disk_to_json(disk));
  if (names_vms(plan))
    for (const Hardware& vm : plan.vms)
      json["vms"].push_back(vm_to_json(vm));
  if (plan.policy != Policy{}) json["policy"] = policy_to_json(plan.policy);
  return json;
}

template <class Element, class ToJson>
std::string lines_of(const std::vector<Element>& elements, ToJson to_json) {
  std::vector<std::string> lines;
  for (const Element& element : elements)
    lines.push_back(compact(to_json(element)));
  return lines_of(lines);
}

std::string steps_of(const Sequence& sequence) {
  std::vector<std::string> lines;
  for (const Step& step : sequence.steps)
    lines.push_back(step_to_json(step));
  return lines_of(lines);
}

std::string violation_of(const ExpectedViolation& violation) {
  return fmt::format(
      "{{\n    \"property\": {},\n    \"kind\": {},\n    \"step\": {},\n    \"summary\": {}\n  }}",
      compact(violation.property), compact(violation.kind), violation.step,
      compact(violation.summary));
}

/// A file that disappears again unless it was renamed.
class TemporaryFile {
 public:
  /// Beside `path`, so that a rename never crosses file systems.
  explicit TemporaryFile(const std::filesystem::path& path) {
    static std::atomic<unsigned> made{0};
    name_ = path.parent_path() /
            fmt::format(".{}.{}-{}.tmp", path.filename().string(), ::getpid(), ++made);
    descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!renamed_) ::unlink(name_.c_str());
  }

  /// 0, or the errno of what went wrong. On disk when it returns: the machine may crash next.
  [[nodiscard]] int write(const std::string& text) const {
    if (descriptor_ < 0) return errno;
    for (std::size_t done = 0; done < text.size();) {
      const ::ssize_t wrote = ::write(descriptor_, text.data() + done, text.size() - done);
      if (wrote < 0 && errno != EINTR) return errno;
      if (wrote > 0) done += static_cast<std::size_t>(wrote);
    }
    return ::fdatasync(descriptor_) == 0 ? 0 : errno;
  }
  [[nodiscard]] int rename_to(const std::filesystem::path& path) {
    if (::rename(name_.c_str(), path.c_str()) != 0) return errno;
    renamed_ = true;
    return 0;
  }

 private:
  std::filesystem::path name_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

Json moment_to_json(const Moment& at) {
  Json json = Json::object({{"stage", at.stage}});
  if (!at.name.empty()) json["name"] = at.name;
  json["call"] = at.call;
  return json;
}

}  // namespace

std::string step_to_json(const Step& step) {
  Json json = std::visit(AsJson{}, step.action);
  if (step.item > 0) json["item"] = step.item;
  if (step.at) json["at"] = moment_to_json(*step.at);
  return compact(json);
}

std::string trace_to_json(const Trace& trace) {
  std::vector<std::string> members = {
      "\"format\": \"switchback-trace\"",
      fmt::format("\"version\": {}", kTraceVersion),
      fmt::format("\"made_by\": {}", compact(trace.made_by)),
      fmt::format("\"system\": {}", compact(trace.system)),
  };
  if (trace.variant) members.push_back(fmt::format("\"variant\": {}", compact(*trace.variant)));
  if (trace.defect) members.push_back(fmt::format("\"defect\": {}", compact(*trace.defect)));
  // A string, for readers that would round the number.
  members.push_back(fmt::format("\"seed\": \"{}\"", trace.sequence.seed));
  const ItemPlan first = trace.sequence.plan(0);
  members.push_back("\"disks\": " + lines_of(first.disks, disk_to_json));
  if (names_vms(first)) members.push_back("\"vms\": " + lines_of(first.vms, vm_to_json));
  if (first.policy != Policy{})
    members.push_back("\"policy\": " + compact(policy_to_json(first.policy)));
  if (!trace.sequence.others.empty())
    members.push_back("\"others\": " + lines_of(trace.sequence.others, plan_to_json));
  members.push_back("\"steps\": " + steps_of(trace.sequence));
  if (trace.violation) members.push_back("\"violation\": " + violation_of(*trace.violation));
  return fmt::format("{{\n  {}\n}}\n", fmt::join(members, ",\n  "));
}

Nothing check_stages(const Trace& trace, const Capabilities& capabilities,
                     const std::string& origin) {
  std::set<std::string> known;
  for (const StageList& list : capabilities.operations) {
    known.insert(list.stages.begin(), list.stages.end());
    if (!list.undo.empty()) known.insert(list.undo);
  }
  const std::set<std::string> calls(capabilities.calls.begin(), capabilities.calls.end());
  for (std::size_t n = 0; n < trace.sequence.steps.size(); ++n) {
    const std::optional<Moment>& at = trace.sequence.steps[n].at;
    if (!at) continue;
    if (!known.contains(at->stage))
      return bad_input(fmt::format("{}: steps[{}].at.stage: '{}' is no stage of the system '{}'",
                                   origin, n, at->stage, capabilities.system),
                       known.empty() ? "remove \"at\": the jobs of this system can't be stopped"
                                     : fmt::format("choose one of {}", fmt::join(known, ", ")));
    if (!at->name.empty() && !calls.contains(at->name))
      return bad_input(fmt::format("{}: steps[{}].at.name: '{}' is no call of the system '{}'",
                                   origin, n, at->name, capabilities.system),
                       calls.empty() ? "remove \"name\": this system does not name its calls"
                                     : fmt::format("choose one of {}", fmt::join(calls, ", ")));
  }
  return {};
}

Result<Trace> load_trace(const std::filesystem::path& path) {
  SB_ASSIGN(text, text_of_file(path, kTraceBytesMax));
  return trace_from_json(text, path.string());
}

Nothing save_trace(const Trace& trace, const std::filesystem::path& path) {
  TemporaryFile file(path);
  int error = file.write(trace_to_json(trace));
  if (error == 0) error = file.rename_to(path);
  if (error == 0) return {};
  return environment_error(path.string() + ": the trace can't be written: " + why(error),
                           "name a file in a folder that exists, can be written and has room");
}

}  // namespace switchback
