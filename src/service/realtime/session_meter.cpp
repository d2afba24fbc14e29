// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/session_meter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "codec/audio_codec.h"

namespace parley::service {
namespace {

constexpr double kMicros = 1e6;

ByKind<Counter*> counters(Metrics& metrics, std::string_view name, std::string_view help,
                          const std::string& currency) {
  ByKind<Counter*> all{};
  for (std::size_t i = 0; i < kTokenKinds; ++i) {
    Labels labels{{"kind", std::string(to_string(static_cast<TokenKind>(i)))}};
    if (!currency.empty()) labels.emplace_back("currency", currency);
    all[i] = &metrics.counter(name, help, labels);
  }
  return all;
}

std::string money(double amount, const std::string& currency) {
  std::array<char, 48> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.4f ", amount);
  return std::string(text.data(), static_cast<std::size_t>(length)) + currency;
}

protocol::ProtocolError rate_limit(const Allowance::Refusal& refusal) {
  protocol::ProtocolError error;
  error.code = refusal.is_budget ? "insufficient_quota" : "rate_limit_exceeded";
  error.message = refusal.message;
  return error;
}

}  // namespace

MeterMetrics::MeterMetrics(Metrics& metrics, const PriceTable& prices)
    : tokens(counters(metrics, "parley_tokens_total", "Tokens of responses, by kind", "")),
      cost(prices.is_set()
               ? counters(metrics, "parley_cost_micros_total",
                          "Cost of responses in millionths of the currency", prices.currency)
               : ByKind<Counter*>{}),
      budgets_spent(metrics.counter("parley_realtime_budgets_spent_total",
                                    "Sessions that ended because their budget was spent")),
      audio_refused(metrics.counter("parley_limits_audio_dropped_total",
                                    "Appends dropped because a key's audio limit was reached")) {}

std::optional<protocol::ProtocolError> SessionMeter::begin_response() {
  if (is_spent()) return spent_error();
  if (!setup_.allowance) return std::nullopt;
  if (const auto refusal = setup_.allowance->take_request()) return rate_limit(*refusal);
  return std::nullopt;
}

void SessionMeter::account(protocol::TokenUsage& usage) {
  const ByKind<std::int64_t> tokens = tokens_by_kind(usage);
  const ByKind<double> cost = cost_by_kind(tokens, setup_.prices);
  double sum = 0.0;
  for (std::size_t i = 0; i < kTokenKinds; ++i) {
    tokens_[i] += tokens[i];
    sum += cost[i];
    setup_.metrics.tokens[i]->add(static_cast<std::uint64_t>(std::max<std::int64_t>(tokens[i], 0)));
    if (setup_.metrics.cost[i] != nullptr) {
      const double owed = micros_owed_[i] + cost[i] * kMicros;
      setup_.metrics.cost[i]->add(static_cast<std::uint64_t>(owed));
      micros_owed_[i] = owed - std::floor(owed);
    }
  }
  const double before = std::floor(cost_ * kMicros);
  cost_ += sum;
  if (setup_.allowance) {
    setup_.allowance->pay(static_cast<std::int64_t>(std::floor(cost_ * kMicros) - before));
  }
  if (setup_.prices.is_set()) usage.cost = {sum, cost_, setup_.prices.currency};
}

bool SessionMeter::is_spent() const noexcept {
  return setup_.budget > 0.0 && cost_ >= setup_.budget;
}

protocol::ProtocolError SessionMeter::spent_error() const {
  protocol::ProtocolError error;
  error.code = "insufficient_quota";
  error.message = "The budget of this session is spent: " + money(cost_, setup_.prices.currency) +
                  " of " + money(setup_.budget, setup_.prices.currency) + ".";
  return error;
}

SessionMeter::Audio SessionMeter::take_audio(std::size_t bytes, media::Codec codec,
                                             std::optional<protocol::ProtocolError>& error) {
  if (!setup_.allowance) return Audio::taken;
  const Instant now = setup_.clock.now();
  if (now >= deaf_until_) {
    const auto samples = static_cast<std::int64_t>(codec::sample_count(codec, bytes));
    const std::int64_t per_ms = codec == media::Codec::pcm16 ? 24 : 8;
    const auto refusal = setup_.allowance->take_audio(Millis(samples / per_ms));
    if (!refusal) return Audio::taken;
    deaf_until_ = now + std::chrono::seconds(refusal->retry_seconds);
    error = rate_limit(*refusal);
  }
  setup_.metrics.audio_refused.add();
  return Audio::dropped;
}

std::optional<protocol::RateLimitsUpdated> SessionMeter::standing() const {
  if (!setup_.allowance) return std::nullopt;
  const auto now = setup_.allowance->requests();
  if (!now) return std::nullopt;
  return protocol::RateLimitsUpdated{
      {{"requests", now->limit, now->remaining, static_cast<double>(now->reset_seconds)}}};
}

}  // namespace parley::service
