// SPDX-License-Identifier: Apache-2.0
//
// What a session has used, what that cost, and whether it may go on: prices, the session's budget
// and the limits of its key in one place. Threads: strand.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "media/frame.h"
#include "protocol/protocol_error.h"
#include "protocol/realtime/server_event.h"
#include "service/realtime/allowance.h"
#include "service/realtime/price.h"

namespace parley::service {

struct MeterMetrics {
  MeterMetrics(Metrics& metrics, const PriceTable& prices);
  ByKind<Counter*> tokens;
  ByKind<Counter*> cost;  // millionths of the currency; null without prices
  Counter& budgets_spent;
  Counter& audio_refused;
};

class SessionMeter {
 public:
  struct Setup {
    const Clock& clock;
    const PriceTable& prices;
    MeterMetrics& metrics;
    double budget = 0.0;                     // 0: none
    std::shared_ptr<Allowance> allowance{};  // null: no limits. Shared with the key's other uses
  };
  explicit SessionMeter(Setup setup) : setup_(std::move(setup)) {}

  /// Counts a response that is about to begin; or why it must not.
  [[nodiscard]] std::optional<protocol::ProtocolError> begin_response();
  /// Counts what a response used, and writes its cost beside it.
  void account(protocol::TokenUsage& usage);
  /// The budget is spent: no response begins any more, and the session ends with `spent_error`.
  [[nodiscard]] bool is_spent() const noexcept;
  [[nodiscard]] protocol::ProtocolError spent_error() const;
  void count_end() { setup_.metrics.budgets_spent.add(); }

  enum class Audio { taken, dropped };
  /// Audio that is about to be appended. When it is dropped, the first time in a while `error` says
  /// so: a client sends fifty appends a second, and one answer is enough.
  [[nodiscard]] Audio take_audio(std::size_t bytes, media::Codec codec,
                                 std::optional<protocol::ProtocolError>& error);
  /// For `rate_limits.updated`; nothing when there is no such limit.
  [[nodiscard]] std::optional<protocol::RateLimitsUpdated> standing() const;

  [[nodiscard]] double cost() const noexcept { return cost_; }
  [[nodiscard]] const ByKind<std::int64_t>& tokens() const noexcept { return tokens_; }
  /// Empty when no prices are set.
  [[nodiscard]] std::string currency() const {
    return setup_.prices.is_set() ? setup_.prices.currency : std::string();
  }

 private:
  const Setup setup_;
  ByKind<std::int64_t> tokens_{};
  double cost_ = 0.0;
  ByKind<double> micros_owed_{};  // parts of a millionth that the counters do not have yet
  Instant deaf_until_;            // audio is dropped without a further word
};

}  // namespace parley::service
