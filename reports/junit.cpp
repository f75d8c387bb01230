// SPDX-License-Identifier: Apache-2.0
// The document is built as a tree, so that nothing in it can be escaped wrongly.
#include "reports/junit.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "reports/output_file.hpp"
#include "reports/summary_text.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

void attribute(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(printable_line(value).c_str());
}

void number(pugi::xml_node node, const char* name, std::uint64_t value) {
  node.append_attribute(name).set_value(std::to_string(value).c_str());
}

void duration(pugi::xml_node node, double seconds) {
  const double told = std::isfinite(seconds) && seconds > 0 ? seconds : 0;
  node.append_attribute("time").set_value(fmt::format("{:.3f}", told).c_str());
}

void text(pugi::xml_node node, std::string_view value) {
  node.append_child(pugi::node_pcdata).set_value(printable(value).c_str());
}

void property(pugi::xml_node list, std::string_view name, std::string_view value) {
  pugi::xml_node node = list.append_child("property");
  attribute(node, "name", name);
  attribute(node, "value", value);
}

void append_properties(pugi::xml_node suite, const SummaryData& data) {
  pugi::xml_node list = suite.append_child("properties");
  property(list, "verdict", name_of(data.verdict()));
  property(list, "seed", std::to_string(data.run.seed));
  property(list, "tool", data.run.tool);
  property(list, "world", data.run.world);
  property(list, "system", data.run.system);
  if (data.run.defect) property(list, "defect", *data.run.defect);
  if (data.run.variant) property(list, "variant", *data.run.variant);
  for (const std::string& word : data.run.declared)
    property(list, "declared", word);
  property(list, "planted_defects", power_words(data.power));
  property(list, "stopped_by", data.end.stopped_by);
  property(list, "sequences", std::to_string(data.sequences));
  property(list, "steps", std::to_string(data.steps));
  property(list, "operations", std::to_string(data.operations));
  property(list, "loops", std::to_string(data.loops));
  property(list, "wire_bytes", std::to_string(data.wire_bytes));
  property(list, "dirty_bytes", std::to_string(data.dirty_bytes));
  for (const std::string& line : data.not_exercised)
    property(list, "not_exercised", line);
  for (const std::string& note : data.run.notes)
    property(list, "note", note);
  for (const Finding& finding : data.findings)
    if (!finding.kept.trace_file.empty()) property(list, "attachment", finding.kept.trace_file);
}

/// Everything that a person needs who sees this text and nothing else.
std::string failure_text(const SummaryData& data, const JudgedProperty& broken, double seconds) {
  std::string out = fmt::format("promise: {}\nsource: {}\nseed: {}\n", broken.info.promise,
                                broken.info.source, data.run.seed);
  for (const Finding& finding : data.findings)
    if (finding.kept.property == broken.info.name)
      out += fmt::format("\n{}", finding_text(finding, 0));
  const std::string again = rerun_command(data);
  if (!again.empty()) out += fmt::format("\nthe whole run again: {}\n", again);
  return fmt::format("{}\n{}", out, summary_text(data, seconds, /*colour=*/false));
}

void append_failure(pugi::xml_node test, const SummaryData& data, const JudgedProperty& broken,
                    double seconds) {
  pugi::xml_node failure = test.append_child("failure");
  std::string message = "the promise was broken";
  std::string kind = "violation";
  std::string attachments;
  bool first = true;
  for (const Finding& finding : data.findings) {
    if (finding.kept.property != broken.info.name) continue;
    if (first) {
      message = finding.kept.message;
      kind = finding.kept.kind;
    }
    first = false;
    if (!finding.kept.trace_file.empty())
      attachments += fmt::format("[[ATTACHMENT|{}]]\n", finding.kept.trace_file);
  }
  attribute(failure, "message", message);
  attribute(failure, "type", kind);
  text(failure, failure_text(data, broken, seconds));
  if (!attachments.empty()) text(test.append_child("system-out"), attachments);
}

pugi::xml_node append_case(pugi::xml_node suite, const SummaryData& data, std::string_view name,
                           double seconds) {
  pugi::xml_node test = suite.append_child("testcase");
  attribute(test, "classname", fmt::format("switchback.{}", data.run.world));
  attribute(test, "name", name);
  duration(test, seconds);
  return test;
}

/// Neither is passed nor failed: what nothing judged, and what the baseline accepts.
bool is_skipped(const JudgedProperty& judged) {
  return judged.result() == PropertyResult::not_exercised ||
         judged.result() == PropertyResult::accepted;
}

std::string skipped_words(const SummaryData& data, const JudgedProperty& judged) {
  std::string words;
  for (const Finding& finding : data.findings)
    if (finding.kept.property == judged.info.name && finding.accepted())
      words += fmt::format("{}broken ({}), accepted until {}: {}", words.empty() ? "" : "; ",
                           finding.kept.kind, finding.known->until, finding.known->reason);
  return words.empty() ? "not exercised: nothing happened that it could judge" : words;
}

bool run_is_conclusive(const SummaryData& data) {
  return data.operations_done > 0 && !data.disturbed();
}

void append_run_case(pugi::xml_node suite, const SummaryData& data, double seconds) {
  pugi::xml_node test = append_case(suite, data, "run", 0);
  if (run_is_conclusive(data)) return;
  pugi::xml_node error = test.append_child("error");
  std::string message = "trouble of the environment";
  std::string type = data.cut_short() ? data.end.stopped_by : "environment";
  if (!data.errors.empty()) {
    message = data.errors.front().message;
  } else if (data.operations_done == 0) {
    message = "nothing was tested: no operation ended done";
    type = "nothing_tested";
  }
  attribute(error, "message", message);
  attribute(error, "type", type);
  std::string details;
  for (const EnvironmentError& entry : data.errors)
    details += entry.message + "\n";
  text(error, fmt::format("{}\n{}", details, summary_text(data, seconds, /*colour=*/false)));
}

/// Only of a run that looked.
void append_determinism_case(pugi::xml_node suite, const SummaryData& data, double seconds) {
  if (data.sequences_repeated == 0) return;
  pugi::xml_node test = append_case(suite, data, "determinism", 0);
  if (data.differing.empty()) return;
  pugi::xml_node failure = test.append_child("failure");
  attribute(failure, "message",
            fmt::format("sequence {} did something else when it ran again",
                        data.differing.front().index));
  attribute(failure, "type", "not_deterministic");
  text(failure, summary_text(data, seconds, /*colour=*/false));
}

}  // namespace

std::string junit_xml(const SummaryData& data, double seconds) {
  std::uint64_t failures = data.sequences_differing > 0 ? 1 : 0;
  std::uint64_t skipped = 0;
  for (const JudgedProperty& judged : data.properties) {
    failures += judged.result() == PropertyResult::violated ? 1 : 0;
    skipped += is_skipped(judged) ? 1 : 0;
  }
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  pugi::xml_node suites = document.append_child("testsuites");
  pugi::xml_node suite = suites.append_child("testsuite");
  for (pugi::xml_node node : {suites, suite}) {
    attribute(node, "name", node == suites ? "switchback" : data.run.world);
    number(node, "tests", data.properties.size() + (data.sequences_repeated > 0 ? 2 : 1));
    number(node, "failures", failures);
    number(node, "errors", run_is_conclusive(data) ? 0 : 1);
    number(node, "skipped", skipped);
    duration(node, seconds);
  }
  append_properties(suite, data);
  const double share =
      seconds / static_cast<double>(std::max<std::size_t>(data.properties.size(), 1));
  for (const JudgedProperty& judged : data.properties) {
    pugi::xml_node test = append_case(suite, data, judged.info.name, share);
    if (judged.result() == PropertyResult::violated) append_failure(test, data, judged, seconds);
    if (is_skipped(judged))
      attribute(test.append_child("skipped"), "message", skipped_words(data, judged));
  }
  append_determinism_case(suite, data, seconds);
  append_run_case(suite, data, seconds);
  text(suite.append_child("system-out"), summary_text(data, seconds, /*colour=*/false));
  std::ostringstream out;
  document.save(out, "  ", pugi::format_indent, pugi::encoding_utf8);
  return out.str();
}

Nothing write_junit(const std::filesystem::path& path, const SummaryData& data, double seconds) {
  Nothing written = write_whole_file(path, junit_xml(data, seconds));
  if (!written) return tl::unexpected(written.error().within("JUnit report"));
  return {};
}

}  // namespace switchback
