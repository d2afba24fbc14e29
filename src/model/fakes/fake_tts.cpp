// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_tts.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace parley::model {
namespace {

// FNV-1a (Fowler, Noll, Vo): any fixed hash will do.
std::uint64_t hash(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t value = 14'695'981'039'346'656'037ULL ^ seed;
  for (const char byte : text) {
    value = (value ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211ULL;
  }
  return value;
}

std::size_t count_characters(std::string_view utf8) noexcept {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

void FakeTtsModel::synthesize(TtsCall& call) noexcept {
  call.audio = {};
  call.words.clear();
  if (call.cancelled()) {
    call.status = Error{ErrorCode::cancelled, "cancelled"};
    return;
  }
  call.status = {};
  const double seconds = static_cast<double>(count_characters(call.text)) * kMsPerCharacter /
                         1000.0 / static_cast<double>(call.speed);
  const auto samples = static_cast<std::size_t>(std::lround(seconds * rate_));
  if (samples == 0) return;

  const double hertz = 200.0 + static_cast<double>(hash(call.text, call.seed) % 200);
  const double step = 2.0 * std::numbers::pi * hertz / rate_;
  call.audio = pool_.take_floats(samples);
  const std::span<float> out = call.audio.writable_floats();
  for (std::size_t i = 0; i < samples; ++i) {
    out[i] = kAmplitude * static_cast<float>(std::sin(step * static_cast<double>(i)));
  }
  const auto time_at = [&](std::size_t byte) {
    const std::size_t before = count_characters(std::string_view(call.text).substr(0, byte));
    return media::MediaTime::from_samples(
        std::lround(static_cast<double>(before) * kMsPerCharacter / 1000.0 /
                    static_cast<double>(call.speed) * rate_),
        rate_);
  };
  for (std::size_t at = call.text.find_first_not_of(' '); at != std::string::npos;) {
    const std::size_t end = std::min(call.text.find(' ', at), call.text.size());
    call.words.push_back({call.text.substr(at, end - at), time_at(at), time_at(end)});
    at = call.text.find_first_not_of(' ', end);
  }
}

}  // namespace parley::model
