// SPDX-License-Identifier: Apache-2.0
// See dr_drive.hpp.
#include "harness/cli/dr/dr_drive.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "harness/cli/dr/dr_commands.hpp"
#include "harness/cli/dr/dr_text.hpp"
#include "harness/cli/interruption.hpp"
#include "harness/cli/reporting.hpp"
#include "reports/text.hpp"
#include "vms/recovery/sqlite_catalog.hpp"

namespace switchback {
namespace {

/// Whether anything waits for a controller now.
Result<bool> anything_due(recovery::Catalog& catalog, const std::filesystem::path& run) {
  SB_ASSIGN(lead, read_clock_lead(run));
  SB_ASSIGN(records, catalog.load());
  const Instant now = wall_clock() + lead;
  for (const auto& [name, record] : records) {
    const std::optional<recovery::Due> due = recovery::next_due(record);
    if (record.job || (due && due->at <= now)) return true;
  }
  return false;
}

Nothing run_if_due(recovery::Catalog& catalog, const std::filesystem::path& run) {
  SB_ASSIGN(due, anything_due(catalog, run));
  if (!due) return {};
  std::optional<ControllerLock> lock = ControllerLock::try_take(run);
  if (!lock || lock->wanted()) return {};
  SB_ASSIGN(home, DrHome::control(run, std::move(*lock)));
  SB_ASSIGN(all, run_due_jobs(*home, false));
  static_cast<void>(all);
  return {};
}

}  // namespace

JobBar::JobBar(bool wanted) : shown_(wanted && isatty(STDERR_FILENO) == 1) {}
JobBar::~JobBar() {
  clear();
}

void JobBar::show(const JobPoint& point, const Capabilities& capabilities, Bytes crossed) {
  if (!shown_ || !next_.passed()) return;
  next_ = libvirt::Deadline::after(std::chrono::milliseconds(100));
  fmt::print(stderr, "\r\033[K{}", job_line(point, capabilities, crossed));
  std::fflush(stderr);
  dirty_ = true;
}

void JobBar::clear() {
  if (dirty_) fmt::print(stderr, "\r\033[K");
  dirty_ = false;
}

Result<std::optional<JobNote>> drive(DrHome& home, const ItemName& item, Operation operation,
                                     Progress progress, bool bar_wanted) {
  JobBar bar(bar_wanted);
  const WireCount before = home.wire();
  while (const JobPoint* const point = std::get_if<JobPoint>(&progress)) {
    bar.show(*point, home.system().capabilities(), home.wire().total() - before.total());
    if (signal_received() != 0 || home.wanted()) return std::optional<JobNote>();
    SB_ASSIGN(next, home.system().advance(item));
    progress = std::move(next);
  }
  const Outcome& outcome = std::get<Outcome>(progress);
  const JobNote note{.at = home.now(),
                     .item = item,
                     .operation = std::string(name_of(operation)),
                     .outcome = std::string(name_of(outcome)),
                     .reason = printable_line(reason_of(outcome)),
                     .to_recovery = home.wire().to_recovery - before.to_recovery,
                     .to_primary = home.wire().to_primary - before.to_primary};
  if (!std::holds_alternative<Refused>(outcome)) SB_TRY(add_job_note(home.run(), note));
  return std::optional(note);
}

Result<bool> run_due_jobs(DrHome& home, bool bar_wanted) {
  home.catch_up();
  while (true) {
    SB_TRY(home.system().pass_time(Duration::zero()));
    bool any = false;
    for (const ItemSpec& item : home.lab().items) {
      SB_ASSIGN(status, home.system().status(item.name));
      if (!status.job) continue;
      any = true;
      SB_ASSIGN(note,
                drive(home, item.name, status.job->operation, Progress(*status.job), bar_wanted));
      if (!note) return false;
      fmt::print("{}\n", job_note_text(*note));
      std::fflush(stdout);
    }
    if (!any) return true;
  }
}

int dr_exit_code(Result<int> (*command)(const DrArguments&), const DrArguments& arguments) {
  watch_signals();
  const Result<int> code = command(arguments);
  if (!code) report_error(code.error());
  if (signal_received() != 0) return 128 + signal_received();
  return code ? *code : kExitNotTried;
}

void keep_time(const std::filesystem::path& run, bool manual) {
  auto catalog = recovery::SqliteCatalog::open((run / "dr.sqlite").string());
  if (!catalog) report_error(catalog.error());
  std::string told;  // the same trouble once
  while (signal_received() == 0) {
    if (catalog && !manual) {
      const Nothing ran = run_if_due(**catalog, run);
      if (!ran && ran.error().message != told) report_error(ran.error());
      told = ran ? "" : ran.error().message;
    }
    poll(nullptr, 0, 500);  // ended early by a signal
  }
}

}  // namespace switchback
