// SPDX-License-Identifier: Apache-2.0
// The relay between the sites: what it counts, and how it is cut. No VM is needed for that.
#include "vms/hosts/libvirt/wire_meter.hpp"

#include <array>
#include <filesystem>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace switchback::libvirt {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    // No test waits forever.
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(number_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Descriptor(Descriptor&& from) noexcept : number_(std::exchange(from.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }

  void send_all(std::size_t bytes) const {
    const std::vector<char> data(bytes, 'x');
    for (std::size_t sent = 0; sent < bytes;) {
      const ssize_t part = ::send(number_, data.data() + sent, bytes - sent, MSG_NOSIGNAL);
      ASSERT_GT(part, 0);
      sent += static_cast<std::size_t>(part);
    }
  }
  /// How many of `bytes` arrive before the connection ends.
  [[nodiscard]] std::size_t receive(std::size_t bytes) const {
    std::vector<char> data(bytes);
    std::size_t got = 0;
    while (got < bytes) {
      const ssize_t part = ::recv(number_, data.data() + got, bytes - got, 0);
      if (part <= 0) break;
      got += static_cast<std::size_t>(part);
    }
    return got;
  }

 private:
  int number_;
};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

Descriptor connect_to(const std::string& path) {
  Descriptor client(::socket(AF_UNIX, SOCK_STREAM, 0));
  const sockaddr_un address = address_of(path);
  EXPECT_EQ(0,
            ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  return client;
}

/// A folder with a listening server in it.
class WireMeterTest : public testing::Test {
 protected:
  WireMeterTest() : server_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    std::string folder = testing::TempDir() + "wire-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    const sockaddr_un address = address_of(socket());
    EXPECT_EQ(0,
              ::bind(server_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    EXPECT_EQ(0, ::listen(server_.get(), 8));
    meter_ = WireMeter::start().value();
  }
  ~WireMeterTest() override {
    meter_.reset();
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::string socket() const { return folder_ + "/server"; }
  [[nodiscard]] Descriptor accept() const {
    return Descriptor(::accept(server_.get(), nullptr, nullptr));
  }

  std::string folder_;
  Descriptor server_;
  std::unique_ptr<WireMeter> meter_;
};

TEST_F(WireMeterTest, CountsEachDirectionToTheByte) {
  const std::string routed = meter_->route(Site::recovery, socket()).value();
  const Descriptor client = connect_to(routed);
  const Descriptor served = accept();
  std::thread sender([&] { client.send_all(3'000'001); });
  EXPECT_EQ(3'000'001U, served.receive(3'000'001));
  sender.join();
  served.send_all(777);
  EXPECT_EQ(777U, client.receive(777));
  EXPECT_EQ(3'000'001U, meter_->count().to_recovery);
  EXPECT_EQ(777U, meter_->count().to_primary);
}

TEST_F(WireMeterTest, WhatGoesToThePrimarySiteIsCountedThere) {
  const std::string routed = meter_->route(Site::primary, socket()).value();
  const Descriptor client = connect_to(routed);
  const Descriptor served = accept();
  client.send_all(10);
  ASSERT_EQ(10U, served.receive(10));
  EXPECT_EQ(10U, meter_->count().to_primary);
  EXPECT_EQ(0U, meter_->count().to_recovery);
}

TEST_F(WireMeterTest, AnEndOfInputCrossesToo) {
  const std::string routed = meter_->route(Site::recovery, socket()).value();
  const Descriptor client = connect_to(routed);
  const Descriptor served = accept();
  client.send_all(5);
  ::shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(5U, served.receive(100));
  served.send_all(6);
  EXPECT_EQ(6U, client.receive(6));
}

TEST_F(WireMeterTest, ACutDropsConnectionsAndRefusesNewOnesUntilHealed) {
  const std::string routed = meter_->route(Site::recovery, socket()).value();
  const Descriptor before = connect_to(routed);
  const Descriptor served = accept();
  before.send_all(1);
  ASSERT_EQ(1U, served.receive(1));
  meter_->cut();
  EXPECT_EQ(0U, before.receive(1));
  EXPECT_EQ(0U, served.receive(1));
  EXPECT_FALSE(meter_->route(Site::recovery, socket()).has_value());
  const Descriptor during = connect_to(routed);
  EXPECT_EQ(0U, during.receive(1)) << "accepted by the system, ended by the relay";
  meter_->heal();
  const Descriptor after = connect_to(routed);
  const Descriptor served_again = accept();
  after.send_all(2);
  EXPECT_EQ(2U, served_again.receive(2));
  EXPECT_EQ(3U, meter_->count().to_recovery);
}

TEST_F(WireMeterTest, AClosedRouteIsGone) {
  const std::string routed = meter_->route(Site::recovery, socket()).value();
  const Descriptor client = connect_to(routed);
  const Descriptor served = accept();
  meter_->close(routed);
  EXPECT_EQ(0U, client.receive(1));
  EXPECT_EQ(0U, served.receive(1));
  EXPECT_FALSE(std::filesystem::exists(routed));
  meter_->close(routed);
}

TEST_F(WireMeterTest, APathThatNoSocketCanHaveIsAnError) {
  const auto routed = meter_->route(Site::recovery, "/tmp/" + std::string(120, 'x'));
  ASSERT_FALSE(routed.has_value());
  EXPECT_NE(std::string::npos, routed.error().message.find("too long"));
}

TEST_F(WireMeterTest, CountsMayBeReadWhileOthersWriteAndCut) {
  const std::string routed = meter_->route(Site::recovery, socket()).value();
  std::thread cutter([&] {
    for (int n = 0; n < 20; ++n) {
      meter_->cut();
      meter_->heal();
    }
  });
  for (Bytes n = 1; n <= 20; ++n) {
    const Descriptor client = connect_to(routed);
    static_cast<void>(::send(client.get(), "abc", 3, MSG_NOSIGNAL));
    EXPECT_LE(meter_->count().to_recovery, 3 * n);
    EXPECT_EQ(0U, meter_->count().to_primary);
  }
  cutter.join();
}

}  // namespace
}  // namespace switchback::libvirt
