// SPDX-License-Identifier: Apache-2.0
//
// What each key may use, and what it has used: sessions at once, requests per minute, audio per
// minute and per day, money per day; of text to be spoken, characters per minute and per day, and
// streams at once. Minutes and days are those of the world's clock (UTC). A restart forgets.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
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
  int streams = 0;                    // of speech, at once
  int characters_per_minute = 0;      // to be spoken
  int characters_per_day = 0;

  friend bool operator==(const KeyLimits&, const KeyLimits&) = default;
  /// Of what Realtime sessions use.
  [[nodiscard]] bool is_limited() const noexcept {
    return sessions > 0 || requests_per_minute > 0 || audio_seconds_per_minute > 0 ||
           audio_seconds_per_day > 0 || budget_per_day > 0.0;
  }
};

/// Until when something is a key. Threads: any.
class KeyLife {
 public:
  /// Seconds since 1970; 0: never.
  void end_at(std::int64_t unix_seconds) noexcept {
    ends_at_.store(unix_seconds == 0 ? kNever : unix_seconds, std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_live(std::int64_t unix_seconds) const noexcept {
    return unix_seconds < ends_at_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::atomic<std::int64_t> ends_at_{kNever};
};

/// Of one key, or of everybody when no key is asked for.
class KeyAccount {
 public:
  /// `clock` and `metrics` outlive it.
  KeyAccount(std::string name, KeyLimits limits, const Clock& clock, Metrics& metrics,
             std::shared_ptr<const KeyLife> life = std::make_shared<KeyLife>());

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

  /// A place for one more stream of speech, which is given back with its last copy, or why there is
  /// none.
  struct StreamEntry {
    std::shared_ptr<void> place;  // null: refused
    std::optional<Refusal> refused;
  };
  [[nodiscard]] static StreamEntry enter_stream(const std::shared_ptr<KeyAccount>& account);
  /// Text that is to be spoken, in Unicode code points. What crosses the limit is still taken.
  [[nodiscard]] std::optional<Refusal> take_characters(std::int64_t count);

  /// False once the key was revoked or has expired. What runs then goes on to its end.
  [[nodiscard]] bool is_live() const noexcept { return life_->is_live(clock_.unix_seconds()); }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const KeyLimits& limits() const noexcept { return limits_; }

 private:
  class Place;
  [[nodiscard]] std::optional<Refusal> refuse_ended() const;
  [[nodiscard]] Counter& refusals(Metrics& metrics, const char* limit) const;

  const std::string name_;
  const KeyLimits limits_;
  const std::shared_ptr<const KeyLife> life_;  // shared with the lists that the key is in
  const Clock& clock_;
  Counter& sessions_refused_;
  Counter& requests_refused_;
  Counter& minute_refused_;
  Counter& day_refused_;
  Counter& budget_refused_;
  Counter& streams_refused_;
  Counter& characters_minute_refused_;
  Counter& characters_day_refused_;
  std::atomic<int> sessions_{0};
  std::atomic<int> streams_{0};
  WindowCounter requests_{60};
  WindowCounter audio_minute_{60};   // milliseconds
  WindowCounter audio_day_{86'400};  // milliseconds
  WindowCounter paid_day_{86'400};   // millionths of the currency
  WindowCounter characters_minute_{60};
  WindowCounter characters_day_{86'400};
};

struct ApiKey;
class ApiKeys;

/// The accounts of all keys, and the one of everybody when there are none.
class KeyAccounts {
 public:
  static constexpr std::size_t kEverybody = 0;
  [[nodiscard]] static constexpr std::size_t of_key(std::size_t index) noexcept {
    return index + 1;
  }

  KeyAccounts(const std::vector<ApiKey>& keys, const KeyLimits& everybody, const Clock& clock,
              Metrics& metrics);
  /// Keys that come later get accounts, too; those whose limits change get new ones. All outlive
  /// it.
  KeyAccounts(const ApiKeys& keys, const KeyLimits& everybody, const Clock& clock,
              Metrics& metrics);
  /// `owner`: kEverybody, or of_key.
  [[nodiscard]] std::shared_ptr<KeyAccount> at(std::size_t owner) const;

 private:
  void add(const std::vector<ApiKey>& keys) const;

  const ApiKeys* const keys_;  // null: they do not change
  const Clock& clock_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  mutable std::uint64_t version_ = 0;  // GUARDED_BY(mutex_): of `keys_`
  // Shared with sessions, which may end later.
  mutable std::vector<std::shared_ptr<KeyAccount>> accounts_;  // GUARDED_BY(mutex_)
};

}  // namespace parley::server
