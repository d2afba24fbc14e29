// SPDX-License-Identifier: Apache-2.0
//
// Streaming recognition that hears a word of its script in every half second of audio, and the next
// script's with the next utterance. Words come as soon as their half second is over, and are
// equally likely.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/streaming_asr_model.h"

namespace parley::model {

class FakeStreamingAsrModel final : public StreamingAsrModel {
 public:
  /// One line per utterance, words with a space between them; after the last it starts again.
  explicit FakeStreamingAsrModel(std::vector<std::string> script = {"one two three four five six"})
      : script_(std::move(script)) {}

  void hear(std::span<AsrStreamCall* const> batch) noexcept override;

 private:
  const std::vector<std::string> script_;
  std::atomic<std::size_t> utterances_{0};
};

}  // namespace parley::model
