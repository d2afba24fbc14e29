// SPDX-License-Identifier: Apache-2.0
//
// What flows between operators: a closed set of plain structs, so that `std::visit` finds every
// place to change. Each has a header; each is cheap to copy (samples are shared, not copied).
// Threads: value types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "media/audio_format.h"
#include "media/buffer_pool.h"
#include "media/media_time.h"
#include "media/spoken_form.h"
#include "media/tensor_shape.h"
#include "media/word_time.h"

namespace parley::media {

using StreamId = StrongId<struct StreamTag>;

/// The interruption counter of a session. A reply's frames carry the turn in which it began; when
/// the session's turn moves on, ports drop them. Input audio carries `kAnyTurn` and survives.
using Turn = StrongId<struct TurnTag>;
inline constexpr Turn kAnyTurn{0};  // real turns start at 1

/// One stretch of the user's speech, from start to commit; counts from 1 in a session.
using UtteranceId = StrongId<struct UtteranceTag>;

struct FrameHeader {
  StreamId stream;
  Turn turn = kAnyTurn;
  MediaTime pts;       // start, on its stream
  MediaTime duration;  // zero for events
  std::uint64_t sequence = 0;
  bool is_last = false;  // no more frames of this reply follow on this port
};

enum class Codec : std::uint8_t { pcm16, pcmu, pcma };  // s16le, G.711 mu-law, G.711 A-law

/// Audio as it came from, or goes to, a wire: bytes of whole samples.
struct EncodedAudio {
  FrameHeader head;
  Codec codec = Codec::pcm16;
  AudioFormat format;
  BufferRef bytes;
};

/// Float32 samples.
struct AudioFrame {
  FrameHeader head;
  AudioFormat format;
  BufferRef samples;
};

/// What the voice activity detector says of one window (pts, duration: the window).
struct SpeechEvent {
  FrameHeader head;
  float probability = 0.0F;
  bool is_speech = false;  // after the detector's hysteresis
};

/// Where the user's turn stands. pts: the instant on the input stream that the event is about.
struct TurnEvent {
  enum class Kind : std::uint8_t {
    started,  // speech began (pts: its first sample)
    paused,   // a short silence: a good moment to start recognition early
    resumed,  // it was only a pause
    ended,    // the user is done (pts: last sample of the utterance, silence included)
    cleared,  // the utterance was thrown away
  };
  FrameHeader head;
  Kind kind = Kind::started;
  UtteranceId utterance;
  MediaTime audio_begin;  // first sample of the utterance's audio, prefix padding included
  MediaTime speech_end;   // paused, ended: last sample of speech, silence not included
};

struct Transcript {
  FrameHeader head;
  UtteranceId utterance;
  std::string text;
  bool is_final = false;
  // Labels of models that give them, else empty; passed through, never guessed.
  std::string language;            // ISO 639-1, such as "en"
  std::string emotion;             // in the model's own words, such as "HAPPY"
  std::string event;               // likewise, such as "Speech", "Laughter"
  std::vector<WordTime> words;     // counted from head.pts
  std::vector<TokenScore> tokens;  // the pieces of `text`, in order
  std::size_t stable_bytes = 0;    // of a partial's text, those that stay as they are
};

/// Text of a reply: tokens as they come from the LLM, or whole clauses after the splitter.
struct TextDelta {
  FrameHeader head;
  std::string text;
  std::shared_ptr<const SpokenForm> spoken{};  // how it is said; null: as it is written
  std::vector<WordTime> words{};     // of a spoken clause, as it is said, counted from head.pts
  std::vector<WordTime> phonemes{};  // one IPA symbol each, likewise
};

/// A function call of a reply, in fragments; `head.is_last` marks the end of its arguments.
struct ToolCall {
  FrameHeader head;
  std::string name;  // in the first fragment
  std::string arguments_delta;
};

/// Why and with what cost a generation ended; follows the last TextDelta or ToolCall.
struct GenerationEnd {
  enum class Reason : std::uint8_t { stop, length, tool_call, failed };
  FrameHeader head;
  Reason reason = Reason::stop;
  std::int32_t input_tokens = 0;
  std::int32_t cached_tokens = 0;  // of the input tokens, those that cost no prefill
  std::int32_t output_tokens = 0;
  Error error;  // failed
};

/// Something went wrong in an operator; always reaches the client and the counters.
struct ErrorEvent {
  FrameHeader head;
  std::string node;
  Error error;
};

using ControlValue = std::variant<bool, std::int64_t, double, std::string>;

/// A word to an operator beside the stream: open a gate, take another branch. It has a port of its
/// own, which operators read before their data, so that it overtakes what waits.
struct Control {
  FrameHeader head;
  std::string name;
  ControlValue value = false;
};

enum class PixelFormat : std::uint8_t { gray8, rgb24, rgba32, i420 };

/// One picture; rows from top to bottom without padding, planes (i420) one after another.
struct VideoFrame {
  FrameHeader head;
  int width = 0;  // pixels
  int height = 0;
  PixelFormat format = PixelFormat::rgb24;
  BufferRef pixels;
};

/// Numbers for a model, or from it: features, scores. The last dimension is contiguous.
struct TensorFrame {
  FrameHeader head;
  TensorShape shape;
  ElementType element = ElementType::float32;
  BufferRef data;
};

using TypeId = StrongId<struct TypeTag>;

/// A frame kind that only plugins, or a program's own operators, know.
struct Opaque {
  FrameHeader head;
  TypeId type;
  BufferRef bytes;
  // Shared because every consumer of a fan-out may keep it: a value of another language's runtime.
  std::shared_ptr<const void> object;
};

using Frame =
    std::variant<EncodedAudio, AudioFrame, SpeechEvent, TurnEvent, Transcript, TextDelta, ToolCall,
                 GenerationEnd, ErrorEvent, Control, VideoFrame, TensorFrame, Opaque>;

}  // namespace parley::media
