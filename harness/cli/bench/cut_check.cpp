// SPDX-License-Identifier: Apache-2.0
// The cut check of real images, all of their content, beside what else compares or verifies them.
#include <algorithm>
#include <cstring>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/base/assert.hpp"
#include "harness/cli/bench/scratch.hpp"
#include "harness/cli/bench/sections.hpp"
#include "harness/cli/stopwatch.hpp"
#include "harness/journal/file_image.hpp"
#include "vms/hosts/libvirt/mapped_image.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/stamp_image.hpp"

namespace switchback {
namespace {

namespace fs = std::filesystem;
using libvirt::run_program;
using Command = std::vector<std::string>;

constexpr const char* kYardstick = "memcmp of two buffers";
constexpr const char* kRunId = "bench";
constexpr std::chrono::minutes kPatience{5};

/// What takes part: gives the seconds of one pass over the content, or why there are none.
struct Contender {
  std::string name;
  std::function<Result<double>()> pass;
  double least = HUGE_VAL;
  std::string trouble = {};
};

Result<double> timed(const std::function<Nothing()>& pass) {
  const Stopwatch watch;
  SB_TRY(pass());
  return watch.seconds();
}

Nothing expect_whole(const StampedDisk& disk, ImageReader& image) {
  SB_ASSERT(disk.is_shown_by(image));
  return {};
}

Nothing check_raw(const StampedDisk& disk, const fs::path& file) {
  SB_ASSIGN(image, FileImage::open_raw(file, StampedDisk::owner()));
  return expect_whole(disk, image);
}

Nothing check_qcow2(const StampedDisk& disk, const fs::path& file) {
  SB_ASSIGN(mapped, libvirt::map_image(kRunId, file, StampedDisk::owner()));
  SB_ASSERT(mapped.has_value());
  return expect_whole(disk, *mapped);
}

Nothing check_served(const StampedDisk& disk, const fs::path& file) {
  SB_ASSIGN(served, libvirt::NbdDisk::open_file({.file = file, .name = file.string(), .key = {}}));
  libvirt::StampImage image(std::move(served), StampedDisk::owner());
  return expect_whole(disk, image);
}

Nothing run(const Command& command) {
  SB_TRY(run_program(kRunId, command, kPatience));
  return {};
}

/// fio verifies only what it wrote itself: a file of its own, of the same size. Its start-up takes
/// longer than the pass, so the time is what it tells.
Result<double> fio_pass(const fs::path& file, Bytes size, const std::string& method, bool write) {
  Command command{"fio",
                  "--name=verify",
                  "--filename=" + file.string(),
                  fmt::format("--size={}", size),
                  "--bs=1m",
                  "--ioengine=mmap",
                  "--invalidate=0",
                  "--verify_state_save=0",
                  "--verify=" + method,
                  "--output-format=json",
                  write ? "--rw=write" : "--rw=read"};
  if (method == "pattern") command.emplace_back("--verify_pattern=0x5a17b0c4");
  if (write) command.emplace_back("--do_verify=0");
  SB_ASSIGN(said, run_program(kRunId, command, kPatience));
  const auto json = nlohmann::json::parse(said, nullptr, false);
  const nlohmann::json::json_pointer rate("/jobs/0/read/bw_bytes");
  if (write) return 0.0;
  if (!json.contains(rate) || json[rate].get<double>() <= 0)
    return environment_error("fio tells no rate", "run it by hand");
  return static_cast<double>(size) / json[rate].get<double>();
}

/// All of them in turn, round by round, so that what disturbs one disturbs all.
void take_turns(std::vector<Contender>& contenders, const BenchEffort& effort) {
  constexpr int kRounds = 5;
  for (int round = 0; round < (effort.quick ? 1 : kRounds); ++round)
    for (Contender& one : contenders) {
      if (!one.trouble.empty() || effort.interrupted()) continue;
      const Result<double> seconds = one.pass();
      if (seconds)
        one.least = std::min(one.least, *seconds);
      else
        one.trouble = seconds.error().message;
    }
}

void add_rows(BenchSection& section, const std::vector<Contender>& contenders, Bytes size) {
  for (const Contender& one : contenders) {
    BenchRow row{.name = one.name, .value = {}, .unit = "GB/s", .ratio = {}, .note = one.trouble};
    if (one.least < HUGE_VAL) row.value = static_cast<double>(size) / one.least / 1e9;
    section.rows.push_back(std::move(row));
  }
  section.compare();
}

Contender memcmp_of(std::span<const std::byte> left, std::span<const std::byte> right) {
  return {kYardstick, [left, right]() -> Result<double> {
            return timed([&]() -> Nothing {
              SB_ASSERT(std::memcmp(left.data(), right.data(), left.size()) == 0);
              return {};
            });
          }};
}

Contender fio_with(const std::string& method, const fs::path& file, Bytes size) {
  return {"fio --verify=" + method, [=]() -> Result<double> {
            if (!fs::exists(file)) SB_TRY(fio_pass(file, size, method, true));
            return fio_pass(file, size, method, false);
          }};
}

}  // namespace

Result<BenchSection> measure_cut_check(const BenchEffort& effort) {
  const Bytes size = Bytes{effort.quick ? 16U : 1024U} << 20U;
  const StampedDisk disk(size);
  SB_ASSIGN(folder, ScratchFolder::make());
  const fs::path raw = folder.file("image.raw");
  const fs::path copy = folder.file("copy.raw");
  const fs::path qcow2 = folder.file("image.qcow2");
  SB_TRY(write_raw(disk, raw, size, size));
  SB_TRY(write_raw(disk, copy, size, size));
  const Nothing converted = run({"qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, qcow2});
  const ScratchMemory left(size);
  const ScratchMemory right(size);
  disk.fill(left.bytes(), 0);
  disk.fill(right.bytes(), 0);

  const auto needs_qcow2 = [&](std::function<Nothing()> pass) {
    return [&converted, pass = std::move(pass)]() -> Result<double> {
      SB_TRY(converted);
      return timed(pass);
    };
  };
  std::vector<Contender> contenders{
      {"Switchback, raw image", [&] { return timed([&] { return check_raw(disk, raw); }); }},
      {"Switchback, qcow2 image", needs_qcow2([&] { return check_qcow2(disk, qcow2); })},
      {"Switchback, qcow2 over NBD", needs_qcow2([&] { return check_served(disk, qcow2); })},
      memcmp_of(left.bytes(), right.bytes()),
      {"cmp", [&] { return timed([&] {
                      return run({"cmp", raw, copy});
                    }); }},
      {"qemu-img compare, raw",
       [&] {
         return timed([&] {
           return run({"qemu-img", "compare", "-f", "raw", "-F", "raw", raw, copy});
         });
       }},
      {"qemu-img compare, qcow2", needs_qcow2([&] {
         return run({"qemu-img", "compare", "-f", "qcow2", "-F", "raw", qcow2, copy});
       })},
      fio_with("crc32c", folder.file("crc32c.fio"), size),
      fio_with("xxhash", folder.file("xxhash.fio"), size),
      fio_with("pattern", folder.file("pattern.fio"), size)};
  take_turns(contenders, effort);

  BenchSection section{
      .name = "cut-check",
      .title = fmt::format("The cut check of an image of {} MiB, in the page cache", size >> 20U),
      .yardstick = kYardstick,
      .rows = {}};
  add_rows(section, contenders, size);
  return section;
}

Result<BenchSection> measure_sparse_check(const BenchEffort& effort) {
  const Bytes allocated = Bytes{1} << 20U;
  const Bytes apart = Bytes{effort.quick ? 1U : 4U} << 30U;
  constexpr Bytes kParts = 64;
  const StampedDisk disk(kParts * apart, allocated, apart);
  SB_ASSIGN(folder, ScratchFolder::make());
  const fs::path raw = folder.file("sparse.raw");
  const fs::path qcow2 = folder.file("sparse.qcow2");
  SB_TRY(write_raw(disk, raw, allocated, apart));
  const Nothing converted = run({"qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, qcow2});
  std::vector<Contender> contenders{
      {"Switchback, raw image", [&] { return timed([&] { return check_raw(disk, raw); }); }},
      {"Switchback, qcow2 image", [&]() -> Result<double> {
         SB_TRY(converted);
         return timed([&] { return check_qcow2(disk, qcow2); });
       }}};
  take_turns(contenders, effort);
  BenchSection section{
      .name = "sparse",
      .title = fmt::format("The same of an image of {} GiB, {} MiB of it allocated",
                           (kParts * apart) >> 30U, (kParts * allocated) >> 20U),
      .yardstick = {},
      .rows = {}};
  for (const Contender& one : contenders) {
    BenchRow row{.name = one.name, .value = {}, .unit = "ms", .ratio = {}, .note = one.trouble};
    if (one.least < HUGE_VAL) {
      row.value = one.least * 1000;
      row.note = fmt::format("{:.2f} GB/s of what is allocated",
                             static_cast<double>(kParts * allocated) / one.least / 1e9);
    }
    section.rows.push_back(std::move(row));
  }
  return section;
}

}  // namespace switchback
