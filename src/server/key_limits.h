// SPDX-License-Identifier: Apache-2.0
//
// What each key may use, and what it has used: sessions at once, requests per minute, audio per
// minute and per day, money per day. Minutes and days are those of the world's clock (UTC). A
// restart forgets.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "server/window_counter.h"
#include "service/realtime/allowance.h"

namespace parley::server {

/// Zero: no limit.
struct KeyLimits {
  int sessions = 0;             // at once
  int requests_per_minute = 0;  // responses and HTTP requests
  int audio_seconds_per_minute = 0;
  int audio_seconds_per_day = 0;
  double budget_per_day = 0.0;        // of all its sessions
  std::optional<double> budget = {};  // of each session; nothing: `session.budget`

  [[nodiscard]] bool is_limited() const noexcept {
    return sessions > 0 || requests_per_minute > 0 || audio_seconds_per_minute > 0 ||
           audio_seconds_per_day > 0 || budget_per_day > 0.0;
  }
};

/// Of one key, or of everybody when no key is asked for.
class KeyAccount {
 public:
  /// `clock` and `metrics` outlive it.
  KeyAccount(std::string name, KeyLimits limits, const Clock& clock, Metrics& metrics);

  using Refusal = service::Allowance::Refusal;
  using Standing = service::Allowance::Standing;

  /// A place for one more session, which is given back with it, or why there is none. Null without
  /// limits.
  struct Entry {
    std::shared_ptr<service::Allowance> allowance;  // shared with the session
    std::optional<Refusal> refused;
  };
  [[nodiscard]] static Entry enter(const std::shared_ptr<KeyAccount>& account);
  [[nodiscard]] std::optional<Refusal> take_request();
  [[nodiscard]] std::optional<Refusal> take_response();
  [[nodiscard]] std::optional<Refusal> take_audio(Millis length);
  void pay(std::int64_t micros) noexcept;
  [[nodiscard]] std::optional<Standing> requests() const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const KeyLimits& limits() const noexcept { return limits_; }

 private:
  class Place;
  [[nodiscard]] Counter& refusals(Metrics& metrics, const char* limit) const;

  const std::string name_;
  const KeyLimits limits_;
  const Clock& clock_;
  Counter& sessions_refused_;
  Counter& requests_refused_;
  Counter& minute_refused_;
  Counter& day_refused_;
  Counter& budget_refused_;
  std::atomic<int> sessions_{0};
  WindowCounter requests_{60};
  WindowCounter audio_minute_{60};   // milliseconds
  WindowCounter audio_day_{86'400};  // milliseconds
  WindowCounter paid_day_{86'400};   // millionths of the currency
};

struct ApiKey;

/// The accounts of all keys, and the one of everybody when there are none.
class KeyAccounts {
 public:
  static constexpr std::size_t kEverybody = 0;
  [[nodiscard]] static constexpr std::size_t of_key(std::size_t index) noexcept {
    return index + 1;
  }

  KeyAccounts(const std::vector<ApiKey>& keys, const KeyLimits& everybody, const Clock& clock,
              Metrics& metrics);
  /// `owner`: kEverybody, or of_key.
  [[nodiscard]] const std::shared_ptr<KeyAccount>& at(std::size_t owner) const {
    return accounts_.at(owner);
  }

 private:
  std::vector<std::shared_ptr<KeyAccount>> accounts_;  // shared with sessions, which may end later
};

}  // namespace parley::server
