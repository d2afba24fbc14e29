// SPDX-License-Identifier: Apache-2.0
//
// How Parley says that something outside went wrong.
//
// Peers, files, models and devices fail: such a function returns `Result<T>` (or `Status`). Our own
// mistakes are not errors but broken promises: see base/check.h. The spelling follows
// std::expected (C++23), which GCC 12 does not have at C++20, so that an alias can replace it
// later.
//
// Threads: immutable once made.
//
//   Result<Config> config = load(path);
//   if (!config) return config.error();
//   use(*config);
//
//   PARLEY_TRY(auto config, load(path));   // the same in one line
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace parley {

enum class ErrorCode : std::uint8_t {
  invalid_argument,     // the caller's value is wrong: the message names field, value, expectation
  not_found,            // a file, item, model or name does not exist
  already_exists,       // an id or name is taken
  failed_precondition,  // right call, wrong moment
  resource_exhausted,   // a named limit is reached
  cancelled,            // somebody asked for it to stop
  deadline_exceeded,    // it took longer than its limit
  unavailable,          // a peer or device is away; trying again later may work
  data_corrupt,         // bytes are not what their format says
  permission_denied,    // credentials or rights are missing
  internal,             // a library below failed in a way that we cannot name better
};

[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

/// What went wrong: a code to branch on and a sentence for a person.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;

  /// The same error with `context: ` before its message; used where a caller knows more.
  [[nodiscard]] Error with_context(std::string_view context) const;
};

/// A value or an Error.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & {
    PARLEY_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    PARLEY_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    PARLEY_CHECK(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const& {
    PARLEY_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    PARLEY_CHECK(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }
  [[nodiscard]] T value_or(T other) const& { return has_value() ? value() : std::move(other); }

 private:
  std::variant<T, Error> state_;
};

/// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool has_value() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] const Error& error() const& {
    PARLEY_CHECK(failed_);
    return error_;
  }
  [[nodiscard]] Error&& error() && {
    PARLEY_CHECK(failed_);
    return std::move(error_);
  }

 private:
  bool failed_ = false;
  Error error_;
};

using Status = Result<void>;

}  // namespace parley

#define PARLEY_CONCAT_INNER(a, b) a##b
#define PARLEY_CONCAT(a, b) PARLEY_CONCAT_INNER(a, b)

/// `PARLEY_TRY(declaration, expression);` unwraps a Result or returns its error to the caller.
#define PARLEY_TRY(declaration, expression)                         \
  auto PARLEY_CONCAT(parley_try_, __LINE__) = (expression);         \
  if (!PARLEY_CONCAT(parley_try_, __LINE__)) {                      \
    return std::move(PARLEY_CONCAT(parley_try_, __LINE__)).error(); \
  }                                                                 \
  declaration = *std::move(PARLEY_CONCAT(parley_try_, __LINE__))

/// The same for a Status, which has no value.
#define PARLEY_TRY_STATUS(expression)                               \
  if (auto PARLEY_CONCAT(parley_try_, __LINE__) = (expression);     \
      !PARLEY_CONCAT(parley_try_, __LINE__)) {                      \
    return std::move(PARLEY_CONCAT(parley_try_, __LINE__)).error(); \
  }
