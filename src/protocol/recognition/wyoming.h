// SPDX-License-Identifier: Apache-2.0
//
// The Wyoming protocol of Home Assistant's voice programs: events on a plain stream of bytes. An
// event is a line of JSON, then as many bytes of JSON and of payload as the line says:
//
//   {"type":"audio-chunk","data_length":41,"payload_length":2048}\n{"rate":16000,…}<2048 bytes>
//
//   → transcribe, audio-start, audio-chunk …, audio-stop
//   ← transcript-start, transcript-chunk …, transcript, transcript-stop
//   → synthesize, or synthesize-start, synthesize-chunk …, synthesize-stop
//   ← audio-start, audio-chunk …, audio-stop (and synthesize-stopped)
//
// Threads: any (pure); a reader has one owner.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "media/media_time.h"
#include "protocol/protocol_error.h"

namespace parley::protocol {

// Of one event. Policy: an error, after which nothing can be read.
inline constexpr std::size_t kWyomingLineBytesMax = 64U << 10U;
inline constexpr std::size_t kWyomingDataBytesMax = 1U << 20U;
inline constexpr std::size_t kWyomingPayloadBytesMax = 1U << 20U;

struct WyomingDescribe {};
struct WyomingPing {
  std::string text;
};
struct WyomingTranscribe {
  std::string language;  // "en", "en-US"; empty: not said
};
/// Phrases that wake; none: any that we know.
struct WyomingDetect {
  std::vector<std::string> names;
};
struct WyomingFormat {
  int rate = 16'000;  // Hz
  int channels = 1;   // of s16 samples
};
struct WyomingAudioStart {
  WyomingFormat format;
};
struct WyomingAudioChunk {
  WyomingFormat format;
  std::string samples;
};
struct WyomingAudioStop {};
struct WyomingSynthesize {
  std::string text;
  std::string voice;     // empty: the default
  std::string language;  // likewise
  bool is_ssml = false;
};
struct WyomingSynthesizeStart {
  WyomingSynthesize order;  // without text
};
struct WyomingSynthesizeChunk {
  std::string text;
};
struct WyomingSynthesizeStop {};
/// What we do not know is passed over.
struct WyomingUnknown {
  std::string type;
};
using WyomingEvent =
    std::variant<WyomingUnknown, WyomingDescribe, WyomingPing, WyomingTranscribe, WyomingDetect,
                 WyomingAudioStart, WyomingAudioChunk, WyomingAudioStop, WyomingSynthesize,
                 WyomingSynthesizeStart, WyomingSynthesizeChunk, WyomingSynthesizeStop>;

/// Cuts a stream of bytes into events.
class WyomingReader {
 public:
  void append(std::span<const std::byte> bytes);
  /// The next event; nothing, when it has not all come. An error of its fields leaves the stream
  /// readable; one of its frame does not: is_broken().
  [[nodiscard]] std::optional<std::variant<WyomingEvent, ProtocolError>> next();
  [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }
  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return bytes_.size() - at_; }

 private:
  struct Line {
    std::string text;
    std::size_t data_bytes = 0;
    std::size_t payload_bytes = 0;
  };
  [[nodiscard]] std::optional<ProtocolError> read_line();

  std::string bytes_;
  std::size_t at_ = 0;        // of what has not been read
  std::optional<Line> line_;  // of the event whose data and payload have not all come
  bool is_broken_ = false;
};

/// An event as it stands on the wire. `data`: a JSON object, or empty.
[[nodiscard]] std::string wyoming_event(std::string_view type, std::string_view data,
                                        std::string_view payload = {});

struct WyomingVoice {
  std::string name;
  std::string language;
};
struct WyomingInfo {
  std::string version;
  std::string asr_model;
  std::vector<std::string> asr_languages;
  std::vector<WyomingVoice> voices;  // none: nothing is spoken
  std::vector<std::string> wake_phrases;
};
[[nodiscard]] std::string to_event(const WyomingInfo& info);
[[nodiscard]] std::string wyoming_pong(std::string_view text);
[[nodiscard]] std::string wyoming_error(std::string_view text, std::string_view code);
/// `type`: "transcript" or "transcript-chunk".
[[nodiscard]] std::string wyoming_transcript(std::string_view type, std::string_view text,
                                             std::string_view language);
[[nodiscard]] std::string wyoming_detection(std::string_view name, media::MediaTime at);
[[nodiscard]] std::string wyoming_audio_start(int rate);
/// s16, mono.
[[nodiscard]] std::string wyoming_audio_chunk(int rate, media::MediaTime at,
                                              std::string_view samples);

}  // namespace parley::protocol
