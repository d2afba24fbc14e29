// SPDX-License-Identifier: Apache-2.0
//
// What tokens cost. Prices are per million tokens, in any one currency. Threads: value types, pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/realtime/server_event.h"

namespace parley::service {

struct PriceTable {
  std::string currency = "USD";
  double input_text = 0.0;    // text that the model had to read
  double input_audio = 0.0;   // one token per 100 ms
  double input_cached = 0.0;  // text that a cache already held
  double output_text = 0.0;
  double output_audio = 0.0;  // one token per 50 ms

  /// False when everything is free: nothing is then said of money.
  [[nodiscard]] bool is_set() const noexcept;
};

/// Tokens, or money, by what they are paid for.
enum class TokenKind : std::uint8_t {
  input_text,
  input_audio,
  input_cached,
  output_text,
  output_audio
};
inline constexpr std::size_t kTokenKinds = 5;
template <typename T>
using ByKind = std::array<T, kTokenKinds>;

[[nodiscard]] std::string_view to_string(TokenKind kind) noexcept;
/// Cached tokens are a part of the input: here they are taken out of its text.
[[nodiscard]] ByKind<std::int64_t> tokens_by_kind(const protocol::TokenUsage& usage) noexcept;
[[nodiscard]] ByKind<double> cost_by_kind(const ByKind<std::int64_t>& tokens,
                                          const PriceTable& prices) noexcept;

}  // namespace parley::service
