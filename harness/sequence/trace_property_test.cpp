// SPDX-License-Identifier: Apache-2.0
// Random traces: they survive the round trip, and damage to them does no harm.
#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/sequence/trace.hpp"
#include "harness/sequence/trace_limits.hpp"

namespace switchback {
namespace {

rc::Gen<std::string> plain_words() {
  return rc::gen::resize(12, rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(
                                 std::string("abcdefghijklmnopqrstuvwxyz0123456789_")))));
}

template <class T>
rc::Gen<T> numbers(std::uint64_t least, std::uint64_t most) {
  // Small ones, any, and both ends.
  const auto cast = [](std::uint64_t number) { return static_cast<T>(number); };
  const std::uint64_t few = std::min(most, least + 10);
  return rc::gen::map(rc::gen::oneOf(rc::gen::inRange(least, few + 1),
                                     rc::gen::inRange(least, most), rc::gen::element(least, most)),
                      cast);
}

template <class AnyWrite>
rc::Gen<Action> writes() {
  return rc::gen::map(rc::gen::tuple(numbers<std::uint32_t>(0, 0xffffffff),
                                     numbers<BlockNumber>(0, kExactNumberMax),
                                     numbers<std::uint32_t>(1, kWriteBlocksMax)),
                      [](const auto& parts) -> Action {
                        return AnyWrite{std::get<0>(parts), std::get<1>(parts), std::get<2>(parts)};
                      });
}

rc::Gen<Action> guest_writes() {
  return rc::gen::map(rc::gen::tuple(writes<WriteStep>(), numbers<std::uint32_t>(1, 0xffffffff),
                                     rc::gen::arbitrary<bool>()),
                      [](const auto& parts) -> Action {
                        WriteStep write = std::get<WriteStep>(std::get<0>(parts));
                        write.stride = std::get<1>(parts);
                        write.trim = std::get<2>(parts);
                        return write;
                      });
}

template <class T>
rc::Gen<std::optional<T>> perhaps(rc::Gen<T> gen) {
  return rc::gen::oneOf(rc::gen::just(std::optional<T>()),
                        rc::gen::map(gen, [](T value) { return std::optional<T>(value); }));
}

rc::Gen<std::string> addresses() {
  return rc::gen::element<std::string>("", "10.0.0.1", "fe80::1");
}

rc::Gen<TargetSettings> settings() {
  return rc::gen::build<TargetSettings>(
      rc::gen::set(&TargetSettings::name_suffix,
                   perhaps(rc::gen::element<std::string>("dr", "r-2"))),
      rc::gen::set(&TargetSettings::cpus, perhaps(numbers<unsigned>(1, kCpusMax))),
      rc::gen::set(&TargetSettings::memory_bytes, perhaps(numbers<Bytes>(1, kMemoryBytesMax))),
      rc::gen::set(&TargetSettings::network, perhaps(plain_words())),
      rc::gen::set(&TargetSettings::nic_addresses,
                   rc::gen::resize(5, rc::gen::container<std::vector<std::string>>(addresses()))));
}

rc::Gen<Action> requests() {
  return rc::gen::map(
      rc::gen::build<OperateStep>(
          rc::gen::set(&OperateStep::operation, rc::gen::elementOf(kAllOperations)),
          rc::gen::set(&OperateStep::point, rc::gen::elementOf(kAllPointChoices)),
          rc::gen::set(&OperateStep::custom_point, numbers<std::uint32_t>(0, 0xffffffff)),
          rc::gen::set(&OperateStep::shut_down_source),
          rc::gen::set(&OperateStep::create_missing_vm),
          rc::gen::set(&OperateStep::key, rc::gen::elementOf(kAllKeysGiven)),
          rc::gen::set(&OperateStep::settings, settings()), rc::gen::set(&OperateStep::background)),
      [](OperateStep step) -> Action { return step; });
}

rc::Gen<Action> actions() {
  return rc::gen::oneOf(
      guest_writes(), writes<TestWriteStep>(), writes<OldPrimaryWriteStep>(), requests(),
      rc::gen::map(
          rc::gen::pair(numbers<std::int64_t>(0, kWaitMillisecondsMax), rc::gen::arbitrary<bool>()),
          [](const auto& wait) -> Action {
            return WaitStep{std::chrono::milliseconds(wait.first), wait.second};
          }),
      rc::gen::map(
          rc::gen::pair(numbers<std::uint32_t>(1, kPeriodsMax), rc::gen::arbitrary<bool>()),
          [](const auto& wait) -> Action {
            return WaitStep{.background = wait.second, .periods = wait.first};
          }),
      rc::gen::map(numbers<std::uint32_t>(1, 0xffffffff),
                   [](std::uint32_t points) -> Action { return AdvanceStep{points}; }),
      rc::gen::map(
          rc::gen::elementOf(kAllOperations),
          [](Operation operation) -> Action { return OperateStep{.operation = operation}; }),
      rc::gen::map(rc::gen::elementOf(kAllFaults),
                   [](FaultKind kind) -> Action { return FaultStep{kind}; }),
      rc::gen::map(rc::gen::pair(numbers<std::uint32_t>(0, kClockStepSecondsMax),
                                 rc::gen::arbitrary<bool>()),
                   [](const auto& step) -> Action {
                     const std::chrono::seconds forward{step.first};
                     return FaultStep{FaultKind::clock_stepped, step.second ? -forward : forward};
                   }),
      rc::gen::map(rc::gen::elementOf(kAllEdits),
                   [](Edit edit) -> Action { return EditStep{edit}; }),
      rc::gen::element<Action>(FlushStep{}, HealStep{}));
}

rc::Gen<Nic> nics() {
  return rc::gen::build<Nic>(
      rc::gen::set(&Nic::mac,
                   rc::gen::element<std::string>("52:54:00:00:00:01", "00:ff:a0:9b:12:34")),
      rc::gen::set(&Nic::network, plain_words()), rc::gen::set(&Nic::address, addresses()));
}

Hardware draw_vm(std::size_t disks) {
  return {.cpus = *numbers<unsigned>(1, kCpusMax),
          .memory_bytes = *numbers<Bytes>(1, kMemoryBytesMax),
          .firmware = *rc::gen::elementOf(kAllFirmwares),
          .boot_disk = *rc::gen::inRange<std::size_t>(0, disks),
          .nics = *rc::gen::resize(4, rc::gen::container<std::vector<Nic>>(nics()))};
}

Policy draw_policy() {
  return {.copy_frequency = std::chrono::seconds(*numbers<std::int64_t>(1, kSecondsMax)),
          .retention = std::chrono::hours(*numbers<std::int64_t>(0, kHoursMax)),
          .most_points = *numbers<unsigned>(1, kPointsMax),
          .app_consistent = std::chrono::hours(*numbers<std::int64_t>(0, kHoursMax)),
          .encrypted = *rc::gen::arbitrary<bool>()};
}

/// One to three VMs, each with one or two disks; sometimes all as by default.
ItemPlan draw_plan() {
  ItemPlan plan;
  const bool plain = *rc::gen::arbitrary<bool>();
  const std::size_t vms = plain ? 1 : *rc::gen::inRange<std::size_t>(1, 4);
  if (!plain) plan.vms.clear();
  for (std::size_t vm = 0; vm < vms; ++vm) {
    const std::size_t disks = *rc::gen::inRange<std::size_t>(1, 3);
    for (std::size_t n = 0; n < disks; ++n)
      plan.disks.push_back(
          {fmt::format("vd{}", n), *numbers<Bytes>(kDiskBytesMin, kDiskBytesMax), vm});
    if (!plain) plan.vms.push_back(draw_vm(disks));
  }
  if (*rc::gen::arbitrary<bool>()) plan.policy = draw_policy();
  return plan;
}

std::optional<Moment> draw_moment() {
  if (*rc::gen::arbitrary<bool>()) return std::nullopt;
  Moment moment{*plain_words(), *numbers<std::uint32_t>(0, 0xffffffff)};
  if (*rc::gen::arbitrary<bool>()) moment.name = *plain_words();
  return moment;
}

Trace draw_trace() {
  Trace trace;
  trace.made_by = *rc::gen::string<std::string>();
  std::erase_if(trace.made_by,
                [](char letter) { return static_cast<unsigned char>(letter) > 127; });
  trace.system = *plain_words();
  if (*rc::gen::arbitrary<bool>()) trace.variant = *plain_words();
  if (*rc::gen::arbitrary<bool>()) trace.defect = *plain_words();
  trace.sequence.seed = *numbers<std::uint64_t>(0, ~std::uint64_t{0});
  ItemPlan first = draw_plan();
  trace.sequence.disks = std::move(first.disks);
  trace.sequence.vms = std::move(first.vms);
  trace.sequence.policy = first.policy;
  for (std::size_t others = *rc::gen::inRange<std::size_t>(0, 3); others > 0; --others)
    trace.sequence.others.push_back(draw_plan());
  const std::size_t steps = *rc::gen::inRange<std::size_t>(1, 20);
  for (std::size_t n = 0; n < steps; ++n)
    trace.sequence.steps.push_back(
        {*actions(), draw_moment(), *numbers<std::uint32_t>(0, kTraceItemsMax - 1)});
  if (*rc::gen::arbitrary<bool>())
    trace.violation = {*plain_words(), *plain_words(), *rc::gen::inRange<std::size_t>(0, steps),
                       "\"quoted\" \\ \n and \u00fc"};
  return trace;
}

RC_GTEST_PROP(Traces, SurviveTheRoundTrip, ()) {
  const Trace trace = draw_trace();
  const std::string text = trace_to_json(trace);
  const Result<Trace> read = trace_from_json(text, "t.json");
  if (!read) RC_FAIL(read.error().message);
  RC_ASSERT(read->sequence.steps == trace.sequence.steps);
  RC_ASSERT(read->sequence.disks == trace.sequence.disks);
  RC_ASSERT(read->sequence.vms == trace.sequence.vms);
  RC_ASSERT(read->sequence.policy == trace.sequence.policy);
  RC_ASSERT(read->sequence.others == trace.sequence.others);
  RC_ASSERT(read->sequence.seed == trace.sequence.seed);
  RC_ASSERT(read->made_by == trace.made_by);
  RC_ASSERT(trace_to_json(*read) == text);
}

RC_GTEST_PROP(Traces, EveryStepIsOneLine, ()) {
  const Trace trace = draw_trace();
  const std::string text = trace_to_json(trace);
  for (const Step& step : trace.sequence.steps)
    RC_ASSERT(text.find("\n    " + step_to_json(step)) != std::string::npos);
}

RC_GTEST_PROP(Traces, DamagedOnesAreRefusedOrRead, ()) {
  std::string text = trace_to_json(draw_trace());
  const std::size_t at = *rc::gen::inRange<std::size_t>(0, text.size());
  if (*rc::gen::arbitrary<bool>())
    text.resize(at);
  else
    text[at] = *rc::gen::arbitrary<char>();
  const Result<Trace> read = trace_from_json(text, "t.json");
  if (read) {
    RC_ASSERT(trace_from_json(trace_to_json(*read), "t.json").has_value());
    return;
  }
  RC_ASSERT(read.error().kind == ErrorKind::bad_input);
}

}  // namespace
}  // namespace switchback
