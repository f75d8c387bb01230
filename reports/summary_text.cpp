// SPDX-License-Identifier: Apache-2.0
// One function a section; a section with nothing to say is left out.
#include "reports/summary_text.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/coverage_text.hpp"
#include "reports/required_coverage.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

constexpr std::size_t kWidth = 100;

class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  [[nodiscard]] std::string bold(std::string_view text) const { return painted("1", text); }
  [[nodiscard]] std::string good(std::string_view text) const { return painted("1;32", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return painted("1;31", text); }
  [[nodiscard]] std::string doubtful(std::string_view text) const { return painted("1;33", text); }

 private:
  [[nodiscard]] std::string painted(std::string_view code, std::string_view text) const {
    return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
  bool on_;
};

std::string section(std::string_view title, const Paint& paint) {
  return fmt::format("\n{}\n", paint.bold(title));
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t taken = columns(text);
  return taken >= width ? text : text + std::string(width - taken, ' ');
}

/// "label: items", wrapped, the items indented below a label that stands alone.
std::string listed(std::string_view label, const std::vector<std::string>& items) {
  return wrapped(fmt::format("{}: {}", label, fmt::join(items, ", ")), 2, kWidth);
}

std::string world_words(const SummaryData& data) {
  if (data.run.world == "sim") return "the simulated world";
  return data.run.world.empty() ? "an unnamed world" : printable_line(data.run.world);
}

std::string extent(const SummaryData& data, double seconds) {
  return fmt::format("{}, {}, {}", counted(data.sequences, "sequence"), counted(data.steps, "step"),
                     human_seconds(seconds));
}

std::string headline(const SummaryData& data, double seconds, const Paint& paint) {
  const std::string scope = extent(data, seconds);
  switch (data.verdict()) {
    case RunVerdict::held: {
      const auto judged =
          std::count_if(data.properties.begin(), data.properties.end(),
                        [](const JudgedProperty& property) { return property.judged > 0; });
      const auto accepted = std::count_if(data.properties.begin(), data.properties.end(),
                                          [](const JudgedProperty& property) {
                                            return property.result() == PropertyResult::accepted;
                                          });
      return fmt::format("{}  {} of {} held{}: {}\n", paint.good("HELD"), judged - accepted,
                         counted(data.properties.size(), "promise"),
                         accepted > 0 ? fmt::format(", {} broken as the baseline accepts", accepted)
                                      : std::string(),
                         scope);
    }
    case RunVerdict::violated: {
      std::set<std::string> broken;
      for (const JudgedProperty& property : data.properties)
        if (property.result() == PropertyResult::violated) broken.insert(property.info.name);
      return fmt::format("{}  {} broken: {}\n", paint.bad("VIOLATED"),
                         counted(broken.size(), "promise"), scope);
    }
    case RunVerdict::nothing_tested:
      return fmt::format("{}  no operation ended done, so nothing was shown: {}\n",
                         paint.doubtful("NOTHING TESTED"), scope);
    case RunVerdict::inconclusive:
      if (!data.disturbed())
        return fmt::format("{}  all held, but required coverage was not reached: {}\n",
                           paint.doubtful("INCONCLUSIVE"), scope);
      return fmt::format(
          "{}  {}, no verdict: {}\n", paint.doubtful("INCONCLUSIVE"),
          data.cut_short() ? "cut short by a " + data.end.stopped_by : "trouble of the environment",
          scope);
    case RunVerdict::not_deterministic:
      return fmt::format("{}  {} did something else when it ran again: {}\n",
                         paint.bad("NOT DETERMINISTIC"),
                         counted(data.sequences_differing, "sequence"), scope);
  }
  return "";
}

std::string findings_section(const SummaryData& data, const Paint& paint) {
  if (std::all_of(data.findings.begin(), data.findings.end(), std::mem_fn(&Finding::accepted)))
    return "";
  std::string out = section("What broke", paint);
  for (const Finding& finding : data.findings)
    if (!finding.accepted()) out += finding_text(finding, 2);
  return out;
}

std::string accepted_section(const SummaryData& data, const Paint& paint) {
  std::string out;
  for (const Finding& finding : data.findings)
    if (finding.accepted())
      out += wrapped(
          fmt::format("- {} ({}), {}, accepted until {}: {}", printable_line(finding.kept.property),
                      printable_line(finding.kept.kind), counted(finding.found, "time"),
                      finding.known->until, printable(finding.known->reason)),
          2, kWidth);
  for (const BaselineEntry& entry : baseline_not_seen(data))
    out += wrapped(fmt::format("- {} ({}): not seen in this run", printable_line(entry.property),
                               printable_line(entry.kind)),
                   2, kWidth);
  return out.empty() ? out : section("Of the baseline", paint) + out;
}

std::string errors_section(const SummaryData& data, const Paint& paint) {
  if (data.errors.empty()) return "";
  std::string out =
      section(data.cut_short() ? "What cut it short" : "Trouble of the environment", paint);
  for (const EnvironmentError& error : data.errors) {
    const std::string where =
        error.sequence ? fmt::format("sequence {}: ", *error.sequence) : std::string();
    out += wrapped(fmt::format("- {}{}", where, printable(error.message)), 2, kWidth);
  }
  if (data.sequences_in_error > data.errors.size())
    out += fmt::format("  {} ended so; the first are shown\n",
                       counted(data.sequences_in_error, "sequence"));
  return out;
}

std::string determinism_section(const SummaryData& data, const Paint& paint) {
  if (data.differing.empty()) return "";
  std::string out = section("Not the same when run again", paint);
  const auto shown = [](const std::string& line) { return line.empty() ? "nothing" : line; };
  for (const SequenceRepeated& repeated : data.differing) {
    out += repeated.differs_in == "event"
               ? fmt::format("  sequence {}, event {} of it\n", repeated.index, repeated.event)
               : fmt::format("  sequence {}, its {} at the end\n", repeated.index,
                             printable_line(repeated.differs_in));
    out += wrapped(fmt::format("first: {}", printable_line(shown(repeated.first))), 4, kWidth);
    out += wrapped(fmt::format("again: {}", printable_line(shown(repeated.second))), 4, kWidth);
  }
  if (data.sequences_differing > data.differing.size())
    out += fmt::format("  {} were not the same; the first are shown\n",
                       counted(data.sequences_differing, "sequence"));
  return out;
}

/// "run twice: 200 of 4,000 sequences, all identical".
std::string repeated_line(const SummaryData& data) {
  if (data.sequences_repeated == 0) return "";
  return fmt::format("  run twice: {} of {}, {}\n", grouped(data.sequences_repeated),
                     counted(data.sequences, "sequence"),
                     data.sequences_differing == 0
                         ? "all identical"
                         : fmt::format("{} not the same", grouped(data.sequences_differing)));
}

std::string result_words(PropertyResult result, const Paint& paint) {
  constexpr std::size_t kColumns = 13;
  switch (result) {
    case PropertyResult::held:
      return paint.good(padded("held", kColumns));
    case PropertyResult::violated:
      return paint.bad(padded("VIOLATED", kColumns));
    case PropertyResult::not_exercised:
      return paint.doubtful(padded("not exercised", kColumns));
    case PropertyResult::accepted:
      return paint.doubtful(padded("accepted", kColumns));
  }
  return "";
}

std::string properties_section(const SummaryData& data, const Paint& paint) {
  if (data.properties.empty()) return "";
  std::string out = section("Properties", paint);
  out += fmt::format("  {:<13}  {:>12}  {}\n", "result", "times judged", "property");
  for (const JudgedProperty& property : data.properties)
    out += fmt::format("  {}  {:>12}  {}\n", result_words(property.result(), paint),
                       grouped(property.judged), printable_line(property.info.name));
  return out;
}

std::string not_exercised_section(const SummaryData& data, const Paint& paint) {
  if (data.not_exercised.empty()) return "";
  std::string out = section("Not exercised", paint);
  for (const std::string& line : data.not_exercised)
    out += wrapped(fmt::format("- {}", printable(line)), 2, kWidth);
  return out;
}

std::string byte_row(std::string_view label, std::string_view times, std::string_view measure,
                     const Distribution& values) {
  return fmt::format("  {:<18}{:>11}  {:<9}{:>12}{:>12}{:>12}{:>12}\n", label, times, measure,
                     human_bytes(values.total()), human_bytes(values.least()),
                     human_bytes(values.median()), human_bytes(values.greatest()));
}

// In a world where each took seconds of real work, each is worth its own figures.
std::string each_transfer(const SummaryData& data) {
  std::string out;
  if (data.run.world == "sim") return out;
  for (const TransferTally& tally : data.way_back) {
    if (tally.each.empty()) continue;
    std::vector<std::string> pairs;
    for (const Transfer& transfer : tally.each)
      pairs.push_back(fmt::format("{}/{}", transfer.wire_bytes, transfer.dirty_bytes));
    out += listed(fmt::format("each {}, wire/dirtied in bytes", tally.operation), pairs);
  }
  return out;
}

// Less at the interface would be a meter that lies: the runner makes an error of that.
std::string interface_line(const SummaryData& data) {
  if (!data.interface_bytes || data.all_wire_bytes == 0) return "";
  const double more =
      static_cast<double>(*data.interface_bytes) - static_cast<double>(data.all_wire_bytes);
  return wrapped(fmt::format("in all sequences {} at the sockets; at the interface: {}, {:.1f} % "
                             "more than at the sockets",
                             human_bytes(data.all_wire_bytes), human_bytes(*data.interface_bytes),
                             100 * more / static_cast<double>(data.all_wire_bytes)),
                 2, kWidth);
}

std::string way_back_section(const SummaryData& data, const Paint& paint) {
  const bool any = std::any_of(data.way_back.begin(), data.way_back.end(),
                               [](const TransferTally& tally) { return tally.wire.count() > 0; });
  if (!any) return "";
  std::string out = section("The way back: bytes on the wire against bytes dirtied", paint);
  out += fmt::format("  {:<18}{:>11}  {:<9}{:>12}{:>12}{:>12}{:>12}\n", "operation", "times", "",
                     "total", "least", "median", "most");
  for (const TransferTally& tally : data.way_back) {
    if (tally.wire.count() == 0) continue;
    out += byte_row(tally.operation, grouped(tally.wire.count()), "wire", tally.wire);
    out += byte_row("", "", "dirtied", tally.dirty);
  }
  return out + each_transfer(data) + interface_line(data);
}

// All of them are in the JSON document.
std::string cold_goals(const SummaryData& data) {
  constexpr std::size_t kMostNamed = 10;
  std::string out;
  for (ColdList& cold : cold_lists(data.coverage, data.faults)) {
    if (cold.goal == "transition_pairs") continue;  // hundreds, which say little
    const std::size_t all = cold.names.size();
    if (all > kMostNamed) {
      cold.names.resize(kMostNamed);
      cold.names.push_back(fmt::format("and {} more", all - kMostNamed));
    }
    out += listed(cold.label, cold.names);
  }
  return out;
}

std::string missing_section(const SummaryData& data, const Paint& paint) {
  const std::vector<ColdList> missing = missing_coverage(data);
  if (missing.empty()) return "";
  std::string out = section("Required coverage that was not reached", paint);
  for (const ColdList& cold : missing)
    out += listed(fmt::format("{} ({})", cold.goal, cold.label), cold.names);
  return out;
}

std::string coverage_section(const SummaryData& data, const Paint& paint) {
  if (data.operations == 0) return "";
  const auto in_time = std::count_if(data.stages.begin(), data.stages.end(),
                                     [](const auto& entry) { return entry.second.in_time > 0; });
  std::string out = section("Coverage", paint);
  const std::string line = coverage_line(data.coverage);
  if (!line.empty()) out += wrapped("coverage: " + line, 2, kWidth);
  out += cold_goals(data);
  std::vector<std::string> outcomes;
  for (const auto& [outcome, times] : data.outcomes)
    outcomes.push_back(fmt::format("{} {}", grouped(times), printable_line(outcome)));
  out += listed("operations", outcomes);
  out += wrapped(
      fmt::format("steps inside {} of jobs", counted(static_cast<std::uint64_t>(in_time), "stage")),
      2, kWidth);
  FaultTally faults;
  for (const auto& [place, tally] : data.faults.places) {
    faults.injected += tally.injected;
    faults.effects += tally.effects;
  }
  if (faults.injected > 0)
    out += wrapped(
        fmt::format("faults: {} injected, {} calls went otherwise for them; {}",
                    grouped(faults.injected), grouped(faults.effects), fault_line(data.faults)),
        2, kWidth);
  return out;
}

std::string run_section(const SummaryData& data, double seconds, const Paint& paint) {
  std::string out = section("The run", paint);
  std::string what = fmt::format("{} in {}", printable_line(data.run.system), world_words(data));
  if (data.run.variant)
    what += fmt::format(", of the variant {}", printable_line(*data.run.variant));
  if (data.run.defect)
    what += fmt::format(", with the defect {}", printable_line(*data.run.defect));
  out += wrapped(what, 2, kWidth);
  out += wrapped(fmt::format("{}, {}, {} round the whole lifecycle, {}", extent(data, seconds),
                             counted(data.operations, "operation"), counted(data.loops, "time"),
                             counted(data.writes, "write")),
                 2, kWidth);
  out += repeated_line(data);
  if (!data.run.declared.empty())
    out += wrapped(printable(fmt::format("declared, so accepted and not counted as held: {}",
                                         fmt::join(data.run.declared, ", "))),
                   2, kWidth);
  out += fmt::format("  {}\n", power_words(data.power));
  if (!data.end.stopped_by.empty())
    out += fmt::format("  stopped by: {}\n", printable_line(data.end.stopped_by));
  for (const std::string& note : data.run.notes)
    out += wrapped(fmt::format("note: {}", printable(note)), 2, kWidth);
  if (data.replayed) return out;
  out += fmt::format("  seed {}; the same again:\n", data.run.seed);
  return out + fmt::format("    {}\n", printable_line(rerun_command(data)));
}

std::string repeated_text(const ViolationRepeated& repeated, std::size_t indent) {
  if (repeated.broke == repeated.runs)
    return wrapped(
        fmt::format("broken in all of {} of this sequence", counted(repeated.runs, "run")), indent,
        kWidth);
  std::string out = wrapped(fmt::format("FLAKY: broken in {} of {} of this sequence",
                                        grouped(repeated.broke), counted(repeated.runs, "run")),
                            indent, kWidth);
  if (!repeated.differs_at) return out;
  const auto or_nothing = [](const std::string& words) {
    return words.empty() ? std::string("nothing more") : printable_line(words);
  };
  return out +
         wrapped(fmt::format("the runs part at step {}: {} where it broke, {} where it did not",
                             *repeated.differs_at + 1, or_nothing(repeated.broken_run),
                             or_nothing(repeated.other_run)),
                 indent, kWidth);
}

}  // namespace

std::string finding_text(const Finding& finding, std::size_t indent) {
  const ViolationKept& kept = finding.kept;
  const std::string margin(indent, ' ');
  const std::string inner(indent + 2, ' ');
  std::string out =
      fmt::format("{}{} ({})\n", margin, printable_line(kept.property), printable_line(kept.kind));
  out += wrapped(printable(kept.message), indent + 2, kWidth);
  if (finding.known && finding.known->expired)
    out += wrapped(fmt::format("its entry in the baseline ended on {}: {}", finding.known->until,
                               printable(finding.known->reason)),
                   indent + 2, kWidth);
  if (finding.repeated) out += repeated_text(*finding.repeated, indent + 2);
  if (!finding.was_kept)
    return out + fmt::format("{}in sequence {}; not shrunk, no trace kept\n", inner, kept.sequence);
  out +=
      kept.steps < kept.steps_before
          ? fmt::format("{}sequence {}, shrunk from {} to {}:\n", inner, kept.sequence,
                        counted(kept.steps_before, "step"), grouped(kept.steps))
          : fmt::format("{}sequence {}, {}:\n", inner, kept.sequence, counted(kept.steps, "step"));
  for (std::size_t i = 0; i < kept.story.size(); ++i)
    out += wrapped(fmt::format("{}. {}", i + 1, printable(kept.story[i])), indent + 4, kWidth);
  const std::string replay = printable_line(replay_command(kept));
  if (replay.empty()) return out + inner + "no trace was kept\n";
  return out + fmt::format("{}see it again: {}\n", inner, replay);
}

std::string summary_text(const SummaryData& data, double seconds, bool colour) {
  const Paint paint(colour);
  return headline(data, seconds, paint) + findings_section(data, paint) +
         accepted_section(data, paint) + determinism_section(data, paint) +
         errors_section(data, paint) + properties_section(data, paint) +
         not_exercised_section(data, paint) + missing_section(data, paint) +
         way_back_section(data, paint) + coverage_section(data, paint) +
         run_section(data, seconds, paint);
}

}  // namespace switchback
