// SPDX-License-Identifier: Apache-2.0
// Keys in the order in which a person reads: the verdict first, tables last.
#include "reports/summary_json.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "reports/coverage_json.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

using Json = nlohmann::ordered_json;

Json properties_json(const SummaryData& data) {
  Json list = Json::array();
  for (const JudgedProperty& property : data.properties)
    list.push_back({{"name", property.info.name},
                    {"result", name_of(property.result())},
                    {"judged", property.judged},
                    {"broken", property.broken},
                    {"promise", property.info.promise},
                    {"source", property.info.source}});
  return list;
}

Json repeated_json(const ViolationRepeated& repeated) {
  return {{"runs", repeated.runs},
          {"broke", repeated.broke},
          {"differs_at", repeated.differs_at ? Json(*repeated.differs_at) : Json(nullptr)},
          {"broken_run", text_or_null(repeated.broken_run)},
          {"other_run", text_or_null(repeated.other_run)}};
}

Json baseline_json(const BaselineEntry& entry) {
  return {{"until", entry.until}, {"reason", entry.reason}, {"expired", entry.expired}};
}

Json violations_json(const SummaryData& data) {
  Json list = Json::array();
  for (const Finding& finding : data.findings) {
    const ViolationKept& kept = finding.kept;
    Json entry = {{"property", kept.property},
                  {"kind", kept.kind},
                  {"message", kept.message},
                  {"trace_file", text_or_null(kept.trace_file)},
                  {"replay", text_or_null(replay_command(kept))},
                  {"sequence", kept.sequence},
                  {"times_found", finding.found}};
    entry["steps"] = finding.was_kept ? Json(kept.steps) : Json(nullptr);
    entry["steps_before"] = finding.was_kept ? Json(kept.steps_before) : Json(nullptr);
    entry["candidates"] = kept.candidates;
    entry["story"] = kept.story;
    entry["repeated"] = finding.repeated ? repeated_json(*finding.repeated) : Json(nullptr);
    entry["baseline"] = finding.known ? baseline_json(*finding.known) : Json(nullptr);
    list.push_back(std::move(entry));
  }
  return list;
}

Json baseline_not_seen_json(const SummaryData& data) {
  Json list = Json::array();
  for (const BaselineEntry& entry : baseline_not_seen(data))
    list.push_back({{"property", entry.property}, {"kind", entry.kind}});
  return list;
}

Json distribution_json(const Distribution& values) {
  return {{"total", values.total()},
          {"min", values.least()},
          {"median", values.median()},
          {"max", values.greatest()}};
}

Json way_back_json(const SummaryData& data) {
  Json object = Json::object();
  for (const TransferTally& tally : data.way_back) {
    Json entry = {{"count", tally.wire.count()},
                  {"wire_bytes", distribution_json(tally.wire)},
                  {"dirty_bytes", distribution_json(tally.dirty)}};
    Json each = Json::array();
    for (const Transfer& transfer : tally.each)
      each.push_back({{"sequence", transfer.sequence},
                      {"step", transfer.step},
                      {"wire_bytes", transfer.wire_bytes},
                      {"dirty_bytes", transfer.dirty_bytes}});
    entry["each"] = tally.wire.count() > kMostTransfers ? Json(nullptr) : std::move(each);
    object[tally.operation] = std::move(entry);
  }
  return object;
}

Json faults_json(const SummaryData& data) {
  Json list = Json::array();
  for (const auto& [place, tally] : data.faults.places)
    list.push_back({{"kind", place.kind},
                    {"operation", text_or_null(place.operation)},
                    {"stage", text_or_null(place.stage)},
                    {"injected", tally.injected},
                    {"effects", tally.effects}});
  return list;
}

Json errors_json(const SummaryData& data) {
  Json list = Json::array();
  for (const EnvironmentError& error : data.errors)
    list.push_back({{"sequence", error.sequence ? Json(*error.sequence) : Json(nullptr)},
                    {"message", error.message}});
  return list;
}

Json determinism_json(const SummaryData& data) {
  Json list = Json::array();
  for (const SequenceRepeated& repeated : data.differing)
    list.push_back({{"sequence", repeated.index},
                    {"differs_in", repeated.differs_in},
                    {"position", repeated.event},
                    {"first", text_or_null(repeated.first)},
                    {"second", text_or_null(repeated.second)}});
  return {{"run_twice", data.sequences_repeated},
          {"differing", data.sequences_differing},
          {"differences", std::move(list)}};
}

}  // namespace

std::string summary_json(const SummaryData& data, double seconds, const std::string& stopped_by) {
  const RunVerdict verdict = data.verdict();
  Json json;
  json["version"] = kSummaryVersion;
  json["verdict"] = name_of(verdict);
  json["exit_code"] = exit_code(verdict);
  // As a string: readers that know only doubles would round it.
  json["seed"] = std::to_string(data.run.seed);
  json["sequences"] = data.sequences;
  json["steps"] = data.steps;
  json["seconds"] = std::isfinite(seconds) ? Json(seconds) : Json(nullptr);
  json["stopped_by"] = stopped_by;
  json["tool"] = data.run.tool;
  json["world"] = data.run.world;
  json["system"] = data.run.system;
  json["defect"] = data.run.defect ? Json(*data.run.defect) : Json(nullptr);
  json["variant"] = data.run.variant ? Json(*data.run.variant) : Json(nullptr);
  json["declared"] = data.run.declared;
  json["planted_defects"] =
      data.power ? Json{{"found", data.power->found}, {"planted", data.power->planted}}
                 : Json(nullptr);
  json["operations"] = data.operations;
  json["operations_done"] = data.operations_done;
  json["loops"] = data.loops;
  json["writes"] = data.writes;
  json["wire_bytes"] = data.wire_bytes;
  json["dirty_bytes"] = data.dirty_bytes;
  json["all_wire_bytes"] = data.all_wire_bytes;
  json["interface_bytes"] = data.interface_bytes ? Json(*data.interface_bytes) : Json(nullptr);
  json["properties"] = properties_json(data);
  json["violations"] = violations_json(data);
  json["baseline_not_seen"] = baseline_not_seen_json(data);
  json["not_exercised"] = data.not_exercised;
  json["way_back"] = way_back_json(data);
  json["coverage"] = coverage_json(data);
  json["faults"] = faults_json(data);
  json["sequences_in_error"] = data.sequences_in_error;
  json["errors"] = errors_json(data);
  json["determinism"] = determinism_json(data);
  json["notes"] = data.run.notes;
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace switchback
