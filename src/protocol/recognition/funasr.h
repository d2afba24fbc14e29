// SPDX-License-Identifier: Apache-2.0
//
// The protocol of FunASR's WebSocket servers (modelscope/FunASR, runtime/), as their clients speak
// it. A recording is a message, audio, and a message:
//
//   → {"mode":"2pass","wav_name":"a","wav_format":"pcm","audio_fs":16000,"chunk_size":[5,10,5],
//      "is_speaking":true,"hotwords":"…","itn":true}
//   → (binary: s16 audio)
//   ← {"mode":"2pass-online","text":"the cap","wav_name":"a","is_final":false}      what is new
//   ← {"mode":"2pass-offline","text":"The captain.","wav_name":"a","is_final":false,
//      "timestamp":"[[500,750],…]","stamp_sents":[…]}                              an utterance
//   → {"is_speaking":false}
//   ← the last of it, with "is_final":true
//
// Threads: any (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/media_time.h"
#include "media/word_time.h"
#include "protocol/protocol_error.h"

namespace parley::protocol {

enum class FunasrMode : std::uint8_t { offline, online, two_pass };
enum class FunasrFormat : std::uint8_t { pcm, wav };

/// What a message changes. Weights of hot words and what else a message may hold are passed over.
struct FunasrMessage {
  std::optional<FunasrMode> mode;
  std::optional<std::string> wav_name;
  std::optional<FunasrFormat> format;
  std::optional<int> rate;      // Hz, of PCM
  std::optional<int> chunk_ms;  // how often the client wants to hear of it
  std::optional<std::vector<std::string>> hot_words;
  std::optional<bool> writes_numbers;  // `itn`: 23, and not twenty-three
  std::optional<bool> is_speaking;
  bool wants_acknowledgement = false;  // of the end: `is_end`
};
[[nodiscard]] std::variant<FunasrMessage, ProtocolError> parse_funasr_message(
    std::string_view frame);

enum class FunasrPass : std::uint8_t { online, offline };

/// `mode` and `pass`: "2pass-online", "offline", … `words`: their times, in ms from the
/// recording's first sample; empty or null: none are told.
struct FunasrResult {
  FunasrMode mode = FunasrMode::two_pass;
  FunasrPass pass = FunasrPass::offline;
  std::string_view text{};
  std::string_view wav_name{};
  bool is_final = false;
  const std::vector<media::WordTime>* words = nullptr;
  std::string_view speaker{};  // `spk_name`, as Python's server has it; empty: is not told
};
[[nodiscard]] std::string to_json(const FunasrResult& result);

/// Of an end that asked for it, after the last result.
[[nodiscard]] std::string funasr_acknowledgement(std::string_view wav_name);
/// FunASR's servers put it where the text stands; newer clients look at `error`.
[[nodiscard]] std::string funasr_error(std::string_view wav_name, std::string_view message);

}  // namespace parley::protocol
