// SPDX-License-Identifier: Apache-2.0
//
// An utterance as an OpenAI-compatible transcription endpoint wants it: a form (RFC 7578) with the
// audio as a WAV file. Threads: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/asr_model.h"

namespace parley::backend {

struct TranscriptionForm {
  std::string_view model;
  std::string_view boundary;  // what no part has: a random word
  /// Only what every endpoint knows: no times of words, no keywords.
  bool is_plain = false;
};

/// `multipart/form-data; boundary=…` is its type.
[[nodiscard]] std::string make_transcription_form(const model::AsrCall& call,
                                                  const TranscriptionForm& form);

/// The samples as s16le. Too loud ones are clamped.
[[nodiscard]] std::string pcm_bytes(std::span<const float> samples);

}  // namespace parley::backend
