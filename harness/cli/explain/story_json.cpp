// SPDX-License-Identifier: Apache-2.0
// The story of a trace for programs. docs/explain.md names every key.
#include <nlohmann/json.hpp>

#include "harness/cli/explain/story.hpp"
#include "harness/cli/explain/timeline.hpp"

namespace switchback {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

/// Steps are numbered from 1, as in the text.
Json number_of(const std::optional<std::size_t>& step) {
  return step ? Json(*step + 1) : Json(nullptr);
}

Json json_of(const ToldPlace& place) {
  return {{"operation", place.operation}, {"stage", place.stage}, {"call", place.call}};
}

Json json_of(const Standing& standing) {
  return {{"primary", standing.primary}, {"recovery", standing.recovery}};
}

Json json_of(const ToldWrite& write) {
  return {{"write", write.number},
          {"step", number_of(write.step)},
          {"issued_ns", write.issued ? Json(write.issued->count()) : Json(nullptr)}};
}

Json json_of(const WrongBlock& wrong) {
  return {{"image", wrong.image},
          {"trouble", wrong.trouble},
          {"blocks", wrong.blocks},
          {"disk", wrong.disk},
          {"block", wrong.block},
          {"shows", json_of(wrong.shows)},
          {"should_show", wrong.expected ? json_of(*wrong.expected) : Json(nullptr)}};
}

Json json_of(const ToldPoint& point) {
  return {{"id", point.id},
          {"cut_ns", point.cut.count()},
          {"app_consistent", point.app_consistent},
          {"judged", point.judged}};
}

template <class Value>
Json list_of(const std::vector<Value>& values) {
  Json list = Json::array();
  for (const Value& value : values)
    list.push_back(json_of(value));
  return list;
}

Json told(const ToldStep& step) {
  return {{"what", "step"},
          {"inside", step.inside ? json_of(*step.inside) : Json(nullptr)},
          {"too_late", step.too_late}};
}

Json told(const ToldOperation& operation) {
  return {{"what", "operation"},
          {"item", operation.item},
          {"operation", operation.operation},
          {"choices", operation.choices},
          {"by_clock", operation.by_clock},
          {"expected", text_or_null(operation.expected)},
          {"outcome", operation.outcome},
          {"reason", operation.reason},
          {"before", operation.before},
          {"after", operation.after},
          {"system_says", text_or_null(operation.system_says)},
          {"health", operation.health},
          {"at_ns", operation.at.count()},
          {"calls", operation.calls},
          {"wire_bytes", operation.wire_bytes},
          {"faults", operation.faults},
          {"points_made", list_of(operation.made)},
          {"points_gone", operation.gone},
          {"started_from", or_null(operation.started_from)},
          {"tested_from", or_null(operation.tested_from)},
          {"wrong_blocks", list_of(operation.wrong)},
          {"standing", operation.standing ? json_of(*operation.standing) : Json(nullptr)}};
}

Json told(const ToldFault& fault) {
  Json hit = nullptr;
  if (fault.inside) hit = {{"operation", fault.inside->operation}, {"stage", fault.inside->stage}};
  return {{"what", "fault"},
          {"kind", fault.kind},
          {"hits", hit},
          {"lost", fault.lost},
          {"effects", list_of(fault.changed)}};
}

Json told(const ToldHealing&) {
  return {{"what", "healing"}};
}

Json told(const ToldViolation& violation) {
  return {{"what", "violation"},
          {"property", violation.property},
          {"kind", violation.kind},
          {"message", violation.message}};
}

Json happenings_of(const Story& story) {
  Json list = Json::array();
  for (const Happening& happening : story.chronicle.happenings) {
    Json one = {{"step", happening.step + 1}};
    one.update(std::visit([](const auto& what) { return told(what); }, happening.what));
    list.push_back(std::move(one));
  }
  return list;
}

Json steps_of(const Story& story) {
  Json list = Json::array();
  for (std::size_t step = 0; step < story.needs.size(); ++step)
    list.push_back({{"step", step + 1},
                    {"words", describe(story.trace.sequence.steps[step])},
                    {"need", name_of(story.needs[step])}});
  return list;
}

Json broken_of(const Story& story) {
  Json list = Json::array();
  for (const BrokenPromise& broken : story.broken)
    list.push_back({{"property", broken.violation.property},
                    {"kind", broken.violation.kind},
                    {"step", broken.step + 1},
                    {"promise", broken.promise},
                    {"source", broken.source},
                    {"message", broken.violation.message}});
  return list;
}

Json timeline_json(const Story& story) {
  Json list = Json::array();
  for (const TimelineRow& row : timeline_of(story))
    list.push_back({{"step", number_of(row.step)},
                    {"item", row.item},
                    {"at_ns", row.at ? Json(row.at->count()) : Json(nullptr)},
                    {"what", row.what},
                    {"times", row.times},
                    {"standing", row.standing ? json_of(*row.standing) : Json(nullptr)}});
  return list;
}

}  // namespace

std::string story_json(const Story& story) {
  const std::optional<ExpectedViolation>& expected = story.trace.violation;
  Json kept_for = nullptr;
  if (expected) kept_for = {{"property", expected->property}, {"kind", expected->kind}};
  const Json document = {{"version", 1},
                         {"file", story.file},
                         {"variant", or_null(story.trace.variant)},
                         {"defect", or_null(story.trace.defect)},
                         {"verdict", name_of(story.verdict)},
                         {"error", text_or_null(story.chronicle.error)},
                         {"kept_for", kept_for},
                         {"promises_judged", story.promises_judged},
                         {"broken", broken_of(story)},
                         {"steps", steps_of(story)},
                         {"happenings", happenings_of(story)},
                         {"timeline", timeline_json(story)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace switchback
