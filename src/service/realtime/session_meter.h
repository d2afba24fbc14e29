// SPDX-License-Identifier: Apache-2.0
//
// What a session has used, what that cost, and whether it may go on: prices and the session's
// budget in one place. Threads: strand.
#pragma once

#include <optional>
#include <string>

#include "base/metrics.h"
#include "protocol/realtime/protocol_error.h"
#include "protocol/realtime/server_event.h"
#include "service/realtime/price.h"

namespace parley::service {

struct MeterMetrics {
  MeterMetrics(Metrics& metrics, const PriceTable& prices);
  ByKind<Counter*> tokens;
  ByKind<Counter*> cost;  // millionths of the currency; null without prices
  Counter& budgets_spent;
};

class SessionMeter {
 public:
  struct Setup {
    const PriceTable& prices;
    MeterMetrics& metrics;
    double budget = 0.0;  // 0: none
  };
  explicit SessionMeter(Setup setup) : setup_(std::move(setup)) {}

  /// Why a response must not begin, if so.
  [[nodiscard]] std::optional<protocol::ProtocolError> begin_response() const;
  /// Counts what a response used, and writes its cost beside it.
  void account(protocol::TokenUsage& usage);
  /// The budget is spent: no response begins any more, and the session ends with `spent_error`.
  [[nodiscard]] bool is_spent() const noexcept;
  [[nodiscard]] protocol::ProtocolError spent_error() const;
  void count_end() { setup_.metrics.budgets_spent.add(); }

 private:
  const Setup setup_;
  double cost_ = 0.0;
  ByKind<double> micros_owed_{};  // parts of a millionth that the counters do not have yet
};

}  // namespace parley::service
