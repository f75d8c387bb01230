// SPDX-License-Identifier: Apache-2.0
// See trace_verdict.hpp.
#include "harness/cli/replay/trace_verdict.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/cli/arguments.hpp"

namespace switchback {
namespace {

const Finding* find(const SummaryData& data, const ExpectedViolation& own) {
  const auto found =
      std::find_if(data.findings.begin(), data.findings.end(), [&](const Finding& finding) {
        return finding.kept.property == own.property && finding.kept.kind == own.kind;
      });
  return found == data.findings.end() ? nullptr : &*found;
}

std::string identity_of(const ExpectedViolation& own) {
  return fmt::format("{} ({})", own.property, own.kind);
}
std::string identity_of(const Finding& finding) {
  return fmt::format("{} ({})", finding.kept.property, finding.kept.kind);
}

std::string broken_words(const Trace& trace, const SummaryData& data) {
  const Finding* const own = trace.violation ? find(data, *trace.violation) : nullptr;
  std::string words = identity_of(own != nullptr ? *own : data.findings.front());
  if (data.findings.size() > 1) words += fmt::format(", and {} more", data.findings.size() - 1);
  if (own == nullptr && trace.violation)
    words += fmt::format("; it was kept for {}", identity_of(*trace.violation));
  return words;
}

std::string trouble_of(const SummaryData& data) {
  return data.errors.empty() ? std::string("it was cut short") : data.errors.front().message;
}

}  // namespace

TraceVerdict could_not_run(const Error& error) {
  return {.code = kExitCouldNot, .word = "could not run", .why = error.message};
}

TraceVerdict skipped(std::string why) {
  return {.code = kExitSkip, .word = "skip", .why = std::move(why)};
}

TraceVerdict verdict_of(const Trace& trace, const SummaryData& data) {
  const RunVerdict verdict = data.verdict();
  const int code = exit_code(verdict);
  switch (verdict) {
    case RunVerdict::held:
      return {code, "held", {}};
    case RunVerdict::nothing_tested:
      return {code, "nothing tested",
              data.errors.empty() ? "no operation ended done" : trouble_of(data)};
    case RunVerdict::violated:
      return {code, "violated", broken_words(trace, data)};
    case RunVerdict::inconclusive:
    case RunVerdict::not_deterministic:
      break;
  }
  return {code, "inconclusive", trouble_of(data)};
}

TraceVerdict bisect_verdict_of(const ExpectedViolation& own, const SummaryData& data) {
  if (find(data, own) != nullptr) return {kExitViolated, "bad", identity_of(own)};
  if (!data.findings.empty())
    return skipped(fmt::format("{} is broken before {} could be",
                               identity_of(data.findings.front()), identity_of(own)));
  if (!data.errors.empty() || data.disturbed()) return skipped(trouble_of(data));
  const bool judged = std::any_of(
      data.properties.begin(), data.properties.end(), [&](const JudgedProperty& property) {
        return property.info.name == own.property && property.judged > 0;
      });
  if (!judged) return skipped(own.property + " had nothing to judge");
  return {kExitHeld, "good", identity_of(own) + " is not there"};
}

}  // namespace switchback
