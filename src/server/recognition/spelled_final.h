// SPDX-License-Identifier: Apache-2.0
//
// A final without digits, for clients that want what was said and not how it is written. English.
// Threads: any (pure).
#pragma once

#include "service/recognition/recognition_sink.h"

namespace parley::server {

/// Its numbers are words (text/numbers_as_words.h), which share the time of the number. All else
/// stays.
[[nodiscard]] service::RecognizedText spelled_final(service::RecognizedText final);

}  // namespace parley::server
