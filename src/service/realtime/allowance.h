// SPDX-License-Identifier: Apache-2.0
//
// What a session may still use of what its key is allowed. The server has one for each session; all
// of a key draw on the same limits. The place of the session itself is given back when it is
// destroyed. Threads: any; every call returns at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace parley::service {

class Allowance {
 public:
  /// Why not, and from when it may be tried again.
  struct Refusal {
    std::string message;
    std::int64_t retry_seconds = 1;  // at least 1
    bool is_budget = false;          // the key's money is spent
    bool is_ended = false;           // the key was revoked or has expired: no use to try again
  };
  /// Of a limit that is counted in windows of time.
  struct Standing {
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    std::int64_t reset_seconds = 0;
  };

  virtual ~Allowance() = default;
  /// One response. Nothing is counted when it is refused.
  [[nodiscard]] virtual std::optional<Refusal> take_request() = 0;
  /// Audio that a client appends. What crosses the limit is still taken.
  [[nodiscard]] virtual std::optional<Refusal> take_audio(Millis length) = 0;
  /// What a response cost, in millionths of the currency.
  virtual void pay(std::int64_t micros) noexcept = 0;
  /// Nothing: requests are not limited.
  [[nodiscard]] virtual std::optional<Standing> requests() const = 0;
};

}  // namespace parley::service
