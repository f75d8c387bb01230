// SPDX-License-Identifier: Apache-2.0
// The order of simplicity, and fingerprints of sequences.
#include "harness/shrink/simplicity.hpp"

#include <limits>
#include <string>

#include <xxhash.h>

#include "harness/sequence/trace.hpp"
#include "harness/shrink/any_write.hpp"
#include "harness/shrink/clock_step.hpp"

namespace switchback {
namespace {

void add(std::uint64_t& sum, std::uint64_t part) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  sum = part > most - sum ? most : sum + part;
}

std::uint64_t choices_of(const TargetSettings& settings) {
  return std::uint64_t{settings.name_suffix.has_value()} + (settings.cpus ? 1 : 0) +
         (settings.memory_bytes ? 1 : 0) + (settings.network ? 1 : 0) +
         settings.nic_addresses.size();
}

std::uint64_t choices_of(const OperateStep& ask) {
  const OperateStep plain{.operation = ask.operation};
  return std::uint64_t{ask.point != plain.point} +
         (ask.shut_down_source != plain.shut_down_source ? 1 : 0) +
         (ask.create_missing_vm != plain.create_missing_vm ? 1 : 0) +
         (ask.key != plain.key ? 1 : 0) + choices_of(ask.settings);
}

std::uint64_t choices_of(const Policy& policy) {
  const Policy plain;
  return std::uint64_t{policy.copy_frequency != plain.copy_frequency} +
         (policy.retention != plain.retention ? 1 : 0) +
         (policy.most_points != plain.most_points ? 1 : 0) +
         (policy.app_consistent != plain.app_consistent ? 1 : 0) + (policy.encrypted ? 1 : 0);
}

std::uint64_t choices_of(const Hardware& vm) {
  const Hardware plain;
  return std::uint64_t{vm.cpus != plain.cpus} + (vm.memory_bytes != plain.memory_bytes ? 1 : 0) +
         (vm.firmware != plain.firmware ? 1 : 0) + (vm.boot_disk != plain.boot_disk ? 1 : 0) +
         vm.nics.size();
}

void add_plan(Burden& burden, const ItemPlan& plan) {
  burden.vms += plan.vms.size();
  burden.disks += plan.disks.size();
  add(burden.choices, choices_of(plan.policy));
  for (const Hardware& vm : plan.vms)
    add(burden.choices, choices_of(vm));
  for (const DiskSpec& disk : plan.disks)
    add(burden.disk_bytes, disk.size_bytes);
}

void add_step(Burden& burden, const Step& step) {
  add(burden.ordinals, step.item);
  if (step.at) {
    ++burden.moments;
    add(burden.ordinals, step.at->call);
    add(burden.choices, step.at->name.empty() ? 0 : 1);
  }
  if (const std::optional<WriteStep> write = write_in(step)) {
    add(burden.blocks, write->count);
    add(burden.ordinals, write->disk);
    add(burden.ordinals, write->block);
    add(burden.ordinals, write->stride - 1);
    add(burden.choices, write->trim ? 1 : 0);
  }
  if (const auto* ask = std::get_if<OperateStep>(&step.action)) {
    if (ask->background) ++burden.moments;
    add(burden.choices, choices_of(*ask));
    add(burden.ordinals, ask->custom_point);
  }
  if (const auto* advance = std::get_if<AdvanceStep>(&step.action))
    add(burden.ordinals, advance->points);
  if (const auto* fault = std::get_if<FaultStep>(&step.action))
    add(burden.ordinals, magnitude_of(*fault));
  if (const auto* wait = std::get_if<WaitStep>(&step.action)) {
    if (wait->background) ++burden.moments;
    add(burden.wait, static_cast<std::uint64_t>(wait->duration.count()));
    add(burden.ordinals, wait->periods);
  }
}

}  // namespace

Burden burden_of(const Sequence& sequence) {
  Burden burden{.steps = sequence.steps.size(), .items = sequence.item_count()};
  for (std::size_t item = 0; item < sequence.item_count(); ++item)
    add_plan(burden, sequence.plan(item));
  for (const Step& step : sequence.steps)
    add_step(burden, step);
  return burden;
}

Digest digest_of(const Sequence& sequence) {
  // A trace says all that makes two sequences different.
  const std::string text = trace_to_json(
      {.made_by = {}, .system = {}, .defect = {}, .sequence = sequence, .violation = {}});
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.high64, hash.low64};
}

}  // namespace switchback
