// SPDX-License-Identifier: Apache-2.0
#include "text/ssml/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "text/ssml/ssml.h"

namespace parley::text {
namespace {

std::optional<double> decimal(std::string_view text) {
  double value = 0.0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  const bool is_all = error == std::errc() && end == text.data() + text.size();
  return is_all && value >= 0.0 && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

Error wrong(std::string_view attribute, std::string_view value, std::string_view expected) {
  return {ErrorCode::invalid_argument,
          std::string(attribute) + ": '" + std::string(value) + "' " + std::string(expected)};
}

}  // namespace

Result<Millis> break_length(std::string_view time, std::string_view strength) {
  if (!time.empty()) {
    const bool is_millis = time.ends_with("ms");
    const bool is_seconds = !is_millis && time.ends_with('s');
    const std::optional<double> length =
        is_millis || is_seconds ? decimal(time.substr(0, time.size() - (is_millis ? 2 : 1)))
                                : std::nullopt;
    if (!length) return wrong("time", time, "is no length such as 500ms or 1.5s");
    const double millis = *length * (is_millis ? 1.0 : 1000.0);
    if (millis > static_cast<double>(kSsmlBreakMax.count())) {
      return wrong("time", time, "is more than " + std::to_string(kSsmlBreakMax.count()) + "ms");
    }
    return Millis{std::llround(millis)};
  }
  struct Strength {
    std::string_view name;
    int millis;
  };
  constexpr std::array kStrengths = std::to_array<Strength>({{"none", 0},
                                                             {"x-weak", 100},
                                                             {"weak", 250},
                                                             {"", 400},
                                                             {"medium", 400},
                                                             {"strong", 700},
                                                             {"x-strong", 1200}});
  const auto found = std::ranges::find(kStrengths, strength, &Strength::name);
  if (found == kStrengths.end()) {
    return wrong("strength", strength,
                 "is not one of none, x-weak, weak, medium, strong, x-strong");
  }
  return Millis{found->millis};
}

Result<float> prosody_rate(std::string_view rate, float outer) {
  struct Named {
    std::string_view name;
    float factor;
  };
  constexpr std::array kNamed = std::to_array<Named>({{"x-slow", 0.5F},
                                                      {"slow", 0.75F},
                                                      {"medium", 1.0F},
                                                      {"default", 1.0F},
                                                      {"fast", 1.25F},
                                                      {"x-fast", 1.6F}});
  const auto named = std::ranges::find(kNamed, rate, &Named::name);
  if (named != kNamed.end()) return named->factor;
  const bool is_percent = rate.ends_with('%');
  const bool is_relative = is_percent && (rate.starts_with('+') || rate.starts_with('-'));
  std::string_view digits = rate.substr(0, rate.size() - (is_percent ? 1 : 0));
  if (is_relative) digits.remove_prefix(1);
  const std::optional<double> value = decimal(digits);
  if (!value) return wrong("rate", rate, "is no rate such as slow, 90%, +20% or 1.2");
  double factor = is_percent ? *value / 100.0 : *value;
  if (is_relative) factor = rate.front() == '+' ? 1.0 + factor : 1.0 - factor;
  factor *= static_cast<double>(outer);
  if (factor < static_cast<double>(kRateFactorMin) ||
      factor > static_cast<double>(kRateFactorMax)) {
    return wrong("rate", rate, "makes it slower than 0.25 or faster than 4 times");
  }
  return static_cast<float>(factor);
}

}  // namespace parley::text
