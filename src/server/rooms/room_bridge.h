// SPDX-License-Identifier: Apache-2.0
//
// What a session does in a room, on LiveKit's client; what happens there comes to the session
// through a RoomInbox.
//
//   RoomBridge bridge(buffers, counters);             // the session is made with it …
//   bridge.join(library, {.url = …, .token = …}, push);   // … and then hears of the room
//
// Threads: as RoomLink; `join` before the session does anything, once.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "media/buffer_pool.h"
#include "room/room_link.h"
#include "server/rooms/room_inbox.h"
#include "transport/livekit/livekit_room.h"

namespace parley::server {

class RoomBridge final : public room::RoomLink {
 public:
  /// Once, when the session has closed the room: on its strand, or where the bridge is destroyed.
  using Closed = std::function<void(std::uint16_t code, std::string reason)>;

  /// Both outlive it. `closed` may be empty.
  RoomBridge(media::BufferPool& buffers, RoomInbox::Counters& counters, Closed closed = {})
      : buffers_(buffers), counters_(counters), closed_(std::move(closed)) {}
  ~RoomBridge() override;
  RoomBridge(const RoomBridge&) = delete;
  RoomBridge& operator=(const RoomBridge&) = delete;

  /// Begins to join: `push` is called from now on until `close`. `library` outlives it.
  void join(transport::LiveKitLibrary& library, transport::LiveKitJoin join, RoomInbox::Push push);
  /// To the session, once joined, as what happens in the room. Threads: any.
  void tell(room::RoomEvent event) { inbox_->tell(std::move(event)); }

  void subscribe(const std::string& track_sid) override;
  void unsubscribe(const std::string& track_sid) override;
  void set_attributes(room::Attributes attributes) override;
  void publish_voice(std::uint64_t voice, std::string name, int rate) override;
  void write_voice(std::uint64_t voice, media::BufferRef bytes) override;
  void clear_voice(std::uint64_t voice) override;
  void unpublish_voice(std::uint64_t voice) override;
  void send_text(room::TextStream stream, std::string text) override;
  void open_text(room::TextStream stream) override;
  void write_text(const std::string& id, std::string more) override;
  void close_text(const std::string& id, room::Attributes attributes) override;
  void send_transcription(room::LegacyTranscription transcription) override;
  void send_data(std::string topic, std::string bytes) override;
  void serve_calls(const std::vector<std::string>& methods) override;
  void answer_call(std::uint64_t call, std::string payload) override;
  void refuse_call(std::uint64_t call, room::CallError error) override;
  void resume() override;
  void close(std::uint16_t code, std::string reason) override;

 private:
  media::BufferPool& buffers_;
  RoomInbox::Counters& counters_;
  const Closed closed_;
  std::atomic<bool> is_closed_{false};
  std::shared_ptr<RoomInbox> inbox_;  // the room calls it until it is left
  std::unique_ptr<transport::LiveKitRoom> room_;
};

}  // namespace parley::server
