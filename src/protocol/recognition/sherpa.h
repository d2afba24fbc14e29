// SPDX-License-Identifier: Apache-2.0
//
// The protocols of sherpa-onnx's WebSocket servers (k2-fsa/sherpa-onnx, csrc/), as their clients
// speak them. Streaming:
//
//   → (binary: float32 audio, 16 kHz)
//   ← {"text":"the cap","tokens":[],"timestamps":[],"segment":0,…,"is_final":false,"is_eof":false}
//   → Done
//   ← the last result, with "is_eof":true, and: Done!
//
// Offline, any number of times:
//
//   → (binary: int32 rate, int32 bytes, float32 audio; in one message or several)
//   ← {"lang":"","emotion":"","event":"","text":"The captain.","timestamps":[…],"tokens":[…],…}
//   → Done                                                                  closes
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/media_time.h"
#include "media/word_time.h"
#include "protocol/protocol_error.h"

namespace parley::protocol {

inline constexpr std::string_view kSherpaDone = "Done";
inline constexpr std::string_view kSherpaAllDone = "Done!";

/// Times of `words` count from `begin`; null: none are told.
struct SherpaSegment {
  std::uint64_t segment = 0;
  std::string_view text{};
  media::MediaTime begin{};  // from the stream's first sample
  const std::vector<media::WordTime>* words = nullptr;
  bool is_final = false;
  bool is_last = false;  // of the stream
};
[[nodiscard]] std::string to_json(const SherpaSegment& segment);

inline constexpr std::size_t kSherpaHeadBytes = 8;
inline constexpr int kSherpaRecordingSecondsMax = 3600;

/// What stands before a recording.
struct SherpaHead {
  int rate = 0;           // Hz
  std::size_t bytes = 0;  // of the samples
};
/// `head`: at least its bytes; fewer are an error, as with their server. So is a recording that is
/// longer than may be.
[[nodiscard]] std::variant<SherpaHead, ProtocolError> parse_sherpa_head(
    std::span<const std::byte> message);

/// What models that tell them say of a recording; empty: not told.
struct SherpaLabels {
  std::string_view language{};
  std::string_view emotion{};
  std::string_view event{};
};
/// The answer to a recording.
[[nodiscard]] std::string sherpa_recording_json(std::string_view text, const SherpaLabels& labels,
                                                const std::vector<media::WordTime>& words);

}  // namespace parley::protocol
