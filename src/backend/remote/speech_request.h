// SPDX-License-Identifier: Apache-2.0
//
// The body of POST /audio/speech. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace parley::backend {

/// Without its `[[…]]`, which hold phonemes.
[[nodiscard]] std::string without_phonemes(std::string_view text);

[[nodiscard]] std::string make_speech_request(std::string_view text, std::string_view model,
                                              std::string_view voice, float speed);

}  // namespace parley::backend
