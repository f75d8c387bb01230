// SPDX-License-Identifier: Apache-2.0
// What the command line says after `switchback dr`, as plain data.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "harness/cli/arguments.hpp"
#include "harness/system/item.hpp"
#include "harness/system/request.hpp"

namespace CLI {
class App;
}

namespace switchback {

struct DrArguments {
  std::optional<std::filesystem::path> base;  ///< where labs live; nothing: the usual place
  std::string vm;                             ///< the item; empty: all, or the only one
  bool json = false;
  bool quiet = false;
  bool wait = true;  ///< for the job's end

  // lab
  unsigned lab_disks = 2;
  Bytes lab_disk_bytes = Bytes{64} << 20;
  unsigned lab_vms = 1;
  bool lab_manual = false;   ///< nothing happens by itself
  WorldArguments lab_hosts;  ///< hosts that are not the lab's own

  // enable
  Policy policy;
  std::optional<std::filesystem::path> key_file;

  Request request;    ///< of the operation chosen
  std::string point;  ///< "latest", "latest-processed", "latest-app-consistent" or a point's id

  bool full = false;  ///< failback: download everything

  // write
  std::string device = "vda";
  BlockNumber block = 0;
  BlockNumber count = 1;

  bool test = false;  ///< the guest of the test failover

  Duration skip{};    ///< skip: how far the clock is set forward
  std::string fault;  ///< break
};

/// Adds `dr` and all its subcommands; what is parsed goes to `arguments`.
void add_dr(CLI::App& app, DrArguments& arguments);

/// Runs the subcommand that was chosen; its exit code.
int dr_command(const CLI::App& app, DrArguments& arguments);

}  // namespace switchback
