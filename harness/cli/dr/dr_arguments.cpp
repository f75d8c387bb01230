// SPDX-License-Identifier: Apache-2.0
// The subcommands of `switchback dr`: one for each operation of the lifecycle, and some to look.
#include "harness/cli/dr/dr_arguments.hpp"

#include <array>
#include <chrono>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/dr/dr_commands.hpp"
#include "harness/cli/guest_options.hpp"

namespace switchback {
namespace {

const std::map<std::string, std::uint64_t> kSizeUnits = {
    {"K", Bytes{1} << 10}, {"M", Bytes{1} << 20}, {"G", Bytes{1} << 30}};
const std::map<std::string, double> kTimeUnits = {{"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}};

/// A subcommand that asks for one operation and needs nothing but the VM.
struct PlainOperation {
  const char* name;
  Operation operation;
  const char* help;
};
constexpr std::array kPlain = {
    PlainOperation{"pause", Operation::pause, "stop rounds; changes stay tracked"},
    PlainOperation{"resume", Operation::resume, "let rounds go on"},
    PlainOperation{"resync", Operation::resynchronize,
                   "compare both sides by checksum and send what differs"},
    PlainOperation{"cleanup-test", Operation::cleanup_test_failover,
                   "delete the VM of the test failover"},
    PlainOperation{"complete-failover", Operation::complete_failover,
                   "shut down at recovery, send the rest, start at primary"},
    PlainOperation{"reverse-replicate", Operation::reverse_replicate,
                   "replicate from primary to recovery again"},
    PlainOperation{"cancel", Operation::cancel, "stop the operation in progress"},
    PlainOperation{"migrate", Operation::complete_migration,
                   "end protection; the VM stays at recovery"},
    PlainOperation{"disable", Operation::disable, "end protection; the active VM stays"},
    PlainOperation{"purge", Operation::purge, "the same without the primary site"},
};

/// A subcommand that asks for no operation.
struct Command {
  const char* name;
  int (*run)(const DrArguments&);
};
constexpr std::array kCommands = {
    Command{"lab", dr_lab},     Command{"end", dr_end},       Command{"status", dr_status},
    Command{"jobs", dr_jobs},   Command{"points", dr_points}, Command{"wait", dr_wait},
    Command{"skip", dr_skip},   Command{"disks", dr_disks},   Command{"write", dr_write},
    Command{"break", dr_break}, Command{"heal", dr_heal},
};

CLI::App& subcommand(CLI::App& dr, const std::string& name, const std::string& help,
                     DrArguments& arguments) {
  CLI::App& command = *dr.add_subcommand(name, help);
  command.add_option("--run-folder", arguments.base,
                     "where labs keep their folders (default: $TMPDIR or /var/tmp)");
  command.group("The lab");
  return command;
}

/// A subcommand that has something to tell.
CLI::App& telling(CLI::App& dr, const std::string& name, const std::string& help,
                  DrArguments& arguments) {
  CLI::App& command = subcommand(dr, name, help, arguments);
  command.add_flag("--json", arguments.json, "print one JSON document");
  command.group("To look");
  return command;
}

/// A subcommand that takes a job to its end, or leaves it.
CLI::App& operation(CLI::App& dr, const std::string& name, const std::string& help,
                    DrArguments& arguments) {
  CLI::App& command = telling(dr, name, help, arguments);
  command.add_option("vm", arguments.vm, "the VM, or the group (default: the only one)");
  command.add_flag("-q,--quiet", arguments.quiet, "no progress");
  command.add_flag("--wait,!--no-wait", arguments.wait,
                   "wait for the job to end (default), or leave it to the lab and to 'dr wait'");
  command.group("Operations");
  return command;
}

void add_point(CLI::App& command, DrArguments& arguments) {
  command
      .add_option("--point", arguments.point,
                  "latest (default), latest-processed, latest-app-consistent, or a point's id")
      ->default_str("latest");
}

void add_key(CLI::App& command, DrArguments& arguments) {
  command.add_option("--key-file", arguments.key_file,
                     "file with the key of an encrypted replica; '-' for standard input");
}

void add_enable(CLI::App& dr, DrArguments& arguments) {
  CLI::App& command =
      operation(dr, "enable", "protect a VM: copy its disks to recovery", arguments);
  command
      .add_option_function<int>(
          "--copy-frequency",
          [&](int seconds) { arguments.policy.copy_frequency = std::chrono::seconds(seconds); },
          "seconds between two rounds: 30, 300 or 900")
      ->check(CLI::IsMember({30, 300, 900}))
      ->default_str("300");
  command
      .add_option_function<int>(
          "--retention", [&](int hours) { arguments.policy.retention = std::chrono::hours(hours); },
          "hours for which recovery points are kept")
      ->check(CLI::Range(0, 24))
      ->default_str("2");
  command.add_option("--most-points", arguments.policy.most_points, "never keep more points")
      ->check(CLI::Range(1, 24))
      ->capture_default_str();
  command
      .add_option_function<int>(
          "--app-consistent",
          [&](int hours) { arguments.policy.app_consistent = std::chrono::hours(hours); },
          "hours between two app-consistent points; 0: none")
      ->check(CLI::Range(0, 12))
      ->default_str("0");
  command.add_flag("--encrypt", arguments.policy.encrypted, "encrypt the replica; needs a key");
  add_key(command, arguments);
}

void add_failovers(CLI::App& dr, DrArguments& arguments) {
  CLI::App& test =
      operation(dr, "test-failover", "start a copy of the VM on an isolated network", arguments);
  add_point(test, arguments);
  add_key(test, arguments);
  CLI::App& planned = operation(
      dr, "planned-failover", "shut down at primary, send the rest, start at recovery", arguments);
  add_key(planned, arguments);
  CLI::App& unplanned = operation(
      dr, "failover", "start at recovery from a recovery point; primary may be lost", arguments);
  add_point(unplanned, arguments);
  add_key(unplanned, arguments);
  unplanned.add_flag("--shutdown,!--no-shutdown", arguments.request.shut_down_source,
                     "try to shut the source down first and send what is left (default)");
  CLI::App& change =
      operation(dr, "change-point", "start the failed-over VM again from another point", arguments);
  add_point(change, arguments);
  add_key(change, arguments);
  operation(dr, "commit", "make the failover, or the failback, final", arguments);
  CLI::App& back = operation(dr, "failback", "bring the VM back to primary", arguments);
  back.add_flag("--full", arguments.full,
                "shut down first and download everything, instead of only what differs");
  back.add_flag("--create,!--no-create", arguments.request.create_missing_vm,
                "make the VM at primary if it is not there (default)");
}

void add_update(CLI::App& dr, DrArguments& arguments) {
  CLI::App& command = operation(
      dr, "update", "what the VM of the next failover is to be; what is left out is as at primary",
      arguments);
  TargetSettings& settings = arguments.request.settings;
  command.add_option("--name-suffix", settings.name_suffix,
                     "append this to its name, after a hyphen");
  command.add_option("--cpus", settings.cpus, "number of CPUs")->check(CLI::Range(1, 64));
  command.add_option("--memory", settings.memory_bytes, "memory, e.g. 64M")
      ->transform(CLI::AsNumberWithUnit(kSizeUnits, CLI::AsNumberWithUnit::CASE_SENSITIVE));
  command.add_option("--network", settings.network, "network of all its NICs");
  command.add_option("--address", settings.nic_addresses, "IP address of each NIC, in order");
}

void add_lab(CLI::App& dr, DrArguments& arguments) {
  CLI::App& lab = subcommand(
      dr, "lab", "two libvirt hosts and a VM to try it on, until Ctrl-C or 'dr end'", arguments);
  lab.add_option("--vm", arguments.vm, "name of the VM")->default_str("web");
  lab.add_option("--disks", arguments.lab_disks, "number of disks")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  lab.add_option("--size", arguments.lab_disk_bytes, "size of each disk, e.g. 64M")
      ->transform(CLI::AsNumberWithUnit(kSizeUnits, CLI::AsNumberWithUnit::CASE_SENSITIVE))
      ->default_str("64M");
  lab.add_option("--vms", arguments.lab_vms, "VMs of a consistency group, instead of one VM")
      ->check(CLI::Range(1, 3));
  lab.add_flag("--manual", arguments.lab_manual,
               "nothing falls due by itself: 'dr skip' and 'dr wait' run what is due");
  WorldArguments& hosts = arguments.lab_hosts;
  lab.add_option("--primary", hosts.primary_uri, "libvirt URI of a host to use as primary");
  lab.add_option("--recovery", hosts.recovery_uri, "libvirt URI of a host to use as recovery");
  lab.add_option("--primary-storage", hosts.primary_storage, "folder for disks at that primary");
  lab.add_option("--recovery-storage", hosts.recovery_storage, "folder for disks at that recovery");
  add_guest_options(lab, hosts);
  subcommand(dr, "end", "end the lab and remove it", arguments);
}

/// What happens in a lab beside the DR service.
void add_guest(CLI::App& dr, DrArguments& arguments) {
  CLI::App& write = subcommand(dr, "write", "let the guest write blocks of 4 KiB", arguments);
  write.add_option("vm", arguments.vm, "the VM (default: the only one)");
  write.add_option("--disk", arguments.device, "device, e.g. vdb")->capture_default_str();
  write.add_option("--block", arguments.block, "first block")->capture_default_str();
  write.add_option("--count", arguments.count, "number of blocks")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  write.add_flag("--test", arguments.test, "the guest of the test failover's VM");
  CLI::App& disks = telling(dr, "disks", "the image files of VMs and recovery points", arguments);
  disks.add_option("vm", arguments.vm, "the VM, or the group (default: the only one)");
  CLI::App& skip = subcommand(
      dr, "skip", "set the lab's clock forward, and run what falls due on the way", arguments);
  skip.add_flag("-q,--quiet", arguments.quiet, "no progress");
  skip.add_option_function<double>(
          "time",
          [&](double seconds) {
            arguments.skip =
                std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
          },
          "how far: 30s, 5m, 2h")
      ->transform(CLI::AsNumberWithUnit(kTimeUnits, CLI::AsNumberWithUnit::CASE_SENSITIVE))
      ->check(CLI::Range(0.0, 31.0 * 24 * 3600))
      ->required();
  CLI::App& fault = subcommand(dr, "break", "break something, until it is healed", arguments);
  fault
      .add_option("what", arguments.fault,
                  "link-cut, primary-lost, shutdown-refused, tracking-lost or recovery-full")
      ->required();
  subcommand(dr, "heal", "mend what was broken", arguments);
}

}  // namespace

void add_dr(CLI::App& app, DrArguments& arguments) {
  CLI::App& dr =
      *app.add_subcommand("dr", "protect VMs by hand: fail over, fail back, step by step");
  dr.require_subcommand(0, 1);  // so that a word that is none is named as such
  add_lab(dr, arguments);
  add_guest(dr, arguments);
  add_enable(dr, arguments);
  CLI::App& status =
      telling(dr, "status", "what state an item is in, and what can be done", arguments);
  status.add_option("vm", arguments.vm, "the VM (default: all)");
  telling(dr, "jobs", "operations that ended, and those in progress", arguments);
  CLI::App& points = telling(dr, "points", "recovery points, oldest first", arguments);
  points.add_option("vm", arguments.vm, "the VM (default: the only one)");
  operation(dr, "wait", "wait for the job in progress to end; go on with one that was left",
            arguments);
  add_failovers(dr, arguments);
  add_update(dr, arguments);
  for (const PlainOperation& plain : kPlain)
    operation(dr, plain.name, plain.help, arguments);
}

int dr_command(const CLI::App& app, DrArguments& arguments) {
  const CLI::App* const dr = app.get_subcommand("dr");
  if (dr->get_subcommands().empty()) {
    fmt::print(stderr, "{}", dr->help());
    return kExitNotTried;
  }
  const CLI::App* const chosen = dr->get_subcommands().front();
  const std::string name = chosen->get_name();
  for (const Command& command : kCommands)
    if (name == command.name) return command.run(arguments);
  Request& request = arguments.request;
  for (const PlainOperation& plain : kPlain)
    if (name == plain.name) request.operation = plain.operation;
  if (name == "enable") request.operation = Operation::enable;
  if (name == "test-failover") request.operation = Operation::test_failover;
  if (name == "planned-failover") request.operation = Operation::planned_failover;
  if (name == "failover") request.operation = Operation::unplanned_failover;
  if (name == "change-point") request.operation = Operation::change_recovery_point;
  if (name == "commit") request.operation = Operation::commit;
  if (name == "update") request.operation = Operation::update_properties;
  if (name == "failback")
    request.operation = arguments.full ? Operation::full_failback : Operation::planned_failback;
  return dr_operate(arguments);
}

}  // namespace switchback
