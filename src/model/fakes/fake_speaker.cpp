// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_speaker.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace parley::model {
namespace {

/// Half as many Hz as the signal changes its sign in a second.
double pitch_hz(std::span<const float> audio) {
  std::size_t changes = 0;
  for (std::size_t i = 1; i < audio.size(); ++i) {
    changes += (audio[i - 1] < 0.0F) != (audio[i] < 0.0F) ? 1 : 0;
  }
  return static_cast<double>(changes) * kSpeakerRate / (2.0 * static_cast<double>(audio.size()));
}

/// A bump around the pitch, of length 1.
std::vector<float> embedding_of(double hz) {
  const double place = 2.0 * std::log2(std::max(hz, 1.0) / FakeSpeakerModel::kLowestHz);
  std::vector<float> bump;
  double squares = 0.0;
  for (std::size_t i = 0; i < FakeSpeakerModel::kDimension; ++i) {
    const double distance = place - static_cast<double>(i);
    bump.push_back(static_cast<float>(std::exp(-distance * distance)));
    squares += static_cast<double>(bump.back()) * static_cast<double>(bump.back());
  }
  // Far outside every pitch of a voice nothing would be left.
  if (squares < 1e-12) return embedding_of(FakeSpeakerModel::kLowestHz);
  for (float& value : bump)
    value = static_cast<float>(static_cast<double>(value) / std::sqrt(squares));
  return bump;
}

}  // namespace

void FakeSpeakerModel::embed(SpeakerCall& call) noexcept {
  call.embedding.clear();
  const auto is_silent = [](float sample) { return sample == 0.0F; };
  if (call.audio.size() > samples_max_ || std::ranges::all_of(call.audio, is_silent)) {
    call.status = Error{ErrorCode::invalid_argument, "audio: nothing to hear, or too much"};
    return;
  }
  call.embedding = embedding_of(pitch_hz(call.audio));
  call.status = {};
}

}  // namespace parley::model
