// SPDX-License-Identifier: Apache-2.0
//
// A streaming model for those who have whole utterances: recordings, conversations. Each is heard
// piece by piece, so that a cancel ends it soon.
//
// Threads: as AsrModel.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "model/asr_model.h"
#include "model/streaming_asr_model.h"

namespace parley::model {

class StreamedAsr final : public AsrModel {
 public:
  /// Longer audio is refused; whoever has it cuts it at a silence. 60 s.
  static constexpr std::size_t kSamplesMax = 60 * std::size_t{kAsrRate};

  explicit StreamedAsr(std::unique_ptr<StreamingAsrModel> model) : model_(std::move(model)) {}

  void transcribe(AsrCall& call) noexcept override;
  [[nodiscard]] std::size_t samples_max() const noexcept override { return kSamplesMax; }
  [[nodiscard]] StreamingAsrModel* streaming() noexcept override { return model_.get(); }

 private:
  const std::unique_ptr<StreamingAsrModel> model_;
};

}  // namespace parley::model
