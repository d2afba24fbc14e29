// SPDX-License-Identifier: Apache-2.0
//
// The way of a room's events into a session. Several threads of LiveKit's client tell of the room,
// and the session's mailbox wants one producer at a time: a lock makes them one. When the mailbox
// is full, sound is thrown away and counted, as what is late is worth nothing; everything else
// waits here until there is room.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/metrics.h"
#include "media/buffer_pool.h"
#include "room/room_event.h"
#include "room/room_link.h"
#include "service/realtime/realtime_session.h"
#include "transport/livekit/livekit_room.h"

namespace parley::server {

class RoomInbox final : public transport::LiveKitRoomListener {
 public:
  using Push = std::function<service::PushResult(room::RoomEvent&&)>;
  using Refuse = std::function<void(std::uint64_t call, room::CallError error)>;
  /// Events that wait for the session. More: the session is told that the room is lost, and nothing
  /// else any more.
  static constexpr std::size_t kEventsMax = 1'024;

  struct Counters {
    explicit Counters(Metrics& metrics);
    Counter& sound_dropped;  // frames
    Counter& rooms_lost;
  };

  /// `push` must not call back. `refuse` answers calls that nobody could understand. `buffers` and
  /// `counters` outlive it.
  RoomInbox(Push push, Refuse refuse, media::BufferPool& buffers, Counters& counters)
      : push_(std::move(push)),
        refuse_(std::move(refuse)),
        buffers_(buffers),
        counters_(counters) {}

  /// Before this everything waits.
  void open();
  /// There is room in the session's mailbox again.
  void flush();
  /// Nothing is pushed once this has returned.
  void close();
  /// One more event, behind those of the room that came before.
  void tell(room::RoomEvent event);

  void on_connected(const std::string& room, const std::string& room_sid,
                    const transport::LiveKitParticipant& self) override;
  void on_reconnecting() override;
  void on_reconnected() override;
  void on_ended(transport::LiveKitEnd why, const Error& error) override;
  void on_participant_joined(const transport::LiveKitParticipant& participant) override;
  void on_participant_changed(const transport::LiveKitParticipant& participant) override;
  void on_participant_left(const std::string& identity) override;
  void on_track_published(const std::string& identity,
                          const transport::LiveKitTrack& track) override;
  void on_track_unpublished(const std::string& identity, const std::string& track_sid) override;
  void on_track_muted(const std::string& track_sid, bool is_muted) override;
  void on_sound(const std::string& track_sid, std::span<const std::int16_t> samples) override;
  void on_text(const std::string& identity, const std::string& topic, const std::string& text,
               const transport::LiveKitAttributes& attributes) override;
  void on_data(const std::string& identity, const std::string& topic,
               std::string_view bytes) override;
  void on_call(std::uint64_t call, const std::string& identity, const std::string& method,
               const std::string& payload) override;
  void on_voice_published(std::uint64_t voice, const Result<std::string>& track_sid) override;

 private:
  bool push(room::RoomEvent&& event);  // with the lock; false: the mailbox is full
  void push_waiting();                 // with the lock

  const Push push_;
  const Refuse refuse_;
  media::BufferPool& buffers_;
  Counters& counters_;

  std::mutex mutex_;
  std::deque<room::RoomEvent> waiting_;  // GUARDED_BY(mutex_)
  bool is_open_ = false;                 // GUARDED_BY(mutex_)
  bool is_closed_ = false;               // GUARDED_BY(mutex_); nothing is taken any more
};

}  // namespace parley::server
