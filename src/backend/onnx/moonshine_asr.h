// SPDX-License-Identifier: Apache-2.0
//
// Moonshine tiny (encoder_model.ort, decoder_model_merged.ort, tokenizer.bin): English speech to
// text with punctuation, and with the time of each word.
//
//   encoder: input_values [1, N], attention_mask [1, N] → last_hidden_state [1, S, 288]
//   decoder: one token per step; its own keys and values grow by one position per step, those of
//   the
//            encoder are made in the first step and kept. Its encoder_attention_mask counts samples
//            [1, N], not frames: [1, S] works by luck below 9 s and then fails.
//
// Measured: 0.02 to 0.03 s of CPU per second of audio. About 20 to 40 MB for each call that runs.
// Threads: immutable; several threads may transcribe at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/onnx/beam_search.h"
#include "backend/onnx/hot_words.h"
#include "backend/onnx/ort_session.h"
#include "backend/onnx/token_table.h"
#include "base/result.h"
#include "model/asr_model.h"

namespace parley::backend {

class MoonshineAsr final : public model::AsrModel {
 public:
  /// Longer audio is refused; whoever has it cuts it at a silence.
  static constexpr std::size_t kSamplesMax = 30 * std::size_t{model::kAsrRate};
  /// Speech has about 4 tokens per second; more than this is the model talking to itself.
  static constexpr double kTokensPerSecondMax = 6.5;
  static constexpr std::size_t kTokensMargin = 6;

  /// `folder` holds the three files. `aligner`: the decoder as tools/convert_moonshine.py makes it,
  /// which replaces the folder's; without it (empty, or no such file) words have no times.
  /// `hot_words`: of all calls, beside their own.
  static Result<std::unique_ptr<MoonshineAsr>> load(const std::string& folder,
                                                    const std::string& aligner = {},
                                                    std::vector<std::string> hot_words = {});

  void transcribe(model::AsrCall& call) noexcept override;
  [[nodiscard]] std::size_t samples_max() const noexcept override { return kSamplesMax; }

 private:
  class Decoding;
  MoonshineAsr(InferenceSession encoder, InferenceSession decoder, TokenTable tokens,
               std::vector<std::string> hot_words);
  Status check_shapes();
  Status decode(model::AsrCall& call) const;
  void tell_tokens(const BeamSearch& search, model::AsrCall& call) const;
  void tell_words(const BeamSearch& search, const Decoding& decoding, model::AsrCall& call) const;

  const InferenceSession encoder_;
  const InferenceSession decoder_;
  const TokenTable tokens_;
  const HotWords hot_words_;
  bool aligns_ = false;  // the decoder tells where it listens
  std::size_t layers_ = 0;
  std::int64_t heads_ = 0;
  std::int64_t head_size_ = 0;
  // Names in the order in which Decoding passes values. All past ones are "key, value" per layer.
  std::vector<std::string> past_names_;     // decoder's, then encoder's
  std::vector<std::string> present_names_;  // the same
};

}  // namespace parley::backend
