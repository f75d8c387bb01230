// SPDX-License-Identifier: Apache-2.0
// Operations by hand: asked for, taken through their job with a bar on a terminal, and answered
// with what can be done next.
#include <chrono>
#include <fstream>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

#include "harness/cli/dr/dr_commands.hpp"
#include "harness/cli/dr/dr_home.hpp"
#include "harness/cli/dr/dr_text.hpp"
#include "harness/cli/interruption.hpp"
#include "harness/cli/reporting.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

constexpr int kExitRefusedOrFailed = 1;

/// One line on a terminal, written anew at each point of a job.
class JobBar {
 public:
  explicit JobBar(bool wanted) : shown_(wanted && isatty(STDERR_FILENO) == 1) {}
  ~JobBar() { clear(); }
  JobBar(const JobBar&) = delete;
  JobBar& operator=(const JobBar&) = delete;

  void show(const JobPoint& point, const Capabilities& capabilities, Bytes crossed) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    fmt::print(stderr, "\r\033[K{}", job_line(point, capabilities, crossed));
    std::fflush(stderr);
    dirty_ = true;
  }
  void clear() {
    if (dirty_) fmt::print(stderr, "\r\033[K");
    dirty_ = false;
  }

 private:
  bool shown_;
  bool dirty_ = false;
  std::chrono::steady_clock::time_point last_{};
};

Result<Outcome> drive(DrHome& home, const ItemName& item, Progress progress, bool bar_wanted) {
  JobBar bar(bar_wanted);
  while (const JobPoint* const point = std::get_if<JobPoint>(&progress)) {
    bar.show(*point, home.system().capabilities(), home.wire().total());
    if (signal_received() != 0)
      return Outcome(Indeterminate{"interrupted; the job is where it was: switchback dr wait"});
    SB_ASSIGN(next, home.system().advance(item));
    progress = std::move(next);
  }
  return std::get<Outcome>(progress);
}

Result<std::string> read_key(const std::filesystem::path& file) {
  std::string key;
  if (file == "-") {
    std::getline(std::cin, key);
  } else {
    std::ifstream in(file);
    if (!in)
      return bad_input(fmt::format("the key file {} can't be read", file.string()),
                       "name a file that holds the key in its first line");
    std::getline(in, key);
  }
  if (key.empty())
    return bad_input(fmt::format("the key file {} is empty", file.string()),
                     "put the key in its first line");
  return key;
}

void choose_point(const std::string& named, Request& request) {
  if (named.empty()) return;
  std::string words = named;
  for (char& c : words)
    if (c == '-') c = '_';
  const std::optional<PointChoice> choice = point_choice_named(words);
  if (choice && *choice != PointChoice::custom) {
    request.point = *choice;
    return;
  }
  request.point = PointChoice::custom;
  request.point_id = named;
}

/// How it ended, where the item is now and what can be done there.
Result<int> tell(DrHome& home, const ItemSpec& item, Operation operation, const Outcome& outcome,
                 const DrArguments& arguments) {
  SB_ASSIGN(status, home.system().status(item.name));
  const bool done = std::holds_alternative<Done>(outcome);
  if (arguments.json) {
    nlohmann::ordered_json json = status_json(item.name, status);
    json["operation"] = name_of(operation);
    json["outcome"] = name_of(outcome);
    json["reason"] = printable_line(reason_of(outcome));
    json["wire_bytes"] = {{"to_recovery", home.wire().to_recovery},
                          {"to_primary", home.wire().to_primary}};
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("{} of {}: {}", name_of(operation), item.name, name_of(outcome));
    if (!done) fmt::print(": {}", printable_line(reason_of(outcome)));
    fmt::print("\nwire: {} to recovery, {} to primary\n", human_bytes(home.wire().to_recovery),
               human_bytes(home.wire().to_primary));
    fmt::print("{}", status_text(item.name, status));
  }
  return done ? kExitHeld : kExitRefusedOrFailed;
}

Result<int> operate(const DrArguments& arguments) {
  SB_ASSIGN(home, DrHome::open(arguments.base));
  SB_ASSIGN(item, home->item(arguments.vm));
  item.policy = arguments.policy;
  Request request = arguments.request;
  choose_point(arguments.point, request);
  if (arguments.key_file) {
    SB_ASSIGN(key, read_key(*arguments.key_file));
    request.key = key;
  }
  SB_ASSIGN(before, home->system().status(item.name));
  // One word for both commits: which one is meant follows from where the item is.
  if (request.operation == Operation::commit && before.state.awaiting == Awaiting::commit_failback)
    request.operation = Operation::commit_failback;
  SB_ASSIGN(progress, home->system().start(item, request));
  if (!arguments.wait && std::holds_alternative<JobPoint>(progress)) {
    // Once past the first record the job is in the catalog, and any controller takes it up.
    SB_ASSIGN(recorded, home->system().advance(item.name));
    progress = std::move(recorded);
    if (std::holds_alternative<JobPoint>(progress)) {
      fmt::print("{} of {} has begun; go on with: switchback dr wait {}\n",
                 name_of(request.operation), item.name, item.name);
      return kExitHeld;
    }
  }
  SB_ASSIGN(outcome, drive(*home, item.name, std::move(progress), !arguments.quiet));
  return tell(*home, item, request.operation, outcome, arguments);
}

Result<int> wait(const DrArguments& arguments) {
  SB_ASSIGN(home, DrHome::open(arguments.base));
  SB_ASSIGN(item, home->item(arguments.vm));
  SB_ASSIGN(status, home->system().status(item.name));
  if (!status.job) {
    fmt::print("no job of {} is in progress\n{}", item.name, status_text(item.name, status));
    return kExitHeld;
  }
  const Operation operation = status.job->operation;
  SB_ASSIGN(outcome, drive(*home, item.name, Progress(*status.job), !arguments.quiet));
  return tell(*home, item, operation, outcome, arguments);
}

/// Runs the jobs that the clock asks for now.
Nothing run_due_jobs(DrHome& home, bool bar) {
  home.catch_up();
  while (true) {
    SB_TRY(home.system().pass_time(Duration::zero()));
    bool any = false;
    for (const ItemSpec& item : home.lab().items) {
      SB_ASSIGN(status, home.system().status(item.name));
      if (!status.job) continue;
      any = true;
      const Operation operation = status.job->operation;
      SB_ASSIGN(outcome, drive(home, item.name, Progress(*status.job), bar));
      fmt::print("{}  {} of {}: {} {}\n", clock_text(home.system().clock()), name_of(operation),
                 item.name, name_of(outcome), printable_line(reason_of(outcome)));
      std::fflush(stdout);
    }
    if (!any || signal_received() != 0) return {};
  }
}

Result<int> watch(const DrArguments& arguments) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point began = Clock::now();
  const auto over = [&] {
    return signal_received() != 0 ||
           (arguments.watch_seconds &&
            Clock::now() - began >= std::chrono::duration<double>(*arguments.watch_seconds));
  };
  while (true) {
    {
      // Not kept open: other commands get their turn between two looks.
      SB_ASSIGN(home, DrHome::open(arguments.base));
      SB_TRY(run_due_jobs(*home, !arguments.quiet));
    }
    if (over()) return kExitHeld;
    poll(nullptr, 0, 1000);  // ended early by a signal
    if (over()) return kExitHeld;
  }
}

int exit_code(const Result<int>& result) {
  return result ? *result : report_error(result.error());
}

}  // namespace

int dr_operate(const DrArguments& arguments) {
  watch_signals();
  return exit_code(operate(arguments));
}
int dr_wait(const DrArguments& arguments) {
  watch_signals();
  return exit_code(wait(arguments));
}
int dr_watch(const DrArguments& arguments) {
  watch_signals();
  return exit_code(watch(arguments));
}

}  // namespace switchback
