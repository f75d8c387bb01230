// SPDX-License-Identifier: Apache-2.0
// See calls.hpp.
#include "vms/guest/agent/calls.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace switchback::guest {
namespace {

/// Under no name in any folder: the first byte is zero.
constexpr std::string_view kName("\0switchback-agent", 17);

struct Address {
  sockaddr_un name{};
  socklen_t length = 0;
};
Address address() {
  Address made;
  made.name.sun_family = AF_UNIX;
  std::memcpy(made.name.sun_path, kName.data(), kName.size());
  made.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + kName.size());
  return made;
}

tl::unexpected<Error> failed(const char* what) {
  return environment_error(std::string(what) + ": " + std::strerror(errno), "");
}

std::string receive(int descriptor) {
  std::array<char, 512> bytes{};
  const ssize_t got = recv(descriptor, bytes.data(), bytes.size(), 0);
  return got > 0 ? std::string(bytes.data(), static_cast<std::size_t>(got)) : std::string();
}

}  // namespace

Result<int> listen_for_calls() {
  const int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  const Address at = address();
  if (descriptor < 0 ||
      bind(descriptor, reinterpret_cast<const sockaddr*>(&at.name), at.length) != 0 ||
      listen(descriptor, 8) != 0)
    return failed("the socket for calls");
  return descriptor;
}

void take_call(int listening, const std::function<std::string(const std::string&)>& perform) {
  const int caller = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
  if (caller < 0) return;
  // A byte in front: an empty answer would look like the end.
  const std::string answer = " " + perform(receive(caller));
  static_cast<void>(send(caller, answer.data(), answer.size(), MSG_NOSIGNAL));
  close(caller);
}

Nothing call_agent(const std::string& word) {
  const int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  const Address at = address();
  if (descriptor < 0 ||
      connect(descriptor, reinterpret_cast<const sockaddr*>(&at.name), at.length) != 0 ||
      send(descriptor, word.data(), word.size(), MSG_NOSIGNAL) < 0)
    return failed("calling the agent");
  const std::string answer = receive(descriptor);
  close(descriptor);
  if (answer == " ") return {};
  return environment_error(answer.empty() ? "the agent did not answer" : answer.substr(1), "");
}

}  // namespace switchback::guest
