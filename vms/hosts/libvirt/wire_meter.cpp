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

#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>
#include <sys/un.h>
#include <unistd.h>

namespace switchback::libvirt {
namespace {

using Local = asio::local::stream_protocol;
using Counter = std::atomic<Bytes>;

/// One direction of travel of one connection.
struct Flow {
  Flow(Local::socket& source, Local::socket& sink, Counter& counter)
      : from(source), to(sink), passed(counter) {}
  Local::socket& from;
  Local::socket& to;
  Counter& passed;
  bool ended = false;
  std::array<char, 262144> buffer;
};

/// One connection through the relay. It lives as long as something of it is in flight.
class Passage : public std::enable_shared_from_this<Passage> {
 public:
  Passage(Local::socket client, asio::io_context& io, Counter& to_server, Counter& to_client)
      : client_(std::move(client)),
        server_(io),
        forth_(client_, server_, to_server),
        back_(server_, client_, to_client) {}

  void start(const std::string& server_socket) {
    server_.async_connect(Local::endpoint(server_socket),
                          [self = shared_from_this()](const asio::error_code& error) {
                            if (error) return self->end();
                            self->pass(self->forth_);
                            self->pass(self->back_);
                          });
  }

  void end() {
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
    flow.to.shutdown(Local::socket::shutdown_send, ignored);
    if (forth_.ended && back_.ended) end();
  }

  Local::socket client_;
  Local::socket server_;
  Flow forth_;
  Flow back_;
};

}  // namespace

struct WireMeter::Relay {
  struct Route {
    Route(asio::io_context& io, Site to, std::string socket)
        : acceptor(io), site(to), server_socket(std::move(socket)) {}
    Local::acceptor acceptor;
    Site site;
    std::string server_socket;
    std::list<std::weak_ptr<Passage>> passages;
  };

  Relay() : work(io.get_executor()), thread([this] { io.run(); }) {}

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

  asio::error_code listen(const std::string& path, Site site, const std::string& server_socket) {
    auto route = std::make_shared<Route>(io, site, server_socket);
    asio::error_code error;
    ::unlink(path.c_str());
    route->acceptor.open(Local(), error);
    if (!error) route->acceptor.bind(Local::endpoint(path), error);
    if (!error) route->acceptor.listen(16, error);
    if (error) return error;
    routes[path] = route;
    accept(route);
    return {};
  }

  void accept(const std::shared_ptr<Route>& route) {
    route->acceptor.async_accept(
        [this, route](const asio::error_code& error, Local::socket client) {
          if (error) return;
          if (link_is_up) admit(*route, std::move(client));
          accept(route);
        });
  }

  void admit(Route& route, Local::socket client) {
    std::erase_if(route.passages, [](const auto& passage) { return passage.expired(); });
    Counter& there = route.site == Site::recovery ? to_recovery : to_primary;
    Counter& back = route.site == Site::recovery ? to_primary : to_recovery;
    const auto passage = std::make_shared<Passage>(std::move(client), io, there, back);
    route.passages.push_back(passage);
    passage->start(route.server_socket);
  }

  static void drop_passages(Route& route) {
    for (const auto& weak : route.passages)
      if (const auto passage = weak.lock()) passage->end();
    route.passages.clear();
  }

  static void end(const std::string& path, Route& route) {
    asio::error_code ignored;
    route.acceptor.close(ignored);
    ::unlink(path.c_str());
    drop_passages(route);
  }

  Counter to_recovery{0};
  Counter to_primary{0};
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::map<std::string, std::shared_ptr<Route>> routes;  ///< by the path to connect to
  bool link_is_up = true;
  std::thread thread;
};

Result<std::unique_ptr<WireMeter>> WireMeter::start() {
  try {
    return std::unique_ptr<WireMeter>(new WireMeter(std::make_unique<Relay>()));
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
  asio::error_code error;
  bool up = true;
  relay_->on_own_thread([&] {
    up = relay_->link_is_up;
    if (up) error = relay_->listen(path, site, server_socket);
  });
  if (!up)
    return environment_error(fmt::format("the link to the {} site is cut", name_of(site)),
                             "heal the link");
  if (error)
    return environment_error(fmt::format("can't listen at {}: {}", path, error.message()),
                             "check that the folder exists and can be written");
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
    for (auto& [path, route] : relay_->routes)
      Relay::drop_passages(*route);
  });
}

void WireMeter::heal() {
  relay_->on_own_thread([this] { relay_->link_is_up = true; });
}

WireCount WireMeter::count() const {
  return {.to_recovery = relay_->to_recovery.load(), .to_primary = relay_->to_primary.load()};
}

}  // namespace switchback::libvirt
