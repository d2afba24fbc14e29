// SPDX-License-Identifier: Apache-2.0
#include "server/key_limit_fields.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace parley::server {
namespace {

const std::array<KeyLimitField, 9> kFields{{
    {"sessions", "Realtime sessions at one time", &KeyLimits::sessions},
    {"requests_per_minute", "responses and HTTP requests", &KeyLimits::requests_per_minute},
    {"audio_seconds_per_minute", "audio that its sessions append",
     &KeyLimits::audio_seconds_per_minute},
    {"audio_seconds_per_day", "likewise in a day", &KeyLimits::audio_seconds_per_day},
    {"streams", "streams of speech at one time", &KeyLimits::streams},
    {"characters_per_minute", "text to be spoken", &KeyLimits::characters_per_minute},
    {"characters_per_day", "likewise in a day", &KeyLimits::characters_per_day},
    {"budget_per_day", "cost of all its sessions", &KeyLimits::budget_per_day},
    {"budget", "cost of each session", &KeyLimits::budget},
}};

template <typename Number>
bool read_number(std::string_view text, Number& to) {
  Number value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = failure == std::errc{} && end == text.data() + text.size();
  if (!is_whole || !std::isfinite(static_cast<double>(value)) || value < 0) return false;
  to = value;
  return true;
}

bool read_number(std::string_view text, std::optional<double>& to) {
  return read_number(text, to.emplace());
}

}  // namespace

std::span<const KeyLimitField> key_limit_fields() { return kFields; }

const KeyLimitField* find_key_limit(std::string_view name) {
  for (const KeyLimitField& field : kFields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

Status set_key_limit(KeyLimits& limits, const KeyLimitField& field, std::string_view text) {
  const bool is_read =
      std::visit([&](auto member) { return read_number(text, limits.*member); }, field.member);
  if (is_read) return {};
  return Error{ErrorCode::invalid_argument,
               std::string(field.name) + " = '" + std::string(text) + "': expected a number, or 0"};
}

}  // namespace parley::server
