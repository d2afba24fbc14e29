// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/price.h"

#include <algorithm>

namespace parley::service {
namespace {

constexpr double kTokensPerPrice = 1e6;

ByKind<double> by_kind(const PriceTable& prices) noexcept {
  return {prices.input_text, prices.input_audio, prices.input_cached, prices.output_text,
          prices.output_audio};
}

}  // namespace

bool PriceTable::is_set() const noexcept {
  const ByKind<double> all = by_kind(*this);
  return std::any_of(all.begin(), all.end(), [](double price) { return price > 0.0; });
}

std::string_view to_string(TokenKind kind) noexcept {
  constexpr ByKind<std::string_view> kNames{"input_text", "input_audio", "input_cached",
                                            "output_text", "output_audio"};
  return kNames[static_cast<std::size_t>(kind)];
}

ByKind<std::int64_t> tokens_by_kind(const protocol::TokenUsage& usage) noexcept {
  // An endpoint may count oddly: nobody is paid for text that was not there.
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached_text, 0, usage.input_text);
  return {usage.input_text - cached, usage.input_audio, cached, usage.output_text,
          usage.output_audio};
}

ByKind<double> cost_by_kind(const ByKind<std::int64_t>& tokens, const PriceTable& prices) noexcept {
  ByKind<double> cost = by_kind(prices);
  for (std::size_t i = 0; i < kTokenKinds; ++i) {
    cost[i] *= static_cast<double>(tokens[i]) / kTokensPerPrice;
  }
  return cost;
}

}  // namespace parley::service
