// SPDX-License-Identifier: Apache-2.0
// A link between two networks: what goes over the relay crosses its interface, and nothing crosses
// it while it is cut. No VM is needed for that, but root is.
#include "vms/hosts/libvirt/site_link.hpp"

#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/networks_apart.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/wire_meter.hpp"
#include "vms/hosts/libvirt/worse_link.hpp"

namespace switchback::libvirt {
namespace {

/// No test waits longer than this for a byte.
constexpr timeval kLimit{.tv_sec = 20, .tv_usec = 0};

OwnedDescriptor limited(int number) {
  setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &kLimit, sizeof kLimit);
  setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &kLimit, sizeof kLimit);
  return OwnedDescriptor(number);
}

OwnedDescriptor connected_to(const std::string& path) {
  OwnedDescriptor client = limited(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  EXPECT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return client;
}

/// As many of `bytes` as can be sent before the connection ends.
std::size_t send_all(const OwnedDescriptor& to, std::size_t bytes) {
  const std::vector<char> data(bytes, 'x');
  std::size_t sent = 0;
  while (sent < bytes) {
    const ssize_t part = send(to.get(), data.data() + sent, bytes - sent, MSG_NOSIGNAL);
    if (part <= 0) break;
    sent += static_cast<std::size_t>(part);
  }
  return sent;
}

/// As many of `bytes` as arrive before the connection ends.
std::size_t receive(const OwnedDescriptor& from, std::size_t bytes) {
  std::vector<char> data(bytes);
  std::size_t got = 0;
  while (got < bytes) {
    const ssize_t part = recv(from.get(), data.data() + got, bytes - got, 0);
    if (part <= 0) break;
    got += static_cast<std::size_t>(part);
  }
  return got;
}

/// Two networks without sites in them, and a server's socket in a folder.
class SiteLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_networks(); !why.empty()) GTEST_SKIP() << why;
    std::string name = testing::TempDir() + "link-XXXXXX";
    folder_ = mkdtemp(name.data());
    auto folder = RunFolder::create(folder_, {}, Networks::apart);
    ASSERT_TRUE(folder) << folder.error().message;
    run_ = folder->manifest().run_id;
    const Nothing made = make_networks(folder->manifest());
    ASSERT_TRUE(made) << made.error().message;
    meter_ = meter();
    server_ = OwnedDescriptor(listen_at(server_path()).value());
  }
  void TearDown() override {
    if (run_.empty()) return;
    meter_.reset();
    EXPECT_EQ(links(), "") << "left in the network of the primary site";
    EXPECT_EQ(remove_networks(run_).size(), 2U);
    EXPECT_TRUE(networks_of_run(run_).empty());
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<WireMeter> meter() {
    return WireMeter::start(SiteLink::make(run_).value()).value();
  }
  [[nodiscard]] std::string server_path() const { return folder_ / "server"; }
  [[nodiscard]] OwnedDescriptor accepted() const {
    return limited(accept4(server_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  /// What ip(8) says of the Ethernet interfaces there.
  [[nodiscard]] std::string links() const {
    return run_program(run_, {"ip", "-n", network_name(run_, Site::primary), "-oneline", "link",
                              "show", "type", "veth"})
        .value();
  }

  /// What tc(8) says of what waits there to be sent, in JSON.
  [[nodiscard]] std::string queues() const {
    return run_program(run_, {"tc", "-n", network_name(run_, Site::primary), "-statistics", "-json",
                              "qdisc", "show", "dev", "sb0"})
        .value();
  }

  std::filesystem::path folder_;
  std::string run_;
  std::unique_ptr<WireMeter> meter_;
  OwnedDescriptor server_;
};

TEST_F(SiteLinkTest, CarriesWhatTheRelayCountsAndItsHeaders) {
  constexpr std::size_t kThere = 3'000'001;
  constexpr std::size_t kBack = 70'007;
  for (const Site site : {Site::recovery, Site::primary}) {
    const WireCount before = *meter_->count_at_interface();
    const WireCount counted_before = meter_->count();
    const std::string routed = meter_->route(site, server_path()).value();
    const OwnedDescriptor client = connected_to(routed);
    const OwnedDescriptor served = accepted();
    std::thread sender([&] { EXPECT_EQ(send_all(client, kThere), kThere); });
    EXPECT_EQ(receive(served, kThere), kThere);
    sender.join();
    EXPECT_EQ(send_all(served, kBack), kBack);
    EXPECT_EQ(receive(client, kBack), kBack);
    const WireCount counted = meter_->count();
    const WireCount after = *meter_->count_at_interface();
    const Bytes there_counted = counted.to_recovery - counted_before.to_recovery;
    const Bytes back_counted = counted.to_primary - counted_before.to_primary;
    EXPECT_EQ(there_counted, site == Site::recovery ? kThere : kBack);
    EXPECT_EQ(back_counted, site == Site::recovery ? kBack : kThere);
    EXPECT_GT(after.to_recovery - before.to_recovery, there_counted);
    EXPECT_GT(after.to_primary - before.to_primary, back_counted);
    EXPECT_LT(after.to_recovery - before.to_recovery, 2 * kThere) << "it crosses once";
    EXPECT_LT(after.to_primary - before.to_primary, 2 * kThere) << "it crosses once";
    meter_->close(routed);
  }
}

TEST_F(SiteLinkTest, ACutTakesTheInterfaceDownAndEndsConnectionsAtOnce) {
  const std::string routed = meter_->route(Site::recovery, server_path()).value();
  const OwnedDescriptor before = connected_to(routed);
  const OwnedDescriptor served = accepted();
  ASSERT_EQ(send_all(before, 1), 1U);
  ASSERT_EQ(receive(served, 1), 1U);
  EXPECT_NE(links().find("state UP"), std::string::npos) << links();
  meter_->cut();
  EXPECT_EQ(receive(before, 1), 0U);
  EXPECT_EQ(receive(served, 1), 0U);
  EXPECT_NE(links().find("state DOWN"), std::string::npos) << links();
  const Bytes carried = meter_->count_at_interface()->total();
  const OwnedDescriptor during = connected_to(routed);
  EXPECT_EQ(receive(during, 1), 0U) << "accepted by the relay's site, and ended";
  EXPECT_EQ(meter_->count_at_interface()->total(), carried);
  meter_->heal();
  EXPECT_NE(links().find("state UP"), std::string::npos) << links();
  const OwnedDescriptor after = connected_to(routed);
  const OwnedDescriptor served_again = accepted();
  EXPECT_EQ(send_all(after, 2), 2U);
  EXPECT_EQ(receive(served_again, 2), 2U);
  EXPECT_EQ(meter_->count().to_recovery, 3U);
}

TEST_F(SiteLinkTest, WhileItIsDownNobodyAtTheSiteReachesTheOther) {
  auto link = SiteLink::make(run_).value();
  const ListeningSocket listening = link->listen_at(Site::recovery).value();
  const auto* const address = reinterpret_cast<const sockaddr*>(&listening.address);
  const OwnedDescriptor first = link->socket_at(Site::primary).value();
  EXPECT_EQ(connect(first.get(), address, sizeof listening.address), 0);
  ASSERT_TRUE(link->set_up(false));
  const OwnedDescriptor second = link->socket_at(Site::primary).value();
  EXPECT_NE(connect(second.get(), address, sizeof listening.address), 0);
  EXPECT_EQ(errno, ENETUNREACH);
  ASSERT_TRUE(link->set_up(true));
  const OwnedDescriptor third = link->socket_at(Site::primary).value();
  EXPECT_EQ(connect(third.get(), address, sizeof listening.address), 0);
}

TEST_F(SiteLinkTest, ThatIsSlowCarriesNoFasterThanItSays) {
  if (!meter_->can_worsen()) GTEST_SKIP() << why_no_worse_link();
  EXPECT_EQ(meter_->slow_bytes(), kSlowLinkBytes) << "it is not slow";
  ASSERT_TRUE(meter_->worsen(FaultKind::link_slow));
  EXPECT_EQ(meter_->slow_bytes(), kSlowLinkRate);
  const std::string routed = meter_->route(Site::recovery, server_path()).value();
  const OwnedDescriptor client = connected_to(routed);
  const OwnedDescriptor served = accepted();
  const std::string shaped = queues();
  EXPECT_NE(shaped.find("tbf"), std::string::npos) << shaped;
  EXPECT_EQ(send_all(client, 200'000), 200'000U);
  EXPECT_EQ(receive(served, 200'000), 200'000U);
  const nlohmann::json delayed = nlohmann::json::parse(queues());
  EXPECT_GT(delayed.at(0).at("overlimits").get<std::uint64_t>(), 0U) << "packets had to wait";
  meter_->heal();
  EXPECT_EQ(queues().find("tbf"), std::string::npos) << queues();
}

TEST_F(SiteLinkTest, ThatIsLossyLosesPacketsAndNoBytes) {
  if (!meter_->can_worsen()) GTEST_SKIP() << why_no_worse_link();
  ASSERT_TRUE(meter_->worsen(FaultKind::link_lossy));
  EXPECT_FALSE(meter_->take_losses()) << "nothing has crossed yet";
  const std::string routed = meter_->route(Site::recovery, server_path()).value();
  const OwnedDescriptor client = connected_to(routed);
  const OwnedDescriptor served = accepted();
  constexpr std::size_t kBytes = 5'000'000;
  std::thread sender([&] { EXPECT_EQ(send_all(client, kBytes), kBytes); });
  EXPECT_EQ(receive(served, kBytes), kBytes);
  sender.join();
  EXPECT_TRUE(meter_->take_losses());
  EXPECT_FALSE(meter_->take_losses()) << "asked again";
  EXPECT_EQ(meter_->count().to_recovery, kBytes) << "what was sent again is counted once";
  EXPECT_GT(meter_->count_at_interface()->to_recovery, kBytes);
  meter_->heal();
  EXPECT_EQ(send_all(client, 1000), 1000U);
  EXPECT_EQ(receive(served, 1000), 1000U);
  EXPECT_FALSE(meter_->take_losses());
}

TEST_F(SiteLinkTest, ThatIsDeafCarriesTheQuestionAndNoAnswer) {
  if (!meter_->can_worsen()) GTEST_SKIP() << why_no_worse_link();
  for (const Site site : {Site::recovery, Site::primary}) {
    const std::string routed = meter_->route(site, server_path()).value();
    const OwnedDescriptor client = connected_to(routed);
    const OwnedDescriptor served = accepted();
    EXPECT_EQ(send_all(client, 1), 1U);
    EXPECT_EQ(receive(served, 1), 1U);
    EXPECT_EQ(send_all(served, 1), 1U);
    EXPECT_EQ(receive(client, 1), 1U) << "both ways, while nothing is wrong";
    ASSERT_TRUE(meter_->worsen(FaultKind::link_one_way));
    EXPECT_EQ(send_all(client, 5), 5U);
    EXPECT_EQ(receive(served, 5), 5U);
    EXPECT_EQ(send_all(served, 5), 5U);
    EXPECT_EQ(receive(client, 1), 0U) << "and the connection ends long before the test's limit";
    const OwnedDescriptor during = connected_to(routed);
    EXPECT_EQ(receive(during, 1), 0U);
    meter_->heal();
    const OwnedDescriptor after = connected_to(routed);
    const OwnedDescriptor served_again = accepted();
    EXPECT_EQ(send_all(served_again, 9), 9U);
    EXPECT_EQ(receive(after, 9), 9U);
    meter_->close(routed);
  }
}

TEST_F(SiteLinkTest, OfOneMeterIsNotCutWithThatOfAnother) {
  const std::unique_ptr<WireMeter> other = meter();
  const std::string routed = meter_->route(Site::recovery, server_path()).value();
  const OwnedDescriptor client = connected_to(routed);
  const OwnedDescriptor served = accepted();
  const Bytes carried_by_other = other->count_at_interface()->total();
  other->cut();
  EXPECT_EQ(send_all(client, 1000), 1000U);
  EXPECT_EQ(receive(served, 1000), 1000U);
  EXPECT_EQ(other->count().total(), 0U);
  EXPECT_EQ(other->count_at_interface()->total(), carried_by_other);
}

TEST_F(SiteLinkTest, WhoseNetworkIsGoneIsAnErrorThatSaysSo) {
  EXPECT_FALSE(SiteLink::make("0badbad0"));
}

}  // namespace
}  // namespace switchback::libvirt
