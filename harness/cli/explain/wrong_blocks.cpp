// SPDX-License-Identifier: Apache-2.0
// See wrong_blocks.hpp.
#include "harness/cli/explain/wrong_blocks.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace switchback {
namespace {

class WrongBlocks {
 public:
  explicit WrongBlocks(const TellWrite& tell) : tell_(tell) {}

  /// An image that is to hold all that was safe up to this tick, and is to be a legal cut.
  void add_cut(const std::string& image, const CutReport& cut, const Journal& journal,
               Tick complete_to) {
    add(image, "is torn", cut.torn, journal, false);
    add(image, "is corrupt", cut.corrupt, journal, false);
    add(image, "is of another VM, disk or run", cut.foreign, journal, false);
    add(image, "is of another branch of history", cut.superseded, journal, true);
    if (cut.in_order && cut.missing_since > complete_to) return;
    std::string trouble = "lacks a write";
    if (!cut.in_order)
      trouble = fmt::format("lacks a write, but shows write {}, issued after that was safe",
                            cut.newest_shown->shows);
    BlockCount missing;
    missing.count = 1;
    missing.first = cut.earliest_missing;
    add(image, trouble, missing, journal, true);
  }
  /// An image that is to hold every acknowledged write.
  void add_lost(const std::string& image, const CutReport& cut, const Journal& journal) {
    add(image, "lacks an acknowledged write", cut.lost, journal, true);
  }
  void add_changed(const std::string& image, std::string_view trouble, const BlockWitness& first,
                   std::uint64_t count, const Journal& journal) {
    BlockCount counted;
    counted.count = count;
    counted.first = first;
    add(image, trouble, counted, journal, true);
  }

  std::vector<WrongBlock> take() { return std::move(found_); }

 private:
  void add(const std::string& image, std::string_view trouble, const BlockCount& counted,
           const Journal& journal, bool expects) {
    if (counted.count == 0 || !counted.first) return;
    const BlockWitness& first = *counted.first;
    WrongBlock wrong{.image = image,
                     .trouble = std::string(trouble),
                     .blocks = counted.count,
                     .disk = first.disk,
                     .block = first.block,
                     .shows = tell_(journal, first.shows),
                     .expected = std::nullopt};
    if (expects) wrong.expected = tell_(journal, first.expected);
    found_.push_back(std::move(wrong));
  }

  const TellWrite& tell_;
  std::vector<WrongBlock> found_;
};

}  // namespace

std::vector<WrongBlock> wrong_blocks(const OperationEvidence& evidence, const TellWrite& tell) {
  WrongBlocks wrong(tell);
  for (const PointImage& point : evidence.new_points)
    wrong.add_cut("recovery point " + point.point.id, point.cut, *point.journal, point.complete_to);
  for (const AlteredPoint& altered : evidence.altered_points)
    if (altered.gone.empty())
      wrong.add_changed("recovery point " + altered.id, "no longer shows what it did",
                        altered.first, 1, evidence.journal);
  const auto add_copy = [&](const std::optional<StartedCopy>& copy, std::string_view what) {
    if (!copy) return;
    const std::string image = fmt::format("{} started from point {}", what, copy->point);
    wrong.add_cut(image, copy->cut, *copy->journal, 0);
    if (copy->differs)
      wrong.add_changed(image, "differs from that point", *copy->differs, copy->differing,
                        *copy->journal);
    if (evidence.operation == Operation::planned_failover)
      wrong.add_lost(image, copy->cut, *copy->journal);
  };
  add_copy(evidence.target, "the copy");
  add_copy(evidence.test, "the test copy");
  if (evidence.active_image) {
    wrong.add_cut("the disks that are active", *evidence.active_image, evidence.journal, 0);
    wrong.add_lost("the disks that are active", *evidence.active_image, evidence.journal);
  }
  return wrong.take();
}

}  // namespace switchback
