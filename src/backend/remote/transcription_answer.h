// SPDX-License-Identifier: Apache-2.0
//
// The body that `POST …/audio/transcriptions` is answered with: json, or verbose_json with words
// and segments. What only some endpoints tell is taken where it is there.
//
// Threads: pure functions.
#pragma once

#include <string_view>

#include "backend/remote/heard_answer.h"
#include "base/result.h"

namespace parley::backend {

/// `length`: of the audio. Errors: data_corrupt, with the beginning of what came instead.
[[nodiscard]] Result<HeardAnswer> read_transcription(std::string_view body,
                                                     media::MediaTime length);

}  // namespace parley::backend
