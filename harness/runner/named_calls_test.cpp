// SPDX-License-Identifier: Apache-2.0
// Which call of a stage a moment names.
#include "harness/runner/named_calls.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace switchback {
namespace {

/// Shows these points, each as often as written, and says at which of them the moment was.
std::vector<std::size_t> hits(const std::vector<JobPoint>& points, const Moment& moment) {
  NamedCalls calls;
  std::vector<std::size_t> found;
  for (std::size_t n = 0; n < points.size(); ++n) {
    calls.pass(points[n]);
    if (calls.is_at(moment, points[n])) found.push_back(n);
  }
  return found;
}

JobPoint point(std::string stage, unsigned call, std::string name) {
  return {.operation = Operation::enable,
          .stage = std::move(stage),
          .call = call,
          .call_name = std::move(name)};
}

using Positions = std::vector<std::size_t>;

TEST(NamedCalls, WithoutANameAreAllThatTheStageMakes) {
  const std::vector<JobPoint> job = {point("copy", 0, "record"), point("copy", 1, "write"),
                                     point("end", 0, "record"), point("end", 1, "write")};
  EXPECT_EQ(hits(job, {"copy", 1}), Positions{1});
  EXPECT_EQ(hits(job, {"end", 0}), Positions{2});
  EXPECT_EQ(hits(job, {"end", 2}), Positions{});
}

TEST(NamedCalls, AreCountedByTheirNameWithinTheirStage) {
  const std::vector<JobPoint> job = {point("copy", 0, "record"), point("copy", 1, "write"),
                                     point("copy", 2, "flush"),  point("copy", 3, "write"),
                                     point("copy", 4, "flush"),  point("end", 0, "record"),
                                     point("end", 1, "flush")};
  EXPECT_EQ(hits(job, {"copy", 0, "flush"}), Positions{2});
  EXPECT_EQ(hits(job, {"copy", 1, "flush"}), Positions{4});
  EXPECT_EQ(hits(job, {"copy", 2, "flush"}), Positions{});
  EXPECT_EQ(hits(job, {"end", 0, "flush"}), Positions{6});
  EXPECT_EQ(hits(job, {"end", 0, "write"}), Positions{});
}

TEST(NamedCalls, AreCountedOnceWhereTheJobIsLookedAtTwice) {
  const std::vector<JobPoint> job = {point("copy", 0, "record"), point("copy", 1, "write"),
                                     point("copy", 1, "write"), point("copy", 2, "write")};
  EXPECT_EQ(hits(job, {"copy", 0, "write"}), (Positions{1, 2}));
  EXPECT_EQ(hits(job, {"copy", 1, "write"}), Positions{3});
}

TEST(NamedCalls, BeginAnewWithTheStage) {
  const std::vector<JobPoint> job = {point("copy", 0, "record"), point("copy", 1, "write"),
                                     point("copy", 0, "record"), point("copy", 1, "write"),
                                     point("copy", 2, "write")};
  EXPECT_EQ(hits(job, {"copy", 0, "write"}), (Positions{1, 3}));
  EXPECT_EQ(hits(job, {"copy", 1, "write"}), Positions{4});
}

}  // namespace
}  // namespace switchback
