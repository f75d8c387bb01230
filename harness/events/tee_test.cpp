// SPDX-License-Identifier: Apache-2.0
// Every sink hears everything, in order.
#include "harness/events/tee.hpp"

#include <string>

#include <gtest/gtest.h>

namespace switchback {
namespace {

class Listener final : public EventSink {
 public:
  Listener(std::string name, std::string& heard) : name_(std::move(name)), heard_(heard) {}
  void on(const Event& event) override { heard_ += name_ + std::to_string(event.index()) + " "; }

 private:
  std::string name_;
  std::string& heard_;
};

TEST(Tee, HandsEachEventToEachSinkInOrder) {
  std::string heard;
  Listener first("a", heard);
  Listener second("b", heard);
  Tee tee;
  tee.on(RunStarted{});
  tee.add(first);
  tee.add(second);
  tee.on(RunStarted{});
  tee.on(RunEnded{});
  EXPECT_EQ(heard, "a0 b0 a9 b9 ");
}

}  // namespace
}  // namespace switchback
