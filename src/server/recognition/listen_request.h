// SPDX-License-Identifier: Apache-2.0
//
// What a client asks to be listened to, in the words of recognition, and its words back: for the
// faces that say it alike. Threads: any (pure).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/asr_model.h"
#include "protocol/recognition/hot_words.h"
#include "protocol/recognition/raw_socket.h"
#include "server/recognition/audio_feed.h"
#include "service/recognition/recognition_request.h"
#include "service/recognition/recognition_sink.h"

namespace parley::server {

static_assert(protocol::kHotWordListMax <= model::kHotWordsMax &&
              protocol::kHotWordLengthMax <= model::kHotWordBytesMax);

[[nodiscard]] inline SampleKind sample_kind(protocol::AudioEncoding encoding) noexcept {
  switch (encoding) {
    case protocol::AudioEncoding::pcm_s16le:
      return SampleKind::s16;
    case protocol::AudioEncoding::pcm_f32le:
      return SampleKind::f32;
    case protocol::AudioEncoding::pcmu:
      return SampleKind::pcmu;
    case protocol::AudioEncoding::pcma:
      return SampleKind::pcma;
    case protocol::AudioEncoding::opus:
      return SampleKind::opus;
  }
  return SampleKind::s16;
}

/// Null: there are no words.
[[nodiscard]] inline model::AsrHintsRef hints_of(const std::vector<std::string>& hot_words) {
  if (hot_words.empty()) return nullptr;
  return std::make_shared<model::AsrHints>(model::AsrHints{.hot_words = hot_words});
}

/// `request` says who asks.
[[nodiscard]] inline service::RecognitionRequest listen_request(
    service::RecognitionRequest request, const protocol::ListenOrder& order) {
  request.rate = order.rate;
  request.language = order.language;
  request.hints = hints_of(order.hot_words);
  if (!order.partials) request.partial_interval = Millis{0};
  request.silence = Millis{order.silence_ms};
  return request;
}

/// Views of `text`.
[[nodiscard]] inline protocol::Recognized recognized(const service::RecognizedText& text,
                                                     bool is_final) {
  return {.is_final = is_final,
          .utterance = text.utterance,
          .text = text.text,
          .stable_bytes = text.stable_bytes,
          .begin = text.begin,
          .end = text.end,
          .language = text.language,
          .speaker = text.speaker,
          .emotion = text.emotion,
          .event = text.event,
          .words = is_final ? &text.words : nullptr,
          .confidence = protocol::confidence_of(text.tokens)};
}

}  // namespace parley::server
