// SPDX-License-Identifier: Apache-2.0
//
// What the replies of a session cost its key, where it has prices and a budget, and leave to make
// one more. Threads: strand.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <utility>

#include "agent/agent_listener.h"
#include "agent/response.h"
#include "service/realtime/allowance.h"
#include "service/realtime/price.h"

namespace parley::service {

class ResponseBill {
 public:
  /// `prices` outlive it; `allowance` may be null: everything is free.
  ResponseBill(std::shared_ptr<Allowance> allowance, const PriceTable& prices)
      : allowance_(std::move(allowance)), prices_(prices) {}

  [[nodiscard]] Allowance* allowance() const noexcept { return allowance_.get(); }
  /// Of a reply that nobody asked for by name: what a tool's answer or a timer leads to.
  [[nodiscard]] agent::ResponsePermit permit() const {
    if (allowance_ == nullptr) return {};
    const auto refused = allowance_->take_request();
    if (!refused) return {};
    return {.granted = false, .failure = Error{ErrorCode::resource_exhausted, refused->message}};
  }
  void pay(const agent::Response& response) {
    if (allowance_ == nullptr || !prices_.is_set()) return;
    const ByKind<double> cost =
        cost_by_kind(tokens_by_kind({.input_text = response.usage.input_text_tokens,
                                     .input_audio = response.usage.input_audio_tokens,
                                     .cached_text = response.usage.cached_text_tokens,
                                     .output_text = response.usage.output_text_tokens,
                                     .output_audio = response.usage.output_audio_tokens}),
                     prices_);
    constexpr double kMicros = 1e6;
    owed_micros_ += std::accumulate(cost.begin(), cost.end(), 0.0) * kMicros;
    allowance_->pay(static_cast<std::int64_t>(std::floor(owed_micros_)));
    owed_micros_ -= std::floor(owed_micros_);
  }

 private:
  const std::shared_ptr<Allowance> allowance_;  // shared with the key's other uses
  const PriceTable& prices_;
  double owed_micros_ = 0.0;  // less than one
};

}  // namespace parley::service
