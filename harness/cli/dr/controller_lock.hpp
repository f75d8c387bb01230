// SPDX-License-Identifier: Apache-2.0
// Which command is the controller of a lab: one at a time, and it can be asked to give way.
#pragma once

#include <filesystem>
#include <optional>

#include "harness/base/result.hpp"

namespace switchback {

class ControllerLock {
 public:
  /// Waits some seconds for another command to end; then an Error that names its process.
  static Result<ControllerLock> take(const std::filesystem::path& run);
  /// Nothing if another command is at work.
  static std::optional<ControllerLock> try_take(const std::filesystem::path& run);
  /// Asks the command at work to leave its job where it is, and waits for that.
  static Result<ControllerLock> take_over(const std::filesystem::path& run);

  ControllerLock(ControllerLock&& from) noexcept;
  ControllerLock& operator=(ControllerLock&&) = delete;
  ~ControllerLock();

  /// Another command waits in take_over().
  [[nodiscard]] bool wanted() const;

 private:
  ControllerLock(int lock, int next) : lock_(lock), next_(next) {}
  int lock_;
  int next_;  ///< locked by whoever waits in take_over()
};

}  // namespace switchback
