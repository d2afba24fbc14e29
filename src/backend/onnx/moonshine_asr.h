// SPDX-License-Identifier: Apache-2.0
//
// Moonshine tiny (encoder.onnx and decoder.onnx as tools/convert_moonshine.py writes them, and
// tokenizer.bin): English speech to text with punctuation, and with the time of each word.
//
//   encoder: samples [1, N] → keys and values of S frames of 24 ms, per layer of the decoder
//   decoder: tokens [beams, L] and all keys and values → scores of the next token after each, its
//   own
//            keys and values longer by L, and how much it looked at each frame
//
// A partial starts from what the last one heard: all its tokens are checked in one run, and only
// what comes after the first one that no longer holds is made step by step.
//
// Measured: about 0.01 s of CPU per second of audio. About 20 to 40 MB for each call that runs.
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

  /// `folder` holds the three files. `hot_words`: of all calls, beside their own.
  static Result<std::unique_ptr<MoonshineAsr>> load(const std::string& folder,
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
  std::size_t layers_ = 0;
  std::int64_t heads_ = 0;
  std::int64_t head_size_ = 0;
  // Names in the order in which Decoding passes values: "key, value" per layer.
  std::vector<std::string> past_names_;     // the decoder's own, then the encoder's
  std::vector<std::string> present_names_;  // the same
};

}  // namespace parley::backend
