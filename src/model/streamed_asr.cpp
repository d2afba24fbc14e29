// SPDX-License-Identifier: Apache-2.0
#include "model/streamed_asr.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace parley::model {
namespace {

constexpr std::size_t kPiece = 2 * std::size_t{kAsrRate};  // samples between two looks at a cancel

}  // namespace

void StreamedAsr::transcribe(AsrCall& call) noexcept {
  call.text.clear();
  call.words.clear();
  call.tokens.clear();
  call.status = {};
  if (call.audio.size() > kSamplesMax) {
    call.status = Error{ErrorCode::invalid_argument, "audio: " + std::to_string(call.audio.size()) +
                                                         " samples are more than " +
                                                         std::to_string(kSamplesMax) + " (60 s)"};
    return;
  }
  AsrStreamCall stream;
  stream.hints = call.hints;
  const std::array<AsrStreamCall*, 1> alone{&stream};
  std::span<const float> rest = call.audio;
  while (!rest.empty() && stream.status && !call.cancelled()) {
    const std::span<const float> piece = rest.first(std::min(kPiece, rest.size()));
    rest = rest.subspan(piece.size());
    stream.audio.assign(piece.begin(), piece.end());
    stream.is_last = rest.empty();
    model_->hear(alone);
  }
  call.status = call.cancelled() ? Status(Error{ErrorCode::cancelled, "cancelled"}) : stream.status;
  if (!call.status) return;
  call.text = std::move(stream.text);
  call.detected_language = std::move(stream.language);
  call.words = std::move(stream.words);
  call.tokens = std::move(stream.tokens);
}

}  // namespace parley::model
