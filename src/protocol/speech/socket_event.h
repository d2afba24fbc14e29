// SPDX-License-Identifier: Apache-2.0
//
// What the speaking sockets tell besides audio, in their own words (docs/speech/websocket.md) and
// in Deepgram's.
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
#include "protocol/speech/output_format.h"

namespace parley::protocol {

/// The binary messages from here on are this utterance's.
struct UtteranceStarted {
  std::string id;
  OutputFormat format;
  std::string content_type;  // "audio/mpeg"
};
/// A stretch of text, before its first audio.
struct UtteranceChunk {
  std::string id;
  std::uint64_t index = 0;  // from 0
  media::MediaTime begin;   // from the utterance's first sample, as every time here
  std::string written;      // as it came
  std::string spoken;       // as it is said
  std::vector<media::WordTime> words;
  std::optional<std::vector<media::WordTime>> phonemes;  // nothing: they were not asked for
};
/// The audio before it is all of what came before the flush.
struct UtteranceFlushed {
  std::string id;
  std::uint64_t number = 0;  // of the flush, from 0 in a socket
};
struct UtteranceDone {
  std::string id;
  media::MediaTime duration;
  std::uint64_t characters = 0;
};
/// No audio of these follows.
struct UtterancesCancelled {
  std::vector<std::string> ids;
  std::uint64_t number = 0;  // of the cancel, from 0 in a socket
};
struct SocketProblem {
  int status = 400;  // as HTTP has them
  std::string message;
  std::string field = {};        // empty: none is at fault
  std::string id = {};           // empty: of no utterance
  bool ends = false;             // the utterance has ended by it
  std::int64_t retry_after = 0;  // s; 0: is not told
};

using SocketEvent = std::variant<UtteranceStarted, UtteranceChunk, UtteranceFlushed, UtteranceDone,
                                 UtterancesCancelled, SocketProblem>;

[[nodiscard]] std::string to_json(const SocketEvent& event);

/// Of a Deepgram socket, at its begin.
struct DeepgramMetadata {
  std::string request_id;
  std::string model_name;
  std::string model_version;
  std::string model_uuid;
};
[[nodiscard]] std::string to_json(const DeepgramMetadata& metadata);
/// Nothing where Deepgram has no word for it.
[[nodiscard]] std::optional<std::string> to_deepgram_json(const SocketEvent& event);

}  // namespace parley::protocol
