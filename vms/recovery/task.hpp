// SPDX-License-Identifier: Apache-2.0
// A lazily started coroutine that gives one value to the coroutine that awaits it.
//
// Jobs of the DR service are coroutines so that the same code runs in both worlds: it suspends at
// every call to a host, and whoever drives the job decides what happens before the call is made.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "harness/base/assert.hpp"
#include "vms/recovery/frame_pool.hpp"

namespace switchback::recovery {

/// Owns a coroutine. Destroying a task that has not finished destroys its frame and the frames that
/// it awaits, innermost first: this is how a controller dies in the simulated world.
template <class T>
class [[nodiscard]] Task {
 public:
  struct promise_type {
    static void* operator new(std::size_t bytes) { return FramePool::of_this_thread().take(bytes); }
    static void operator delete(void* frame, std::size_t bytes) {
      FramePool::of_this_thread().give_back(frame, bytes);
    }

    std::optional<T> value;
    std::coroutine_handle<> continuation = std::noop_coroutine();

    Task get_return_object() { return Task(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct ResumeContinuation {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(Handle finished) noexcept {
          return finished.promise().continuation;
        }
        void await_resume() noexcept {}
      };
      return ResumeContinuation{};
    }
    template <class Value>
    void return_value(Value&& given) {
      value.emplace(std::forward<Value>(given));
    }
    void unhandled_exception() noexcept { std::terminate(); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& from) noexcept : handle_(std::exchange(from.handle_, {})) {}
  Task& operator=(Task&& from) noexcept {
    if (this != &from) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(from.handle_, {});
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Awaited by another coroutine: starts, and resumes the awaiting one at the end.
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
    handle_.promise().continuation = waiting;
    return handle_;
  }
  T await_resume() { return take(); }

  // Driven from outside, for the outermost task of a job.
  void start() { handle_.resume(); }
  [[nodiscard]] bool done() const { return handle_.done(); }
  T take() {
    SB_ASSERT(handle_ && handle_.done() && handle_.promise().value);
    return std::move(*handle_.promise().value);
  }

 private:
  explicit Task(Handle handle) : handle_(handle) {}
  Handle handle_;
};

}  // namespace switchback::recovery
