// SPDX-License-Identifier: Apache-2.0
// The scheduling point of a job: every call to a host or to the catalog waits here until whoever
// drives the job lets it happen.
//
// Chosen over threads with hand-over locks because a suspended job is plain data: it can be stopped
// before any call, overtaken by guest writes or other jobs, or destroyed as if its controller had
// died, all from one thread and in a reproducible order. The call itself is an ordinary blocking
// function, so real hosts need no rewriting; a driver for the real world may run it on another
// thread and resume the job when it returns.
#pragma once

#include <coroutine>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "harness/base/assert.hpp"

namespace switchback::recovery {

/// One per job. Not thread-safe.
class CallGate {
 public:
  /// A call that a job is suspended before. Lives in the job's coroutine frame.
  class Pending {
   public:
    Pending(CallGate& gate, std::string_view name) : gate_(gate), name_(name) {}
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept {
      waiting_ = waiting;
      gate_.pending_ = this;
    }

   protected:
    ~Pending() = default;

   private:
    friend class CallGate;
    virtual void run() = 0;

    CallGate& gate_;
    std::string_view name_;
    std::coroutine_handle<> waiting_;
  };

  /// `co_await gate.call("name", function)` gives what function() returns. The name must outlive
  /// the call: use a literal. The function captures by reference, or nothing but plain values: g++
  /// 12 copies a lambda that is made within a co_await expression bit by bit and destroys both, so
  /// that what it owns is freed twice.
  template <class Function>
  auto call(std::string_view name, Function function) {
    static_assert(std::is_trivially_copyable_v<Function>, "capture by reference");
    return Call<Function>(*this, name, std::move(function));
  }

  [[nodiscard]] bool waiting() const { return pending_ != nullptr; }
  [[nodiscard]] std::string_view pending_name() const { return pending_->name_; }
  /// How many calls were let through since restart_count().
  [[nodiscard]] unsigned calls_made() const { return calls_made_; }
  void restart_count() { calls_made_ = 0; }

  /// Makes the pending call, then lets the job run on to its next call or its end.
  void let_through() {
    SB_ASSERT(pending_ != nullptr);
    Pending* const now = std::exchange(pending_, nullptr);
    now->run();
    ++calls_made_;
    now->waiting_.resume();
  }

 private:
  template <class Function>
  class Call final : public Pending {
   public:
    Call(CallGate& gate, std::string_view name, Function function)
        : Pending(gate, name), function_(std::move(function)) {}
    auto await_resume() { return std::move(*result_); }

   private:
    void run() override { result_.emplace(function_()); }

    Function function_;
    std::optional<std::invoke_result_t<Function&>> result_;
  };

  Pending* pending_ = nullptr;
  unsigned calls_made_ = 0;
};

}  // namespace switchback::recovery
