// SPDX-License-Identifier: Apache-2.0
// See campaign_run.hpp.
#include "harness/campaign/campaign_run.hpp"

namespace switchback {
namespace {

class Buffer final : public EventSink {
 public:
  explicit Buffer(bool reads_steps) : reads_steps_(reads_steps) {}
  void on(const Event& event) override { events.push_back(event); }
  [[nodiscard]] bool reads_steps() const override { return reads_steps_; }
  std::vector<Event> events;

 private:
  bool reads_steps_;
};

}  // namespace

void CampaignRun::tell(std::uint64_t index, EventSink& sink) const {
  sink.on(start_of(drawn, index));
  for (const Event& event : events)
    sink.on(event);
  sink.on(end_of(result, index));
}

SequenceStarted start_of(const DrawnSequence& drawn, std::uint64_t index) {
  SequenceStarted started{.index = index,
                          .seed = drawn.sequence.seed,
                          .disk_sizes = {},
                          .steps = drawn.sequence.steps.size(),
                          .profile = drawn.profile};
  for (const DiskSpec& disk : drawn.sequence.disks)
    started.disk_sizes.push_back(disk.size_bytes);
  return started;
}

SequenceEnded end_of(const SequenceResult& result, std::uint64_t index) {
  SequenceEnded ended{.index = index,
                      .verdict = "held",
                      .error = {},
                      .steps_run = result.steps_run,
                      .writes = result.writes,
                      .loops = result.loops,
                      .wire_bytes = result.wire.total(),
                      .properties = result.tallies};
  if (result.at_interface) ended.interface_bytes = result.at_interface->total();
  if (result.error) {
    ended.verdict = "error";
    ended.error = result.error->message;
    if (!result.error->remedy.empty()) ended.error += " (" + result.error->remedy + ")";
  }
  if (!result.violations.empty()) ended.verdict = "violated";
  return ended;
}

SequenceResult run_in_fresh_world(WorldFactory& worlds,
                                  const std::vector<std::unique_ptr<const Property>>& properties,
                                  const CampaignOptions& options, const Sequence& sequence,
                                  std::uint64_t index, EventSink& events, bool digest_state,
                                  CallsByStage* calls) {
  Result<World> world = worlds.make(sequence.seed);
  if (!world) {
    SequenceResult result;
    result.error = world.error();
    return result;
  }
  SequenceContext context{.index = index,
                          .properties = properties,
                          .events = events,
                          .interrupted = options.interrupted,
                          .slow_images = !worlds.deterministic(),  // real disks
                          .digest_state = digest_state};
  if (calls != nullptr)
    context.at_point = [calls](std::size_t, const JobPoint& point) {
      (*calls)[{point.operation, point.stage}].add(point.call_name, point.call + 1);
    };
  return run_sequence(*world, sequence, context);
}

CampaignRun run_drawn(WorldFactory& worlds,
                      const std::vector<std::unique_ptr<const Property>>& properties,
                      const CampaignOptions& options, DrawnSequence drawn, std::uint64_t index,
                      RunDetail detail) {
  Buffer buffer(detail.steps);
  CampaignRun run{
      .drawn = std::move(drawn), .result = {}, .events = {}, .calls = {}, .repeated = {}};
  const WatchedSequence watched(options.watch, index, run.drawn.sequence);
  run.result = run_in_fresh_world(worlds, properties, options, run.drawn.sequence, index, buffer,
                                  detail.digest_state, detail.calls ? &run.calls : nullptr);
  run.events = std::move(buffer.events);
  return run;
}

}  // namespace switchback
