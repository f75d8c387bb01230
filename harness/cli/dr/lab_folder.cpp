// SPDX-License-Identifier: Apache-2.0
// See lab_folder.hpp.
#include "harness/cli/dr/lab_folder.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include "vms/hosts/libvirt/run_folder.hpp"
#include "vms/recovery/record_json.hpp"

namespace switchback {
namespace {

constexpr const char* kStartALab = "start one in another terminal: switchback dr lab";
constexpr const char* kNewLab = "end this lab and start another: switchback dr end";
constexpr int kLabVersion = 1;

tl::unexpected<Error> damaged(const std::filesystem::path& file, const std::string& why = {}) {
  return bad_input(
      fmt::format("{} is damaged{}", file.string(), why.empty() ? why : fmt::format(" ({})", why)),
      kNewLab);
}

/// Written aside and renamed, so that it is never seen half done.
Nothing write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::path draft = path;
  draft += ".new";
  std::ofstream file(draft);
  file << text;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(draft, path, error);
  if (file && !error) return {};
  return environment_error(fmt::format("{} can't be written", path.string()),
                           "run it as the user who started the lab");
}

/// The whole number that the file holds; `otherwise` if there is no such file.
Result<std::int64_t> read_number(const std::filesystem::path& path, std::int64_t otherwise) {
  std::ifstream file(path);
  if (!file) return otherwise;
  std::int64_t number = 0;
  if (file >> number) return number;
  return damaged(path);
}

std::optional<JobNote> note_of(const std::string& line) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    return JobNote{.at = Instant(json.at("at_ns").get<std::int64_t>()),
                   .item = json.at("item").get<std::string>(),
                   .operation = json.at("operation").get<std::string>(),
                   .outcome = json.at("outcome").get<std::string>(),
                   .reason = json.at("reason").get<std::string>(),
                   .to_recovery = json.at("to_recovery").get<Bytes>(),
                   .to_primary = json.at("to_primary").get<Bytes>()};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

Nothing write_lab_file(const std::filesystem::path& run, const LabFile& lab) {
  nlohmann::ordered_json json{{"version", kLabVersion},
                              {"pid", getpid()},
                              {"kvm", lab.use_kvm},
                              {"manual", lab.manual},
                              {"items", nlohmann::ordered_json::array()}};
  for (const ItemSpec& item : lab.items) {
    recovery::ItemRecord record;
    record.spec = item;
    json["items"].push_back(nlohmann::ordered_json::parse(recovery::to_json(record)));
  }
  return write_file(run / "lab.json", json.dump(2) + "\n");
}

Result<LabFile> read_lab_file(const std::filesystem::path& run) {
  const std::filesystem::path path = run / "lab.json";
  std::ifstream file(path);
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("items") || !json["items"].is_array() ||
      !json.contains("version") || json["version"] != kLabVersion)
    return damaged(path);
  LabFile lab{.use_kvm = json.contains("kvm") && json["kvm"] == true,
              .manual = json.contains("manual") && json["manual"] == true,
              .items = {}};
  for (const nlohmann::json& one : json["items"]) {
    const Result<recovery::ItemRecord> record = recovery::record_from_json(one.dump());
    if (!record) return damaged(path, record.error().message);
    lab.items.push_back(record->spec);
  }
  if (lab.items.empty()) return damaged(path, "it names no VM");
  return lab;
}

Result<std::filesystem::path> find_lab(const std::filesystem::path& base) {
  std::vector<std::filesystem::path> labs;
  for (const std::filesystem::path& run : libvirt::run_folders(base))
    if (std::filesystem::exists(run / "lab.json")) labs.push_back(run);
  if (labs.size() == 1) return labs.front();
  if (labs.empty())
    return bad_input(fmt::format("there is no lab in {}", base.string()), kStartALab);
  return bad_input(fmt::format("there are {} labs in {}", labs.size(), base.string()),
                   "end all but one, or remove what a killed one left: switchback clean");
}

bool lab_process_lives(const std::filesystem::path& run) {
  const int lock = open((run / "lock").c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) return false;
  const bool lives = flock(lock, LOCK_EX | LOCK_NB) != 0;
  close(lock);
  return lives;
}

Nothing end_lab_process(const std::filesystem::path& run) {
  std::ifstream file(run / "lab.json");
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("pid") || !json["pid"].is_number_integer())
    return damaged(run / "lab.json");
  const auto pid = json["pid"].get<pid_t>();
  // It holds the lock of its folder as long as it lives, so that the number is still its own.
  if (lab_process_lives(run) && pid > 1 && kill(pid, SIGTERM) == 0) return {};
  return environment_error(fmt::format("the process of the lab {} is not there", run.string()),
                           "remove what it left: switchback clean");
}

Result<Duration> read_clock_lead(const std::filesystem::path& run) {
  SB_ASSIGN(nanoseconds, read_number(run / "clock", 0));
  return Duration(nanoseconds);
}

Nothing write_clock_lead(const std::filesystem::path& run, Duration lead) {
  return write_file(run / "clock", fmt::format("{}\n", lead.count()));
}

Instant wall_clock() {
  return std::chrono::duration_cast<Instant>(std::chrono::system_clock::now().time_since_epoch());
}

Result<std::vector<FaultKind>> read_faults(const std::filesystem::path& run) {
  std::vector<FaultKind> faults;
  std::ifstream file(run / "faults");
  for (std::string line; std::getline(file, line);) {
    const std::optional<FaultKind> fault = fault_named(line);
    if (!fault) return damaged(run / "faults");
    faults.push_back(*fault);
  }
  return faults;
}

Nothing write_faults(const std::filesystem::path& run, const std::vector<FaultKind>& faults) {
  std::string text;
  for (const FaultKind fault : faults)
    text += fmt::format("{}\n", name_of(fault));
  return write_file(run / "faults", text);
}

Nothing add_job_note(const std::filesystem::path& run, const JobNote& note) {
  const nlohmann::ordered_json json{
      {"at_ns", note.at.count()},     {"item", note.item},     {"operation", note.operation},
      {"outcome", note.outcome},      {"reason", note.reason}, {"to_recovery", note.to_recovery},
      {"to_primary", note.to_primary}};
  std::ofstream file(run / "jobs.ndjson", std::ios::app);
  file << json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  file.close();
  if (file) return {};
  return environment_error(fmt::format("{} can't be written", (run / "jobs.ndjson").string()),
                           "run it as the user who started the lab");
}

std::vector<JobNote> read_job_notes(const std::filesystem::path& run) {
  std::vector<JobNote> notes;
  std::ifstream file(run / "jobs.ndjson");
  for (std::string line; std::getline(file, line);)
    if (auto note = note_of(line)) notes.push_back(std::move(*note));
  return notes;
}

}  // namespace switchback
