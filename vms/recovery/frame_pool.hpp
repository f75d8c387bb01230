// SPDX-License-Identifier: Apache-2.0
// Memory for coroutine frames: jobs make and drop some at every call, of few sizes.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace switchback::recovery {

/// One per thread. A frame may be given back on another thread than the one that took it. What was
/// given back is kept for the next of its size until the thread ends.
class FramePool {
 public:
  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool() {
    for (Unused*& first : unused_)
      while (first != nullptr)
        ::operator delete(take_first(first));
  }

  static FramePool& of_this_thread() {
    thread_local FramePool pool;
    return pool;
  }

  void* take(std::size_t bytes) {
    const std::size_t size = bytes / kStep;
    if (size >= kSizes) return ::operator new(bytes);
    if (unused_[size] != nullptr) return take_first(unused_[size]);
    return ::operator new((size + 1) * kStep);
  }
  void give_back(void* frame, std::size_t bytes) {
    const std::size_t size = bytes / kStep;
    if (size >= kSizes) return ::operator delete(frame);
    unused_[size] = new (frame) Unused{unused_[size]};
  }

 private:
  struct Unused {
    Unused* next;
  };
  static constexpr std::size_t kStep = 64;
  static constexpr std::size_t kSizes = 32;

  static void* take_first(Unused*& first) {
    Unused* const taken = first;
    first = taken->next;
    return taken;
  }

  std::array<Unused*, kSizes> unused_{};
};

}  // namespace switchback::recovery
