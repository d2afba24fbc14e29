// SPDX-License-Identifier: Apache-2.0
//
// The protocol of Vosk's WebSocket server (alphacep/vosk-server, websocket/asr_server.py), as its
// clients speak it:
//
//   → {"config":{"sample_rate":16000,"words":true,"phrase_list":["Parley"]}}       not answered
//   → (binary: s16 audio)                                 each is answered by one of
//   ← {"partial":"the captain"}                           … while somebody speaks
//   ← {"result":[{"conf":0.9,"end":1.2,"start":0.9,"word":"the"},…],"text":"the captain"}
//   → {"eof":1}                                           answered by the last result, then closed
//   → {"reset":1}                                         answered by a result
//
// Threads: any (pure).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/media_time.h"
#include "media/word_time.h"
#include "protocol/protocol_error.h"

namespace parley::protocol {

struct VoskConfig {
  std::optional<int> rate;    // Hz
  std::optional<bool> words;  // whether results tell them
  /// `phrase_list`: Vosk would hear nothing else. Without its word for what else is said, "[unk]".
  std::optional<std::vector<std::string>> hot_words;
};
struct VoskEnd {};
struct VoskReset {};
using VoskMessage = std::variant<VoskConfig, VoskEnd, VoskReset>;

/// What else a config may hold (model, max_alternatives) is passed over.
[[nodiscard]] std::variant<VoskMessage, ProtocolError> parse_vosk_message(std::string_view frame);

[[nodiscard]] std::string vosk_partial(std::string_view text);
/// `words`: null where nobody asked for them. Their times count from the first sample.
[[nodiscard]] std::string vosk_result(std::string_view text,
                                      const std::vector<media::WordTime>* words, double confidence);

}  // namespace parley::protocol
