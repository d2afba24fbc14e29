// SPDX-License-Identifier: Apache-2.0
//
// Ends a turn by how the speaker sounds (semantic_vad): at growing silences a model hears the last
// 8 s and says how likely it is that nothing follows.
//
// The model's answers jump: the same sentence with inaudible noise may get 0.65 or 0.81. So there
// are two thresholds: above the upper one the turn is over at once, between them only when the next
// answer confirms it, and below the lower one the speaker is thinking. Whatever it says, after
// `wait_max` of silence the turn is over. Eagerness moves all three.
//
// While the settings say `silence`, or without a model, it is the silence alone that counts.
// Threads: strand (the audio: the model's host). Allocates: once per question.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "model/turn_model.h"
#include "operators/turn/input_buffer.h"
#include "operators/turn/turn_settings.h"

namespace parley::operators {

class ModelDetector final : public model::TurnDetector {
 public:
  /// `settings` and `buffer` belong to the session and are read live. `host` may be null.
  ModelDetector(const TurnSettings& settings, const InputBuffer& buffer, model::TurnHost* host)
      : settings_(settings), buffer_(buffer), host_(host) {}
  ~ModelDetector() override { forget(); }
  ModelDetector(const ModelDetector&) = delete;
  ModelDetector& operator=(const ModelDetector&) = delete;

  model::TurnVerdict judge(const model::TurnQuery& query, const exec::Waker& waker,
                           Instant now) noexcept override;
  void forget() noexcept override;

 private:
  [[nodiscard]] bool weigh(float probability);
  bool ask(const model::TurnQuery& query, const exec::Waker& waker, Instant now);

  const TurnSettings& settings_;
  const InputBuffer& buffer_;
  model::TurnHost* const host_;
  std::shared_ptr<model::TurnCall> call_;  // shared with the host while it works
  std::size_t asked_ = 0;                  // questions in this silence
  bool was_likely_ = false;                // the last answer was above the lower threshold
};

}  // namespace parley::operators
