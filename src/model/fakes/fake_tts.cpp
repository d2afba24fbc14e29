// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_tts.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "base/utf8.h"

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

}  // namespace

void FakeTtsModel::begin(TtsCall& call) const noexcept {
  call.audio = {};
  call.words.clear();
  call.phonemes.clear();
  call.samples_made = 0;
  const double ms_per_character = kMsPerCharacter / static_cast<double>(call.speed);
  const auto sample_at = [&](std::size_t byte) {
    const std::size_t before = characters_in(std::string_view(call.text).substr(0, byte));
    return std::lround(static_cast<double>(before) * ms_per_character / 1000.0 * rate_);
  };
  const auto time_at = [&](std::size_t byte) {
    return media::MediaTime::from_samples(sample_at(byte), rate_);
  };
  call.samples_expected = sample_at(call.text.size());
  for (std::size_t at = call.text.find_first_not_of(' '); at != std::string::npos;) {
    const std::size_t end = std::min(call.text.find(' ', at), call.text.size());
    call.words.push_back({call.text.substr(at, end - at), time_at(at), time_at(end)});
    call.phonemes.push_back(call.words.back());  // spelled, one for each word
    at = call.text.find_first_not_of(' ', end);
  }
}

bool FakeTtsModel::synthesize(TtsCall& call) noexcept {
  if (call.cancelled()) {
    call.status = Error{ErrorCode::cancelled, "cancelled"};
    call.state.reset();
    return false;
  }
  if (call.state == nullptr) begin(call);
  call.status = {};
  const std::int64_t left = call.samples_expected - call.samples_made;
  const std::int64_t part_least = std::int64_t{rate_} * kPartMs / 1000;
  const std::int64_t part_most =
      std::max(part_least, call.samples_expected / std::int64_t{kTtsPartsMax - 1});
  const std::int64_t count = call.stream ? std::min(left, part_most) : left;
  if (count > 0) {
    media::BufferRef part = pool_.take_floats(static_cast<std::size_t>(count));
    const double hertz = 200.0 + static_cast<double>(hash(call.text, call.seed) % 200);
    const double step = 2.0 * std::numbers::pi * hertz / rate_;
    std::int64_t at = call.samples_made;
    for (float& sample : part.writable_floats()) {
      sample = kAmplitude * static_cast<float>(std::sin(step * static_cast<double>(at++)));
    }
    call.samples_made = at;
    if (call.stream) {
      static_cast<void>(call.parts.try_push(std::move(part)));  // there is room for kTtsPartsMax
      call.notify();
    } else {
      call.audio = std::move(part);
    }
  }
  const bool has_more = count < left;
  if (has_more && call.state == nullptr) call.state = std::make_unique<TtsState>();
  if (!has_more) call.state.reset();
  return has_more;
}

}  // namespace parley::model
