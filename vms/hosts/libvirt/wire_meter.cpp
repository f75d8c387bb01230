// SPDX-License-Identifier: Apache-2.0
// See wire_meter.hpp. All of the relay's state belongs to its one thread; other threads hand it
// work and wait. Only the counts are read from outside.
#include "vms/hosts/libvirt/wire_meter.hpp"

#include <array>
#include <atomic>
#include <future>
#include <list>
#include <map>
#include <thread>

#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vms/hosts/libvirt/worse_link.hpp"

namespace switchback::libvirt {
namespace {

using Local = asio::local::stream_protocol;
using Tcp = asio::ip::tcp;
/// Of either kind.
using Any = asio::generic::stream_protocol;
using Counter = std::atomic<Bytes>;

/// Where what passes in each direction is counted.
struct Counters {
  Counter& forth;
  Counter& back;
};

/// One direction of travel of one connection.
struct Flow {
  Flow(Any::socket& source, Any::socket& sink, Counter& counter)
      : from(source), to(sink), passed(counter) {}
  Any::socket& from;
  Any::socket& to;
  Counter& passed;
  bool ended = false;
  std::array<char, 262144> buffer;
};

/// A client's connection and the one that is made for it. It lives as long as something of it is in
/// flight.
class Passage : public std::enable_shared_from_this<Passage> {
 public:
  Passage(Any::socket client, Any::socket server, Counters counters)
      : client_(std::move(client)),
        server_(std::move(server)),
        limit_(server_.get_executor()),
        forth_(client_, server_, counters.forth),
        back_(server_, client_, counters.back) {}

  void start(const Any::endpoint& server) {
    server_.async_connect(server, [self = shared_from_this()](const asio::error_code& error) {
      if (error) return self->end();
      self->pass(self->forth_);
      self->pass(self->back_);
    });
  }

  /// Ends it after that time, unless free_of_limit() comes first.
  void limit(std::chrono::seconds time) {
    limit_.expires_after(time);
    limit_.async_wait([self = shared_from_this()](const asio::error_code& error) {
      if (!error) self->end();
    });
  }
  void free_of_limit() { limit_.cancel(); }

  void end() {
    free_of_limit();
    asio::error_code ignored;
    client_.close(ignored);
    server_.close(ignored);
  }

 private:
  void pass(Flow& flow) {
    flow.from.async_read_some(
        asio::buffer(flow.buffer),
        [self = shared_from_this(), &flow](const asio::error_code& error, std::size_t length) {
          if (error) return self->source_ended(flow);
          // Counted before it goes on: whoever receives it finds it in the count.
          flow.passed += length;
          self->hand_on(flow, length);
        });
  }

  void hand_on(Flow& flow, std::size_t length) {
    asio::async_write(flow.to, asio::buffer(flow.buffer, length),
                      [self = shared_from_this(), &flow, length](const asio::error_code& error,
                                                                 std::size_t written) {
                        if (!error) return self->pass(flow);
                        flow.passed -= length - written;
                        self->end();
                      });
  }

  /// The one end has nothing more to say; the other may still have.
  void source_ended(Flow& flow) {
    flow.ended = true;
    asio::error_code ignored;
    flow.to.shutdown(Any::socket::shutdown_send, ignored);
    if (forth_.ended && back_.ended) end();
  }

  Any::socket client_;
  Any::socket server_;
  asio::steady_timer limit_;
  Flow forth_;
  Flow back_;
};

}  // namespace

struct WireMeter::Relay {
  /// The way to one server: where its clients connect to and, at a link, where the link's far end
  /// comes out.
  struct Route {
    Route(asio::io_context& io, Site to, std::string socket)
        : clients(io), far_end(io), site(to), server_socket(std::move(socket)) {}
    Local::acceptor clients;
    Tcp::acceptor far_end;  ///< closed where there is no link
    Tcp::endpoint address;  ///< of the far end
    Site site;
    std::string server_socket;
    std::list<std::weak_ptr<Passage>> passages;
  };

  explicit Relay(std::unique_ptr<SiteLink> used)
      : link(std::move(used)), work(io.get_executor()), thread([this] { io.run(); }) {}

  ~Relay() {
    on_own_thread([this] {
      for (auto& [path, route] : routes)
        end(path, *route);
      routes.clear();
      work.reset();
    });
    thread.join();
  }

  /// Runs `task` on the relay's thread and waits for it.
  template <class Task>
  void on_own_thread(Task task) {
    // Shared: set_value() may still be at work in there when the wait is over.
    const auto done = std::make_shared<std::promise<void>>();
    asio::post(io, [&task, done] {
      task();
      done->set_value();
    });
    done->get_future().wait();
  }

  Nothing listen(const std::string& path, Site site, const std::string& server_socket) {
    auto route = std::make_shared<Route>(io, site, server_socket);
    if (link) SB_TRY(listen_at_link(*route));
    asio::error_code error;
    ::unlink(path.c_str());
    route->clients.open(Local(), error);
    if (!error) route->clients.bind(Local::endpoint(path), error);
    if (!error) route->clients.listen(16, error);
    if (error)
      return environment_error(fmt::format("can't listen at {}: {}", path, error.message()),
                               "check that the folder exists and can be written");
    routes[path] = route;
    accept_client(route);
    if (link) accept_far_end(route);
    return {};
  }

  Nothing listen_at_link(Route& route) const {
    SB_ASSIGN(listening, link->listen_at(route.site));
    route.address = Tcp::endpoint(asio::ip::address_v4(ntohl(listening.address.sin_addr.s_addr)),
                                  ntohs(listening.address.sin_port));
    asio::error_code error;
    route.far_end.assign(Tcp::v4(), listening.descriptor.get(), error);
    if (error)
      return environment_error(fmt::format("can't listen at the link: {}", error.message()),
                               "raise the limit of open files (ulimit -n)");
    static_cast<void>(listening.descriptor.release());
    return {};
  }

  void accept_client(const std::shared_ptr<Route>& route) {
    route->clients.async_accept([this, route](const asio::error_code& error, Local::socket client) {
      if (error) return;
      if (link_is_up) admit(*route, std::move(client));
      accept_client(route);
    });
  }

  void accept_far_end(const std::shared_ptr<Route>& route) {
    route->far_end.async_accept([this, route](const asio::error_code& error, Tcp::socket client) {
      if (error) return;
      if (link_is_up)
        begin(*route, std::move(client), Any::socket(io), Local::endpoint(route->server_socket),
              {.forth = there(*route), .back = uncounted});
      accept_far_end(route);
    });
  }

  void admit(Route& route, Local::socket client) {
    if (!link)
      return begin(route, std::move(client), Any::socket(io), Local::endpoint(route.server_socket),
                   {.forth = there(route), .back = back(route)});
    Result<OwnedDescriptor> made =
        link->socket_at(route.site == Site::recovery ? Site::primary : Site::recovery);
    if (!made) return;
    Any::socket near_end(io);
    asio::error_code error;
    near_end.assign(Any(AF_INET, IPPROTO_TCP), made->get(), error);
    if (error) return;
    static_cast<void>(made->release());
    begin(route, std::move(client), std::move(near_end), route.address,
          {.forth = uncounted, .back = back(route)});
  }

  void begin(Route& route, Any::socket client, Any::socket server, const Any::endpoint& address,
             Counters counters) {
    std::erase_if(route.passages, [](const auto& passage) { return passage.expired(); });
    const auto passage = std::make_shared<Passage>(std::move(client), std::move(server), counters);
    route.passages.push_back(passage);
    if (is_deaf) passage->limit(kDeafLinkPatience);
    passage->start(address);
  }

  /// Of all connections that there are.
  template <class Do>
  void for_each_passage(Do what) {
    for (const auto& [path, route] : routes)
      for (const auto& weak : route->passages)
        if (const auto passage = weak.lock()) what(*passage);
  }

  Counter& there(const Route& route) {
    return route.site == Site::recovery ? to_recovery : to_primary;
  }
  Counter& back(const Route& route) {
    return route.site == Site::recovery ? to_primary : to_recovery;
  }

  static void drop_passages(Route& route) {
    for (const auto& weak : route.passages)
      if (const auto passage = weak.lock()) passage->end();
    route.passages.clear();
  }

  static void end(const std::string& path, Route& route) {
    asio::error_code ignored;
    route.clients.close(ignored);
    route.far_end.close(ignored);
    ::unlink(path.c_str());
    drop_passages(route);
  }

  std::unique_ptr<SiteLink> link;
  Counter to_recovery{0};
  Counter to_primary{0};
  Counter uncounted{0};  ///< what is counted at the other end of the link
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::map<std::string, std::shared_ptr<Route>> routes;  ///< by the path to connect to
  bool link_is_up = true;
  bool is_deaf = false;  ///< in one direction
  std::atomic<bool> is_slow{false};
  std::thread thread;
};

Result<std::unique_ptr<WireMeter>> WireMeter::start(std::unique_ptr<SiteLink> link) {
  try {
    return std::unique_ptr<WireMeter>(new WireMeter(std::make_unique<Relay>(std::move(link))));
  } catch (const std::system_error& error) {
    return environment_error(fmt::format("the wire meter can't start: {}", error.what()),
                             "check the limits of threads and open files (ulimit -a)");
  }
}

WireMeter::WireMeter(std::unique_ptr<Relay> relay) : relay_(std::move(relay)) {}
WireMeter::~WireMeter() = default;

Result<std::string> WireMeter::route(Site site, const std::string& server_socket) {
  const std::string path = server_socket + ".wire";
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return environment_error(fmt::format("the socket path {} is too long", path),
                             "use a folder with a shorter name for the run");
  Nothing listening;
  relay_->on_own_thread([&] {
    if (relay_->link_is_up)
      listening = relay_->listen(path, site, server_socket);
    else
      listening = environment_error(fmt::format("the link to the {} site is cut", name_of(site)),
                                    "heal the link");
  });
  if (!listening) return tl::unexpected(listening.error());
  return path;
}

void WireMeter::close(const std::string& routed) {
  relay_->on_own_thread([&] {
    const auto found = relay_->routes.find(routed);
    if (found == relay_->routes.end()) return;
    Relay::end(routed, *found->second);
    relay_->routes.erase(found);
  });
}

void WireMeter::cut() {
  relay_->on_own_thread([this] {
    relay_->link_is_up = false;
    // Should that fail, the relay refuses all the same.
    if (relay_->link) static_cast<void>(relay_->link->set_up(false));
    for (auto& [path, route] : relay_->routes)
      Relay::drop_passages(*route);
  });
}

void WireMeter::heal() {
  if (relay_->link) relay_->link->mend();
  relay_->is_slow = false;
  relay_->on_own_thread([this] {
    if (relay_->link) static_cast<void>(relay_->link->set_up(true));
    relay_->link_is_up = true;
    relay_->is_deaf = false;
    relay_->for_each_passage([](Passage& passage) { passage.free_of_limit(); });
  });
}

bool WireMeter::worsen(FaultKind kind) {
  if (!relay_->link || !relay_->link->worsen(kind)) return false;
  if (kind == FaultKind::link_slow) relay_->is_slow = true;
  if (kind != FaultKind::link_one_way) return true;
  relay_->on_own_thread([this] {
    relay_->is_deaf = true;
    relay_->for_each_passage([](Passage& passage) { passage.limit(kDeafLinkPatience); });
  });
  return true;
}

bool WireMeter::take_losses() {
  return relay_->link && relay_->link->take_losses();
}

Bytes WireMeter::slow_bytes() const {
  return relay_->is_slow ? kSlowLinkRate : kSlowLinkBytes;
}

bool WireMeter::can_worsen() const {
  return relay_->link && why_no_worse_link().empty();
}

WireCount WireMeter::count() const {
  return {.to_recovery = relay_->to_recovery.load(), .to_primary = relay_->to_primary.load()};
}

std::optional<WireCount> WireMeter::count_at_interface() const {
  if (!relay_->link) return std::nullopt;
  const Result<WireCount> carried = relay_->link->carried();
  return carried ? std::optional(*carried) : std::nullopt;
}

Result<std::unique_ptr<WireMeter>> meter_between(const SiteConfig& primary,
                                                 const SiteConfig& recovery) {
  if (primary.network.empty() || recovery.network.empty()) return WireMeter::start();
  SB_ASSIGN(link, SiteLink::make(primary.run_id));
  return WireMeter::start(std::move(link));
}

}  // namespace switchback::libvirt
