// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/room_inbox.h"

#include <utility>
#include <variant>

#include "base/log.h"
#include "base/trace.h"
#include "protocol/room/room_message.h"

namespace parley::server {
namespace {

constexpr const char* kChatTopic = "lk.chat";
constexpr std::uint32_t kApplicationError = 1500;

room::Participant participant_of(const transport::LiveKitParticipant& participant) {
  using From = transport::LiveKitParticipant::Kind;
  using To = room::Participant::Kind;
  const auto kind = [](From from) {
    switch (from) {
      case From::standard:
        return To::standard;
      case From::ingress:
        return To::ingress;
      case From::egress:
        return To::egress;
      case From::sip:
        return To::sip;
      case From::agent:
        return To::agent;
      case From::other:
        return To::other;
    }
    return To::other;
  };
  return {participant.identity, participant.sid,        participant.name,
          participant.metadata, kind(participant.kind), participant.attributes};
}

room::Disconnected::Why why_of(transport::LiveKitEnd why) {
  switch (why) {
    case transport::LiveKitEnd::removed:
      return room::Disconnected::Why::removed;
    case transport::LiveKitEnd::deleted:
      return room::Disconnected::Why::deleted;
    case transport::LiveKitEnd::failed:
      break;
  }
  return room::Disconnected::Why::failed;
}

}  // namespace

RoomInbox::Counters::Counters(Metrics& metrics)
    : sound_dropped(metrics.counter("parley_room_sound_dropped_total",
                                    "Frames from rooms that their sessions had no room for")),
      rooms_lost(metrics.counter("parley_rooms_lost_total",
                                 "Rooms whose sessions did not keep up with what happened")) {}

void RoomInbox::tell(room::RoomEvent event) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return;
  push_waiting();
  if (is_open_ && waiting_.empty() && push(std::move(event))) return;
  if (waiting_.size() < kEventsMax) {
    waiting_.push_back(std::move(event));  // NOLINT(bugprone-use-after-move): `push` left it
    return;
  }
  // What is missing of a room's story cannot be made up for.
  counters_.rooms_lost.add();
  log::error("a session does not keep up with its room", {{"waiting", waiting_.size()}});
  waiting_.emplace_back(room::Disconnected{
      room::Disconnected::Why::failed,
      {ErrorCode::resource_exhausted,
       "more than " + std::to_string(kEventsMax) + " events of the room waited"}});
  is_closed_ = true;
}

bool RoomInbox::push(room::RoomEvent&& event) {
  switch (push_(std::move(event))) {
    case service::PushResult::full:
      return false;  // and the event is as it was
    case service::PushResult::closed:
      is_closed_ = true;
      waiting_.clear();
      break;
    case service::PushResult::accepted:
      break;
  }
  return true;
}

void RoomInbox::push_waiting() {
  while (is_open_ && !waiting_.empty()) {
    room::RoomEvent event = std::move(waiting_.front());
    waiting_.pop_front();
    if (push(std::move(event))) continue;
    waiting_.push_front(std::move(event));  // NOLINT(bugprone-use-after-move): `push` left it
    return;
  }
}

void RoomInbox::open() {
  const std::lock_guard lock(mutex_);
  is_open_ = true;
  push_waiting();
}

void RoomInbox::flush() {
  const std::lock_guard lock(mutex_);
  push_waiting();
}

void RoomInbox::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  waiting_.clear();
}

void RoomInbox::on_sound(const std::string& track_sid, std::span<const std::int16_t> samples) {
  if (samples.empty()) return;
  PARLEY_HOP();
  media::BufferRef bytes = buffers_.copy_of(std::as_bytes(samples));
  const std::lock_guard lock(mutex_);
  if (is_closed_) return;
  push_waiting();
  if (!is_open_ || !waiting_.empty() || !push(room::TrackSound{track_sid, std::move(bytes)})) {
    counters_.sound_dropped.add();
  }
}

void RoomInbox::on_connected(const std::string& room, const std::string& room_sid,
                             const transport::LiveKitParticipant& self) {
  tell(room::Connected{room, room_sid, participant_of(self)});
}

void RoomInbox::on_reconnecting() { tell(room::Reconnecting{}); }

void RoomInbox::on_reconnected() { tell(room::Reconnected{}); }

void RoomInbox::on_ended(transport::LiveKitEnd why, const Error& error) {
  tell(room::Disconnected{why_of(why), error});
}

void RoomInbox::on_participant_joined(const transport::LiveKitParticipant& participant) {
  tell(room::ParticipantJoined{participant_of(participant)});
}

void RoomInbox::on_participant_changed(const transport::LiveKitParticipant& participant) {
  tell(room::ParticipantChanged{participant_of(participant)});
}

void RoomInbox::on_participant_left(const std::string& identity) {
  tell(room::ParticipantLeft{identity});
}

void RoomInbox::on_track_published(const std::string& identity,
                                   const transport::LiveKitTrack& track) {
  tell(room::TrackPublished{identity, {track.sid, track.name, track.is_muted}});
}

void RoomInbox::on_track_unpublished(const std::string& identity, const std::string& track_sid) {
  tell(room::TrackUnpublished{identity, track_sid});
}

void RoomInbox::on_track_muted(const std::string& track_sid, bool is_muted) {
  tell(room::TrackMuted{track_sid, is_muted});
}

void RoomInbox::on_text(const std::string& identity, const std::string& topic,
                        const std::string& text, const transport::LiveKitAttributes& attributes) {
  tell(room::TextReceived{identity, topic, text, attributes});
}

/// Of packets only old clients' chat means something to an agent: it is chat like any other.
void RoomInbox::on_data(const std::string& identity, const std::string& topic,
                        std::string_view bytes) {
  if (topic != protocol::kOldChatTopic) return;
  auto chat = protocol::parse_old_chat(bytes);
  if (auto* words = std::get_if<std::string>(&chat)) {
    return tell(room::TextReceived{identity, kChatTopic, std::move(*words), {}});
  }
  log::debug("a packet of chat is none",
             {{"why", std::get<protocol::ProtocolError>(chat).message}});
}

void RoomInbox::on_call(std::uint64_t call, const std::string& identity, const std::string& method,
                        const std::string& payload) {
  auto parsed = protocol::parse_room_call(method, payload);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return refuse_(call, {kApplicationError, error->message});
  }
  auto& asked = std::get<protocol::RoomCall>(parsed);
  room::CallReceived received{call, identity, room::Interrupt{}};
  switch (asked.kind) {
    case protocol::RoomCall::Kind::say:
      received.what = room::Say{std::move(asked.text)};
      break;
    case protocol::RoomCall::Kind::set_instructions:
      received.what = room::SetInstructions{std::move(asked.text)};
      break;
    case protocol::RoomCall::Kind::interrupt:
      break;
  }
  tell(std::move(received));
}

void RoomInbox::on_voice_published(std::uint64_t voice, const Result<std::string>& track_sid) {
  tell(room::VoicePublished{voice, track_sid});
}

}  // namespace parley::server
