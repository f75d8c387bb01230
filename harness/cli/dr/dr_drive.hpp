// SPDX-License-Identifier: Apache-2.0
// Takes jobs to their end.
#pragma once

#include <optional>

#include "harness/base/result.hpp"
#include "harness/cli/dr/dr_home.hpp"
#include "vms/hosts/libvirt/deadline.hpp"

namespace switchback {

/// One line on standard error, written anew while a job runs; nothing if that is no terminal.
class JobBar {
 public:
  explicit JobBar(bool wanted);
  ~JobBar();
  JobBar(const JobBar&) = delete;
  JobBar& operator=(const JobBar&) = delete;

  void show(const JobPoint& point, const Capabilities& capabilities, Bytes crossed);
  void clear();

 private:
  bool shown_;
  bool dirty_ = false;
  libvirt::Deadline next_ = libvirt::Deadline::after(Duration::zero());
};

/// How a job ended, which is then noted in the lab's folder. Nothing: it was left where it is,
/// because of a signal or because another command took it over.
Result<std::optional<JobNote>> drive(DrHome& home, const ItemName& item, Operation operation,
                                     Progress progress, bool bar_wanted);

/// Runs what the clock asks for now, and jobs that were left, printing a line for each that ended.
/// True unless a job was left where it is.
Result<bool> run_due_jobs(DrHome& home, bool bar_wanted);

/// The clock of a lab: until a signal comes it runs what falls due and jobs that were left, unless
/// it is `manual`. Gives way to other commands.
void keep_time(const std::filesystem::path& run, bool manual);

}  // namespace switchback
