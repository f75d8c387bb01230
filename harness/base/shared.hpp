// SPDX-License-Identifier: Apache-2.0
// A value that nobody changes any more, held by several at once.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace switchback {

/// Copying one copies a pointer. Stands for the value where it can: converts to it, and is a range
/// if the value is one. Never empty: without a value it holds T{}.
template <class T>
class Shared {
 public:
  Shared() : value_(nothing()) {}
  Shared(T value) : value_(std::make_shared<const T>(std::move(value))) {}  // NOLINT: stands for it

  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] const T* operator->() const { return value_.get(); }
  operator const T&() const { return *value_; }  // NOLINT: stands for it

  [[nodiscard]] auto begin() const { return value_->begin(); }
  [[nodiscard]] auto end() const { return value_->end(); }
  [[nodiscard]] auto size() const { return value_->size(); }
  [[nodiscard]] bool empty() const { return value_->empty(); }
  [[nodiscard]] decltype(auto) front() const { return value_->front(); }
  [[nodiscard]] decltype(auto) back() const { return value_->back(); }
  [[nodiscard]] decltype(auto) at(std::size_t n) const { return value_->at(n); }
  [[nodiscard]] decltype(auto) operator[](std::size_t n) const { return (*value_)[n]; }

  /// Holds a changed copy from now on; others go on holding what they do.
  template <class Change>
  void change(const Change& change_it) {
    T own = *value_;
    change_it(own);
    *this = Shared(std::move(own));
  }

  /// Whether the two hold one and the same value, without a look at it.
  [[nodiscard]] bool is(const Shared& other) const { return value_ == other.value_; }
  friend bool operator==(const Shared& left, const Shared& right) {
    return left.value_ == right.value_ || *left.value_ == *right.value_;
  }

 private:
  static const std::shared_ptr<const T>& nothing() {
    static const std::shared_ptr<const T> kNothing = std::make_shared<const T>();
    return kNothing;
  }

  std::shared_ptr<const T> value_;
};

}  // namespace switchback
