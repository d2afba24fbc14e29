// SPDX-License-Identifier: Apache-2.0
#include "service/speakers/recording_speakers.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace parley::service {
namespace {

constexpr std::size_t kLetters = 26;

/// A … Z, A2 … Z2, …
std::string letter_of(std::size_t index) {
  std::string name(1, static_cast<char>('A' + static_cast<char>(index % kLetters)));
  if (index >= kLetters) name += std::to_string(index / kLetters + 1);
  return name;
}

std::vector<float> of_length_one(const std::vector<float>& vector) {
  double squares = 0.0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  std::vector<float> result = vector;
  const auto length = static_cast<float>(std::sqrt(squares));
  if (length <= 0.0F) return result;
  for (float& value : result) value /= length;
  return result;
}

}  // namespace

RecordingSpeakers::~RecordingSpeakers() {
  for (const Sample& sample : samples_) sample.call->cancel();
}

Status RecordingSpeakers::add(std::string name, std::vector<float> samples) {
  samples.resize(std::min(samples.size(), around_.host.samples_max()));
  auto call = std::make_shared<model::SpeakerCall>();
  call->audio = std::move(samples);
  // Due at once: whoever is heard in the recording comes behind it.
  call->begin({}, around_.clock.now());
  if (!around_.host.submit(call)) {
    return Error{ErrorCode::unavailable, "too much waits for the model of speakers"};
  }
  samples_.push_back({std::move(name), std::move(call)});
  return {};
}

std::string RecordingSpeakers::name_of(const std::string& owner,
                                       std::span<const float> embedding) const {
  const Sample* nearest = nullptr;
  float score = around_.score_min;
  for (const Sample& sample : samples_) {
    if (!sample.call->done() || !sample.call->status) continue;
    const float now = similarity(embedding, sample.call->embedding);
    if (now >= score) {
      nearest = &sample;
      score = now;
    }
  }
  if (nearest != nullptr) return nearest->name;
  if (around_.enrolled != nullptr && around_.enrolled->may_know_any(owner)) {
    std::string name = around_.enrolled->name_of(owner, embedding);
    if (!name.empty()) return name;
  }
  return stranger(embedding);
}

std::string RecordingSpeakers::stranger(std::span<const float> embedding) const {
  std::size_t nearest = voices_.size();
  float score = -1.0F;
  for (std::size_t i = 0; i < voices_.size(); ++i) {
    const float now = similarity(embedding, voices_[i].mean);
    if (now > score) {
      nearest = i;
      score = now;
    }
  }
  const bool is_new = score < around_.score_min && voices_.size() < kRecordingVoicesMax;
  if (is_new || voices_.empty()) {
    nearest = voices_.size();
    voices_.push_back({.sum = std::vector<float>(embedding.size()), .mean = {}});
  }
  Voice& voice = voices_[nearest];
  for (std::size_t i = 0; i < embedding.size(); ++i) voice.sum[i] += embedding[i];
  voice.mean = of_length_one(voice.sum);
  return letter_of(nearest);
}

}  // namespace parley::service
