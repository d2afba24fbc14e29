// SPDX-License-Identifier: Apache-2.0
//
// What an agent does in a room; the server fills it in.
//
// Threads: called on the session's strand, and never after the session's `close` has returned. Each
// call returns at once and must not call the session. What fails later is logged by whoever fills
// it in, unless an event of RoomEvent tells it. After Disconnected nothing has an effect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/buffer_pool.h"
#include "media/media_time.h"
#include "room/participant.h"

namespace parley::room {

/// One text stream: whole, or as it is being written (RoomLink::open_text).
struct TextStream {
  std::string topic{};
  std::string id{};      // of the stream; empty: a new one
  std::string sender{};  // on whose behalf; empty: ourselves
  Attributes attributes{};
  std::vector<std::string> to{};  // identities; empty: everybody
};

/// For clients that read no text streams: one segment of what `identity` said.
struct LegacyTranscription {
  std::string identity{};
  std::string track_sid{};
  std::string segment{};  // its id; a later one of the same id replaces it
  std::string text{};
  std::string language{};
  media::MediaTime begin{};  // of the track's sound
  media::MediaTime end{};
  bool is_final = false;
};

/// Errors of RPC as LiveKit numbers them: 1400 unsupported method, 1500 application error.
struct CallError {
  std::uint32_t code = 1500;
  std::string message{};
};

class RoomLink {
 public:
  virtual ~RoomLink() = default;

  /// TrackSound follows, until unsubscribed, or the track ends.
  virtual void subscribe(const std::string& track_sid) = 0;
  virtual void unsubscribe(const std::string& track_sid) = 0;

  /// Ours; others of the same name are replaced, further ones stay.
  virtual void set_attributes(Attributes attributes) = 0;

  /// A track of ours, from now on called `voice`: mono, s16 at `rate` Hz. VoicePublished follows.
  virtual void publish_voice(std::uint64_t voice, std::string name, int rate) = 0;
  /// Played after what was written before. The caller paces: kVoiceQueueMs may wait, and what would
  /// be more is thrown away and counted.
  virtual void write_voice(std::uint64_t voice, media::BufferRef bytes) = 0;
  /// What was written and not played yet is not played.
  virtual void clear_voice(std::uint64_t voice) = 0;
  virtual void unpublish_voice(std::uint64_t voice) = 0;

  virtual void send_text(TextStream stream, std::string text) = 0;
  /// `stream.id` must be given: by it the text is gone on with and ended.
  virtual void open_text(TextStream stream) = 0;
  virtual void write_text(const std::string& id, std::string more) = 0;
  virtual void close_text(const std::string& id, Attributes attributes) = 0;
  virtual void send_transcription(LegacyTranscription transcription) = 0;
  /// A data packet of its own, reliable and in order.
  virtual void send_data(std::string topic, std::string bytes) = 0;

  /// CallReceived comes for these methods; others are refused by the library.
  virtual void serve_calls(const std::vector<std::string>& methods) = 0;
  virtual void answer_call(std::uint64_t call, std::string payload) = 0;
  virtual void refuse_call(std::uint64_t call, CallError error) = 0;

  /// A push was refused as `full`; there is room again.
  virtual void resume() = 0;
  /// Leaves the room; Disconnected is not told any more. `code` and `reason` as a WebSocket's:
  /// 1000 the agent's work is done, 1001 the server is going away, others: it failed.
  virtual void close(std::uint16_t code, std::string reason) = 0;

  /// Of a voice, ms of sound that may wait to be played.
  static constexpr int kVoiceQueueMs = 1'000;
};

}  // namespace parley::room
