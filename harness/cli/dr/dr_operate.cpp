// SPDX-License-Identifier: Apache-2.0
// Operations by hand: asked for, taken through their job, and answered with what can be done next.
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>

#include "harness/cli/arguments.hpp"
#include "harness/cli/dr/dr_commands.hpp"
#include "harness/cli/dr/dr_drive.hpp"
#include "harness/cli/dr/dr_key.hpp"
#include "harness/cli/dr/dr_text.hpp"
#include "harness/cli/interruption.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

int exit_code_of(const JobNote& note) {
  if (note.outcome == name_of(Outcome(Done{}))) return kExitDone;
  return note.outcome == name_of(Outcome(Indeterminate{})) ? kExitNoAnswer : kExitNotDone;
}

/// How it ended, where the item is now and what can be done there.
Result<int> tell(DrHome& home, const JobNote& note, const DrArguments& arguments) {
  SB_ASSIGN(status, home.system().status(note.item));
  if (arguments.json) {
    nlohmann::ordered_json json = job_note_json(note);
    json["status"] = status_json(note.item, status);
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("{} of {}: {}", note.operation, note.item, note.outcome);
    if (!note.reason.empty()) fmt::print(": {}", note.reason);
    fmt::print("\n{}{}", wire_text(note), status_text(note.item, status));
  }
  return exit_code_of(note);
}

/// A job that goes on without this command.
Result<int> tell_left(DrHome& home, const ItemName& item, const DrArguments& arguments) {
  SB_ASSIGN(status, home.system().status(item));
  const int code = arguments.wait ? kExitNoAnswer : kExitDone;
  if (arguments.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"status", status_json(item, status)}}.dump(2));
    return code;
  }
  const std::string_view what = home.wanted()    ? "is left to another command"
                                : arguments.wait ? "is left where it is"
                                                 : "has begun";
  fmt::print("{} of {} {}\n{}", status.job ? name_of(status.job->operation) : "the job", item, what,
             status_text(item, status));
  return code;
}

void choose_point(const std::string& named, Request& request) {
  if (named.empty()) return;
  std::string words = named;
  for (char& c : words)
    if (c == '-') c = '_';
  const std::optional<PointChoice> choice = point_choice_named(words);
  request.point = choice.value_or(PointChoice::custom);
  if (request.point == PointChoice::custom) request.point_id = named;
}

Result<Request> request_of(const DrArguments& arguments) {
  Request request = arguments.request;
  choose_point(arguments.point, request);
  if (request.operation == Operation::enable) {
    if (arguments.policy.encrypted && !arguments.key_file)
      return bad_input("an encrypted replica needs a key", "name its file: --key-file");
    if (!arguments.policy.encrypted && arguments.key_file)
      return bad_input("a key is of no use to a replica that is not encrypted",
                       "add --encrypt, or leave --key-file out");
  }
  if (arguments.key_file) {
    SB_ASSIGN(key, read_key(*arguments.key_file));
    request.key = std::move(key);
  }
  return request;
}

/// The stages in which a job looks at the key, which is not recorded with it.
bool needs_key(const JobPoint& point, const Request& request) {
  return !request.key.empty() && (point.stage == "prerequisites" || point.stage == "store_key");
}

/// On to where another controller can take the job up: the first call of a stage records it.
Result<Progress> get_under_way(DrHome& home, const ItemName& item, const Request& request,
                               Progress progress) {
  while (const JobPoint* const point = std::get_if<JobPoint>(&progress)) {
    if (point->call > 0 && !needs_key(*point, request)) break;
    SB_ASSIGN(next, home.system().advance(item));
    progress = std::move(next);
  }
  return progress;
}

/// What stands in the way of asking, so that a job that another command has in hand is left alone.
Result<std::optional<JobNote>> objection_of(DrHome& seen, const ItemName& item,
                                            Operation operation) {
  SB_ASSIGN(status, seen.system().status(item));
  if (!status.job) return std::optional<JobNote>();
  const bool stands_aside = operation == Operation::cancel
                                ? status.allowed.contains(operation)
                                : !asked_by_operator(status.job->operation);
  if (stands_aside) return std::optional<JobNote>();
  return std::optional(JobNote{
      .at = seen.now(),
      .item = item,
      .operation = std::string(name_of(operation)),
      .outcome = std::string(name_of(Outcome(Refused{}))),
      .reason = fmt::format("{} is in progress{}", name_of(status.job->operation),
                            operation == Operation::cancel ? ", and can't be cancelled" : "")});
}

Result<int> start(DrHome& home, const ItemSpec& item, Request request,
                  const DrArguments& arguments) {
  SB_ASSIGN(before, home.system().status(item.name));
  // One word for both commits: which one is meant follows from where the item is.
  if (request.operation == Operation::commit && before.state.awaiting == Awaiting::commit_failback)
    request.operation = Operation::commit_failback;
  SB_ASSIGN(progress, home.system().start(item, request));
  SB_ASSIGN(begun, get_under_way(home, item.name, request, std::move(progress)));
  if (!arguments.wait && std::holds_alternative<JobPoint>(begun))
    return tell_left(home, item.name, arguments);
  SB_ASSIGN(note, drive(home, item.name, request.operation, std::move(begun), !arguments.quiet));
  return note ? tell(home, *note, arguments) : tell_left(home, item.name, arguments);
}

Result<int> operate(const DrArguments& arguments) {
  SB_ASSIGN(request, request_of(arguments));
  SB_ASSIGN(run, lab_in(arguments.base));
  {
    SB_ASSIGN(seen, DrHome::look(run));
    SB_ASSIGN(item, seen->item(arguments.vm));
    SB_ASSIGN(objection, objection_of(*seen, item.name, request.operation));
    if (objection) return tell(*seen, *objection, arguments);
  }
  const bool over = request.operation == Operation::cancel;
  SB_ASSIGN(lock, over ? ControllerLock::take_over(run) : ControllerLock::take(run));
  SB_ASSIGN(home, DrHome::control(run, std::move(lock)));
  SB_ASSIGN(item, home->item(arguments.vm));
  item.policy = arguments.policy;
  return start(*home, item, std::move(request), arguments);
}

/// Follows a job that another command has in hand, until it has ended.
Result<bool> follow(const std::filesystem::path& run, const ItemName& item, bool bar_wanted) {
  JobBar bar(bar_wanted);
  SB_ASSIGN(seen, DrHome::look(run));
  while (signal_received() == 0) {
    SB_ASSIGN(status, seen->system().status(item));
    if (!status.job) return true;
    bar.show(*status.job, seen->system().capabilities(), 0);
    if (ControllerLock::try_take(run)) return false;  // nobody has it in hand
    poll(nullptr, 0, 200);
    SB_TRY(seen->system().restore());
  }
  return true;
}

Result<int> wait(const DrArguments& arguments) {
  SB_ASSIGN(run, lab_in(arguments.base));
  SB_ASSIGN(seen, DrHome::look(run));
  SB_ASSIGN(item, seen->item(arguments.vm));
  SB_ASSIGN(before, seen->system().status(item.name));
  if (!before.job) {
    fmt::print("no job of {} is in progress\n{}", item.name, status_text(item.name, before));
    return kExitDone;
  }
  SB_ASSIGN(ended, follow(run, item.name, !arguments.quiet));
  if (!ended) {
    SB_ASSIGN(home, control_lab(arguments.base));
    SB_ASSIGN(status, home->system().status(item.name));
    if (status.job) {
      SB_ASSIGN(note, drive(*home, item.name, status.job->operation, Progress(*status.job),
                            !arguments.quiet));
      return note ? tell(*home, *note, arguments) : tell_left(*home, item.name, arguments);
    }
  }
  SB_TRY(seen->system().restore());
  const std::vector<JobNote> notes = read_job_notes(run);
  for (auto note = notes.rbegin(); note != notes.rend(); ++note)
    if (note->item == item.name) return tell(*seen, *note, arguments);
  return tell_left(*seen, item.name, arguments);
}

/// Sets the clock forward, from one instant at which something is due to the next.
Result<int> skip(const DrArguments& arguments) {
  SB_ASSIGN(home, control_lab(arguments.base));
  const Instant until = home->system().now() + arguments.skip;
  while (true) {
    SB_ASSIGN(all, run_due_jobs(*home, !arguments.quiet));
    if (!all) return kExitNoAnswer;
    const Instant now = home->system().now();
    if (now >= until || signal_received() != 0) break;
    SB_TRY(home->system().pass_time(until - now));
    SB_TRY(home->keep_clock());
  }
  fmt::print("it is now {}\n", clock_text(home->system().now()));
  return kExitDone;
}

}  // namespace

int dr_operate(const DrArguments& arguments) {
  return dr_exit_code(operate, arguments);
}
int dr_wait(const DrArguments& arguments) {
  return dr_exit_code(wait, arguments);
}
int dr_skip(const DrArguments& arguments) {
  return dr_exit_code(skip, arguments);
}

}  // namespace switchback
