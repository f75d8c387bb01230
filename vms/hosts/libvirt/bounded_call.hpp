// SPDX-License-Identifier: Apache-2.0
// Calls that may never return, made so that the caller does.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "harness/base/result.hpp"
#include "vms/hosts/libvirt/deadline.hpp"

namespace switchback::libvirt {

/// Runs `call` on a thread of its own and gives its result, or an Error once `patience` is over.
/// libvirt's calls into a stopped QEMU return only when it goes on or dies (measured: no limit).
/// A call given up is left to end by itself: `call` must own all that it touches. `given_up`, if
/// given, tells that this came to pass.
template <class T, class Call>
Result<T> bounded_call(const std::string& what, Duration patience, Call call,
                       bool* given_up = nullptr) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable arrived;
    std::optional<Result<T>> result;
  };
  const auto answer = std::make_shared<Answer>();
  std::thread([answer, call = std::move(call)]() mutable {
    Result<T> result = call();
    const std::lock_guard lock(answer->mutex);
    answer->result.emplace(std::move(result));
    answer->arrived.notify_one();
  }).detach();

  std::unique_lock lock(answer->mutex);
  if (answer->arrived.wait_for(lock, patience, [&] { return answer->result.has_value(); }))
    return std::move(*answer->result);
  if (given_up != nullptr) *given_up = true;
  return environment_error(
      fmt::format("{}: no answer for {} ms", what,
                  std::chrono::duration_cast<std::chrono::milliseconds>(patience).count()),
      "look whether the VM's QEMU process is stopped or its storage hangs");
}

}  // namespace switchback::libvirt
