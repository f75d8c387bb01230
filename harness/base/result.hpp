// SPDX-License-Identifier: Apache-2.0
// The one error idiom: an expected trouble is a value that says what happened and the way out.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace switchback {

/// Whose trouble it is. Findings about the system under test are never an Error: see Violation in
/// harness/runner. A broken invariant of our own is an SB_ASSERT.
enum class ErrorKind {
  bad_input,    ///< what the user gave can't be used: file, option, configuration
  environment,  ///< a host, daemon, disk or network did not do its part
  no_space,     ///< the same for want of room: goes on once there is some
  not_found,    ///< the same because the thing is not there: asking again does not bring it back
  unsupported,  ///< the thing asked for does not exist in this system or version
};

/// An error of the environment or of the input. `message` names the thing; `remedy` names the way
/// out and may be empty only where none is known.
struct Error {
  ErrorKind kind = ErrorKind::environment;
  std::string message;
  std::string remedy;

  /// The same error, seen from one level further out: "context: message".
  [[nodiscard]] Error within(std::string_view context) const {
    std::string whole(context);
    whole.append(": ").append(message);
    return Error{kind, std::move(whole), remedy};
  }
};

template <class T>
using Result = tl::expected<T, Error>;

/// What a function with nothing to give returns when it worked.
using Nothing = Result<void>;

inline tl::unexpected<Error> bad_input(std::string message, std::string remedy) {
  return tl::unexpected(Error{ErrorKind::bad_input, std::move(message), std::move(remedy)});
}
inline tl::unexpected<Error> environment_error(std::string message, std::string remedy) {
  return tl::unexpected(Error{ErrorKind::environment, std::move(message), std::move(remedy)});
}
inline tl::unexpected<Error> no_space(std::string message, std::string remedy) {
  return tl::unexpected(Error{ErrorKind::no_space, std::move(message), std::move(remedy)});
}
inline tl::unexpected<Error> not_found(std::string message, std::string remedy) {
  return tl::unexpected(Error{ErrorKind::not_found, std::move(message), std::move(remedy)});
}
inline tl::unexpected<Error> unsupported(std::string message, std::string remedy) {
  return tl::unexpected(Error{ErrorKind::unsupported, std::move(message), std::move(remedy)});
}

}  // namespace switchback

// Hands an error up to the caller; otherwise goes on. SB_ASSIGN also declares `name` as the value.
// The CO_ forms are for coroutines. Two statements each, so: only inside braces.
#define SB_CONCAT_(a, b) a##b
#define SB_CONCAT(a, b) SB_CONCAT_(a, b)
#define SB_TRY(expression)                                                           \
  if (auto SB_CONCAT(tried_, __LINE__) = (expression); !SB_CONCAT(tried_, __LINE__)) \
  return tl::unexpected(std::move(SB_CONCAT(tried_, __LINE__)).error())
#define SB_ASSIGN(name, expression)                                     \
  auto SB_CONCAT(name, _result) = (expression);                         \
  if (!SB_CONCAT(name, _result))                                        \
    return tl::unexpected(std::move(SB_CONCAT(name, _result)).error()); \
  auto& name = *SB_CONCAT(name, _result)
#define SB_CO_TRY(expression)                                                        \
  if (auto SB_CONCAT(tried_, __LINE__) = (expression); !SB_CONCAT(tried_, __LINE__)) \
  co_return tl::unexpected(std::move(SB_CONCAT(tried_, __LINE__)).error())
#define SB_CO_ASSIGN(name, expression)                                     \
  auto SB_CONCAT(name, _result) = (expression);                            \
  if (!SB_CONCAT(name, _result))                                           \
    co_return tl::unexpected(std::move(SB_CONCAT(name, _result)).error()); \
  auto& name = *SB_CONCAT(name, _result)
