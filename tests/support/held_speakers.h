// SPDX-License-Identifier: Apache-2.0
//
// A model of speakers that answers when a test says so, and one enrolled speaker: whose embedding
// is 1.
//
//   host.answer(1.0F);   // the last utterance was Anna's
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/known_speakers.h"
#include "model/speaker_model.h"

namespace parley::test {

class HeldSpeakerHost final : public model::SpeakerHost {
 public:
  bool submit(std::shared_ptr<model::SpeakerCall> call) noexcept override {
    held.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] std::size_t dimension() const noexcept override { return 1; }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 1U << 20U; }
  [[nodiscard]] std::string name() const override { return "held"; }
  void answer(float value) const {
    held.back()->embedding = {value};
    held.back()->finish();
  }
  std::vector<std::shared_ptr<model::SpeakerCall>> held;
};

class OneKnownSpeaker final : public model::KnownSpeakers {
 public:
  void refresh(const std::string& /*owner*/) override {}
  [[nodiscard]] bool may_know_any(const std::string& /*owner*/) const override { return true; }
  [[nodiscard]] std::string name_of(const std::string& /*owner*/,
                                    std::span<const float> embedding) const override {
    return embedding.front() == 1.0F ? "Anna" : "";
  }
};

}  // namespace parley::test
