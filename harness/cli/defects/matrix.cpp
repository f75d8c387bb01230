// SPDX-License-Identifier: Apache-2.0
// See matrix.hpp.
#include "harness/cli/defects/matrix.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace switchback {
namespace {

using Json = nlohmann::ordered_json;

double median_seconds(const std::vector<DefectTrial>& trials) {
  std::vector<double> seconds;
  for (const DefectTrial& trial : trials)
    if (trial.found) seconds.push_back(trial.found->seconds);
  if (seconds.empty()) return 0;
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

Json json_of(const std::optional<DefectFound>& found) {
  if (!found) return nullptr;
  return {{"property", found->property},
          {"kind", found->kind},
          {"sequences", found->sequences},
          {"seconds", found->seconds}};
}

Json json_of(const DefectTrial& trial) {
  const Json depth = trial.depth ? Json(*trial.depth) : Json();
  const Json because = trial.deeper_because.empty() ? Json() : Json(trial.deeper_because);
  return {{"defect", trial.defect},
          {"breaks", trial.breaks},
          {"found", json_of(trial.found)},
          {"sequences", trial.sequences},
          {"steps", trial.steps},
          {"depth", depth},
          {"deeper_because", because},
          {"trace", trial.trace.string()},
          {"message", trial.message},
          {"wrong", trial.wrong},
          {"otherwise", json_of(trial.otherwise)}};
}

}  // namespace

std::size_t DefectMatrix::found() const {
  return static_cast<std::size_t>(
      std::count_if(trials.begin(), trials.end(),
                    [](const DefectTrial& trial) { return trial.found.has_value(); }));
}

bool DefectMatrix::passed() const {
  return !trials.empty() && accusations.empty() &&
         std::all_of(variants.begin(), variants.end(),
                     [](const VariantTrial& trial) { return trial.accusations.empty(); }) &&
         std::all_of(trials.begin(), trials.end(),
                     [](const DefectTrial& trial) { return trial.passed(); });
}

std::string matrix_heading() {
  return fmt::format("{:<38} {:<36} {:>9} {:>8} {:>6} {:>5}  {}\n", "defect", "found by",
                     "sequences", "seconds", "steps", "depth", "without that property");
}

std::string matrix_line(const DefectTrial& trial) {
  if (!trial.found)
    return fmt::format("{:<38} {:<36} {:>9}\n", trial.defect, "SURVIVED (" + trial.breaks + ")",
                       trial.sequences);
  return fmt::format("{:<38} {:<36} {:>9} {:>8.1f} {:>6} {:>5}  {}\n", trial.defect,
                     trial.found->property, trial.found->sequences, trial.found->seconds,
                     trial.steps, trial.depth ? std::to_string(*trial.depth) : "-",
                     trial.otherwise ? trial.otherwise->property : "not found");
}

std::string variant_heading() {
  return fmt::format("\n{:<38} {:<36} {:>9}\n", "sound variant", "accused", "sequences");
}

std::string variant_line(const VariantTrial& trial) {
  return fmt::format("{:<38} {:<36} {:>9}\n", trial.variant,
                     trial.accusations.empty() ? "no" : "ACCUSED", trial.sequences);
}

std::string matrix_ending(const DefectMatrix& matrix) {
  std::string text = fmt::format(
      "\n{}/{} planted defects found by this build (seed {}); median {:.1f} s, all in "
      "{:.0f} s\n",
      matrix.found(), matrix.trials.size(), matrix.seed, median_seconds(matrix.trials),
      matrix.seconds);
  for (const DefectTrial& trial : matrix.trials)
    for (const std::string& wrong : trial.wrong)
      text += fmt::format("WRONG: {}: {}\n", trial.defect, wrong);
  for (const std::string& accusation : matrix.accusations)
    text += fmt::format("WRONG: the sound service: {}\n", accusation);
  for (const VariantTrial& trial : matrix.variants)
    for (const std::string& accusation : trial.accusations)
      text += fmt::format("WRONG: the sound variant {}: {}\n", trial.variant, accusation);
  if (matrix.accusations.empty())
    text +=
        fmt::format("the sound service was not accused in {} sequences\n", matrix.sound_sequences);
  const auto accused =
      std::count_if(matrix.variants.begin(), matrix.variants.end(),
                    [](const VariantTrial& trial) { return !trial.accusations.empty(); });
  if (!matrix.variants.empty())
    text += fmt::format("{} of {} sound variants were accused\n", accused, matrix.variants.size());
  return text;
}

std::string matrix_json(const DefectMatrix& matrix) {
  Json document = {
      {"tool", matrix.tool},
      {"seed", matrix.seed},
      {"max_sequences", matrix.max_sequences},
      {"passed", matrix.passed()},
      {"found", matrix.found()},
      {"planted", matrix.trials.size()},
      {"seconds", matrix.seconds},
      {"median_seconds", median_seconds(matrix.trials)},
      {"sound", {{"sequences", matrix.sound_sequences}, {"accusations", matrix.accusations}}},
      {"variants", Json::array()},
      {"defects", Json::array()}};
  for (const VariantTrial& trial : matrix.variants)
    document["variants"].push_back({{"variant", trial.variant},
                                    {"sequences", trial.sequences},
                                    {"accusations", trial.accusations}});
  for (const DefectTrial& trial : matrix.trials)
    document["defects"].push_back(json_of(trial));
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace switchback
