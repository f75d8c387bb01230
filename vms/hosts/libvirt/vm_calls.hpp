// SPDX-License-Identifier: Apache-2.0
// Calls to a site's VMs that end in bounded time, whatever their QEMUs do.
//
// A call into a stopped QEMU returns when it goes on or dies, and libvirt serves only a few calls
// of a connection at a time. So a call is given up at its deadline and left to itself, the next
// ones go over a new connection, and the VM is not asked again while one of its calls is pending:
// what hangs hinders its own item only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "vms/hosts/libvirt/bounded_call.hpp"
#include "vms/hosts/libvirt/connection.hpp"

namespace switchback::libvirt {

/// Used by one thread at a time.
class VmCalls {
 public:
  /// `connection` outlives it; it is used until a call over it was given up.
  VmCalls(const Connection& connection, Duration patience)
      : first_(connection), patience_(patience) {}

  /// The connection to use now, until the next ask(). Only for what does not go to a QEMU.
  Result<const Connection*> connection();

  /// Runs `call` on the VM's domain, on a thread of its own: it must own all that it touches. An
  /// Error if there is no such VM, or no answer in time.
  template <class T, class Call>
  Result<T> ask(const std::string& vm, const std::string& what, Call call) {
    SB_ASSIGN(found, find(vm));
    if (!found)
      return not_found(fmt::format("no VM {} on the {} site", vm, name_of(first_.site().site)),
                       "define it first");
    return ask_found<T>(vm, what, std::move(*found), std::move(call));
  }
  /// The same, and `otherwise` if there is no such VM.
  template <class T, class Call>
  Result<T> ask_if_there(const std::string& vm, const std::string& what, Result<T> otherwise,
                         Call call) {
    SB_ASSIGN(found, find(vm));
    if (!found) return otherwise;
    return ask_found<T>(vm, what, std::move(*found), std::move(call));
  }

  /// The VM's domain, if it is defined.
  Result<std::optional<Domain>> find(const std::string& vm);

 private:
  template <class T, class Call>
  Result<T> ask_found(const std::string& vm, const std::string& what, Domain found, Call call) {
    if (!pending_[vm].expired())
      return environment_error(
          fmt::format("{}: QEMU of VM {} has not answered an earlier call", what, vm),
          "look whether its process is stopped or its storage hangs");
    const auto token = std::make_shared<int>(0);
    const auto domain = std::make_shared<Domain>(std::move(found));
    bool given_up = false;
    auto result = bounded_call<T>(
        what, patience_,
        [call = std::move(call), domain, token]() mutable -> Result<T> { return call(*domain); },
        &given_up);
    if (given_up) {
      pending_[vm] = token;
      fresh_.reset();
      stale_ = true;
    }
    return result;
  }

  const Connection& first_;
  std::unique_ptr<Connection> fresh_;  ///< in place of the first one
  bool stale_ = false;                 ///< what was used up to now is not to be used any more
  Duration patience_;
  std::map<std::string, std::weak_ptr<int>> pending_;  ///< by VM: alive until the call ends
};

}  // namespace switchback::libvirt
