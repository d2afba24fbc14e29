// SPDX-License-Identifier: Apache-2.0
//
// Several voices as one model: each call is spoken by the one that its `voice` names.
//
// Threads: as TtsModel; immutable.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "model/tts_model.h"
#include "model/voice_names.h"

namespace parley::model {

class VoiceSet final : public TtsModel {
 public:
  /// One model per name of `names`, in that order. failed_precondition when their rates differ: a
  /// host has one.
  static Result<std::unique_ptr<VoiceSet>> make(VoiceNames names,
                                                std::vector<std::unique_ptr<TtsModel>> voices);

  /// `call.voice` becomes the resolved name, so that the voice can see the speaker in it.
  bool synthesize(TtsCall& call) noexcept override;
  [[nodiscard]] int rate() const noexcept override { return voices_.front()->rate(); }

 private:
  VoiceSet(VoiceNames names, std::vector<std::unique_ptr<TtsModel>> voices)
      : names_(std::move(names)), voices_(std::move(voices)) {}

  const VoiceNames names_;
  const std::vector<std::unique_ptr<TtsModel>> voices_;
};

}  // namespace parley::model
