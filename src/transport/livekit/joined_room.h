// SPDX-License-Identifier: Apache-2.0
//
// One room that was joined: what the library tells of it becomes calls of a listener, and what is
// wanted there becomes requests. It owns every handle that belongs to the room, and gives all of
// them back when it is left, or the room has ended.
//
// Threads: any for LiveKitRoom's functions; the listener is called on the hub's thread, and with
// sound on the library's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "transport/livekit/ffi_hub.h"
#include "transport/livekit/livekit_room.h"
#include "transport/livekit/texts_in.h"
#include "transport/livekit/texts_out.h"
#include "transport/livekit/voice_out.h"

namespace parley::transport {

/// Counters of all rooms together.
struct LiveKitCounters {
  explicit LiveKitCounters(Metrics& metrics);
  Counter& events_dropped;
  Counter& texts_dropped;     // of ours
  Counter& texts_unread;      // of others
  Counter& voice_dropped_ms;  // of ours
  Gauge& handles;
  Gauge& awaited;
  Gauge& processes;
  Counter& processes_lost;
};

class JoinedRoom final : public LiveKitRoom, public FfiTarget {
 public:
  /// Frames of a track that the library may hold for us; it throws away the oldest.
  static constexpr int kFramesMax = 50;
  /// Voices of ours at once; one more is refused.
  static constexpr std::size_t kVoicesMax = 64;
  /// For the sound of a track that was subscribed to; then it is asked for again, so often.
  /// LiveKit's client (1.2.1) sometimes throws away a track that comes, and says so in its log
  /// only.
  static constexpr int kTrackPatienceTicks = 3;
  static constexpr int kTrackAsksMax = 4;

  /// Begins to join. `hub` and `counters` outlive it; `keep` is what the hub belongs to.
  JoinedRoom(FfiHub& hub, LiveKitCounters& counters, LiveKitJoin join,
             std::shared_ptr<LiveKitRoomListener> listener,
             std::shared_ptr<const void> keep = nullptr);
  ~JoinedRoom() override;

  void subscribe(const std::string& track_sid) override;
  void unsubscribe(const std::string& track_sid) override;
  void set_attributes(LiveKitAttributes attributes) override;
  void publish_voice(std::uint64_t voice, std::string name, int rate, int queue_ms) override;
  void write_voice(std::uint64_t voice, std::span<const std::int16_t> samples) override;
  void clear_voice(std::uint64_t voice) override;
  void unpublish_voice(std::uint64_t voice) override;
  void send_text(LiveKitText stream, std::string text) override;
  void open_text(LiveKitText stream) override;
  void write_text(const std::string& id, std::string more) override;
  void close_text(const std::string& id, LiveKitAttributes attributes) override;
  void send_transcription(LiveKitTranscription transcription) override;
  void send_data(std::string topic, std::string bytes) override;
  void serve_calls(const std::vector<std::string>& methods) override;
  void answer_call(std::uint64_t call, std::string payload) override;
  void refuse_call(std::uint64_t call, std::uint32_t code, std::string message) override;
  void leave() override;

  void on_event(const ffi::FfiEvent& event) override;
  void on_tick() override;

 private:
  struct Publication {
    FfiHandle handle;
    std::string identity;
    bool wanted = false;
    int asks = 0;
    int ticks = 0;  // since it was asked for last
  };
  class Sound;
  struct Voice {
    std::shared_ptr<VoiceOut> out;  // answers of the library look for it
    FfiHandle publication;
    std::string track_sid;  // empty: not there yet
  };

  void on_connect(const ffi::ConnectCallback& answer);
  void on_room_event(const ffi::RoomEvent& event, FfiHandle owned);
  void on_track_event(const ffi::RoomEvent& event, FfiHandle owned);
  void on_participant_event(const ffi::RoomEvent& event);
  void on_disconnected(ffi::DisconnectReason reason);
  void on_call(const ffi::RpcMethodInvocationEvent& call);
  void on_data_packet(const ffi::DataPacketReceived& packet);

  void add_participant(const ffi::ParticipantInfo& info);
  void add_publication(const std::string& identity, const ffi::TrackPublicationInfo& info,
                       FfiHandle handle);
  void remove_publication(const std::string& track_sid);
  void remove_participant(const std::string& identity);
  void begin_sound(const std::string& track_sid, FfiHandle track);
  void end_sound(const std::string& track_sid);
  void tell_muted(const std::string& track_sid, bool is_muted);
  void on_published(std::uint64_t voice, const ffi::PublishTrackCallback& answer);
  void on_republished(const ffi::LocalTrackRepublished& event);
  void end(LiveKitEnd why, const Error& error);

  [[nodiscard]] std::uint64_t participant();
  [[nodiscard]] std::shared_ptr<VoiceOut> find_voice(std::uint64_t voice);
  void set_subscribed(std::uint64_t publication, bool wanted);
  void unpublish_track(std::uint64_t participant, const std::string& track_sid);
  void send_attributes();  // with the lock
  void release();
  void expect_ok(ffi::FfiRequest& request, std::string_view what);

  const std::shared_ptr<const void> keep_;  // first: it goes last
  FfiHub& hub_;
  LiveKitCounters& counters_;
  const LiveKitJoin join_;
  const std::shared_ptr<LiveKitRoomListener> listener_;  // whoever joined keeps one as well

  // The hub's thread only.
  std::map<std::string, LiveKitParticipant> participants_;  // others, by identity
  TextsIn texts_in_;
  bool ended_ = false;

  TextsOut texts_out_;

  std::mutex mutex_;
  FfiHandle room_;                                        // GUARDED_BY(mutex_)
  FfiHandle participant_;                                 // GUARDED_BY(mutex_); our own
  std::map<std::string, Publication> publications_;       // GUARDED_BY(mutex_); by the track's sid
  std::map<std::string, std::unique_ptr<Sound>> sounds_;  // GUARDED_BY(mutex_); likewise
  std::map<std::uint64_t, Voice> voices_;                 // GUARDED_BY(mutex_)
  std::set<std::string> methods_;                         // GUARDED_BY(mutex_)
  LiveKitAttributes attributes_;                          // GUARDED_BY(mutex_); to be set
  bool setting_attributes_ = false;                       // GUARDED_BY(mutex_)
  bool left_ = false;                                     // GUARDED_BY(mutex_)
};

}  // namespace parley::transport
