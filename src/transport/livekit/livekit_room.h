// SPDX-License-Identifier: Apache-2.0
//
// A participant of a LiveKit room, through LiveKit's own client library (liblivekit_ffi.so), which
// runs in a process of its own. It subscribes to audio only, and only where it is told to.
//
//   PARLEY_TRY(auto library, LiveKitLibrary::load(programs, metrics));   // once
//   auto room = library->join({.url = "ws://127.0.0.1:7880", .token = jwt}, listener);
//   room->subscribe("TR_abc");                               // listener: on_sound …
//
// Threads: any for LiveKitRoom; nothing blocks but publish_voice, which waits for two handles of
// the other process (0.1 ms). A listener's calls come on threads of the client: those of on_sound
// of one track one after another, all others of a room one after another, beside them. None comes
// after `leave` has returned on another thread, or once the room is destroyed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"

namespace parley::transport {

using LiveKitAttributes = std::map<std::string, std::string>;

struct LiveKitParticipant {
  enum class Kind : std::uint8_t { standard, ingress, egress, sip, agent, other };
  std::string identity{};
  std::string sid{};
  std::string name{};
  std::string metadata{};
  Kind kind = Kind::standard;
  LiveKitAttributes attributes{};
};

struct LiveKitTrack {
  std::string sid{};
  std::string name{};
  bool is_muted = false;
};

struct LiveKitText {
  std::string topic{};
  std::string id{};      // of the stream; empty: the library makes one
  std::string sender{};  // identity on whose behalf; empty: our own
  LiveKitAttributes attributes{};
  std::vector<std::string> to{};  // identities; empty: everybody
};

struct LiveKitTranscription {
  std::string identity{};  // who spoke
  std::string track_sid{};
  std::string segment{};
  std::string text{};
  std::string language{};
  std::uint64_t begin_ms = 0;
  std::uint64_t end_ms = 0;
  bool is_final = false;
};

enum class LiveKitEnd : std::uint8_t { removed, deleted, failed };

class LiveKitRoomListener {
 public:
  virtual ~LiveKitRoomListener() = default;
  /// Those who are there already follow as on_participant_joined and on_track_published.
  virtual void on_connected(const std::string& room, const std::string& room_sid,
                            const LiveKitParticipant& self) = 0;
  virtual void on_reconnecting() = 0;
  virtual void on_reconnected() = 0;
  /// Once, last. Errors of `failed`: permission_denied (the token), unavailable (the server), with
  /// what the library says.
  virtual void on_ended(LiveKitEnd why, const Error& error) = 0;
  virtual void on_participant_joined(const LiveKitParticipant& participant) = 0;
  virtual void on_participant_changed(const LiveKitParticipant& participant) = 0;
  virtual void on_participant_left(const std::string& identity) = 0;
  /// Audio tracks only; so do the next two.
  virtual void on_track_published(const std::string& identity, const LiveKitTrack& track) = 0;
  virtual void on_track_unpublished(const std::string& identity, const std::string& track_sid) = 0;
  virtual void on_track_muted(const std::string& track_sid, bool is_muted) = 0;
  /// Mono, s16, at LiveKitJoin::listen_rate, frame_ms of it; valid during the call.
  virtual void on_sound(const std::string& track_sid, std::span<const std::int16_t> samples) = 0;
  /// A whole text stream, of at most LiveKitJoin::text_max bytes; those of one sender and topic in
  /// the order in which they began.
  virtual void on_text(const std::string& identity, const std::string& topic,
                       const std::string& text, const LiveKitAttributes& attributes) = 0;
  /// A data packet that is no stream (a UserPacket).
  virtual void on_data(const std::string& identity, const std::string& topic,
                       std::string_view bytes) = 0;
  virtual void on_call(std::uint64_t call, const std::string& identity, const std::string& method,
                       const std::string& payload) = 0;
  /// Again with another sid, after the connection was made anew.
  virtual void on_voice_published(std::uint64_t voice, const Result<std::string>& track_sid) = 0;
};

struct LiveKitJoin {
  std::string url{};  // ws:// or wss://
  std::string token{};
  int listen_rate = 16'000;  // Hz
  int frame_ms = 20;
  std::size_t text_max = 256U << 10U;  // bytes of a text stream that comes
};

class LiveKitRoom {
 public:
  virtual ~LiveKitRoom() = default;  // leaves

  virtual void subscribe(const std::string& track_sid) = 0;
  virtual void unsubscribe(const std::string& track_sid) = 0;
  virtual void set_attributes(LiveKitAttributes attributes) = 0;

  /// A microphone track of ours: mono, s16. At most `queue_ms` wait to be played, what would be
  /// more is thrown away and counted.
  virtual void publish_voice(std::uint64_t voice, std::string name, int rate, int queue_ms) = 0;
  virtual void write_voice(std::uint64_t voice, std::span<const std::int16_t> samples) = 0;
  virtual void clear_voice(std::uint64_t voice) = 0;
  virtual void unpublish_voice(std::uint64_t voice) = 0;

  virtual void send_text(LiveKitText stream, std::string text) = 0;
  virtual void open_text(LiveKitText stream) = 0;
  virtual void write_text(const std::string& id, std::string more) = 0;
  virtual void close_text(const std::string& id, LiveKitAttributes attributes) = 0;
  virtual void send_transcription(LiveKitTranscription transcription) = 0;
  virtual void send_data(std::string topic, std::string bytes) = 0;

  virtual void serve_calls(const std::vector<std::string>& methods) = 0;
  virtual void answer_call(std::uint64_t call, std::string payload) = 0;
  virtual void refuse_call(std::uint64_t call, std::uint32_t code, std::string message) = 0;

  /// Out of the room, at once for the listener; the library says good-bye behind. Idempotent. Not
  /// from inside a call of the listener.
  virtual void leave() = 0;
};

/// What LiveKit's client is made of, and how long one process of it is used.
struct LiveKitPrograms {
  std::string program{};  // path of parley-livekit
  std::string library{};  // path of liblivekit_ffi.so
  /// Rooms that one process joins; then another one takes its place, and it ends with its last.
  int rooms_max = 64;
};

/// LiveKit's client, in processes of its own. Threads: any.
class LiveKitLibrary {
 public:
  /// Processes at once: those with a last long room, and the one that takes new rooms. If there are
  /// more, that one goes on beyond rooms_max.
  static constexpr std::size_t kProcessesMax = 16;

  /// Errors: not_found (the message says what to do: tools/deps), failed_precondition (not a
  /// library that we know), unavailable. `metrics` outlives it; it outlives its rooms.
  static Result<std::unique_ptr<LiveKitLibrary>> load(LiveKitPrograms programs, Metrics& metrics);
  virtual ~LiveKitLibrary() = default;
  /// Begins to join; the listener hears how it goes. Before on_connected nothing but `leave` has an
  /// effect on the room.
  virtual std::unique_ptr<LiveKitRoom> join(LiveKitJoin join,
                                            std::shared_ptr<LiveKitRoomListener> listener) = 0;
};

}  // namespace parley::transport
