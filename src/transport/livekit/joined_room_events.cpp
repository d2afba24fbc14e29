// SPDX-License-Identifier: Apache-2.0
//
// What the library tells of a room, as calls of the listener. Threads: the hub's.
#include <utility>

#include "base/log.h"
#include "transport/livekit/joined_room.h"
#include "transport/livekit/sound_in.h"

namespace parley::transport {
namespace {

LiveKitParticipant::Kind kind_of(ffi::ParticipantKind kind) {
  switch (kind) {
    case ffi::PARTICIPANT_KIND_STANDARD:
      return LiveKitParticipant::Kind::standard;
    case ffi::PARTICIPANT_KIND_INGRESS:
      return LiveKitParticipant::Kind::ingress;
    case ffi::PARTICIPANT_KIND_EGRESS:
      return LiveKitParticipant::Kind::egress;
    case ffi::PARTICIPANT_KIND_SIP:
      return LiveKitParticipant::Kind::sip;
    case ffi::PARTICIPANT_KIND_AGENT:
      return LiveKitParticipant::Kind::agent;
    default:
      return LiveKitParticipant::Kind::other;
  }
}

LiveKitParticipant participant_of(const ffi::ParticipantInfo& info) {
  LiveKitParticipant participant{info.identity(), info.sid(),           info.name(),
                                 info.metadata(), kind_of(info.kind()), {}};
  participant.attributes.insert(info.attributes().begin(), info.attributes().end());
  return participant;
}

/// The library tells what its server answered as text only: "… HTTP error: 401 Unauthorized".
Error connect_error(const std::string& message) {
  for (const char* const refusal : {"401", "403", "Unauthorized", "unauthorized", "token"}) {
    if (message.find(refusal) != std::string::npos) {
      return {ErrorCode::permission_denied, "joining the room: " + message};
    }
  }
  return {ErrorCode::unavailable, "joining the room: " + message};
}

}  // namespace

void JoinedRoom::on_connect(const ffi::ConnectCallback& answer) {
  if (!answer.has_result()) {
    return end(LiveKitEnd::failed, connect_error(without_tokens(answer.error())));
  }
  const ffi::ConnectCallback::Result& result = answer.result();
  const std::uint64_t room = result.room().handle().id();
  const std::uint64_t self = result.local_participant().handle().id();
  {
    const std::lock_guard lock(mutex_);
    room_ = hub_.own(room);
    participant_ = hub_.own(self);
  }
  texts_out_.start(self);
  hub_.enter(room, *this);
  hub_.enter(self, *this);
  listener_->on_connected(result.room().info().name(), result.room().info().sid(),
                          participant_of(result.local_participant().info()));
  for (const auto& one : result.participants()) {
    const FfiHandle unused = hub_.own(one.participant().handle().id());
    const ffi::ParticipantInfo& info = one.participant().info();
    add_participant(info);
    for (const ffi::OwnedTrackPublication& publication : one.publications()) {
      add_publication(info.identity(), publication.info(), hub_.own(publication.handle().id()));
    }
  }
  // Without this the library tells nothing of the room.
  ffi::FfiRequest ready;
  ready.mutable_ready_for_room_event()->set_room_handle(room);
  hub_.ask(ready);
}

void JoinedRoom::on_event(const ffi::FfiEvent& event) {
  const std::vector<std::uint64_t> handles = owned_handles(event);  // one at most, of a room
  FfiHandle owned = hub_.own(handles.empty() ? 0 : handles.front());
  if (ended_) return;  // what was on its way is nobody's
  if (event.has_rpc_method_invocation()) return on_call(event.rpc_method_invocation());
  if (event.has_text_stream_reader_event()) {
    for (const LiveKitTextReceived& text : texts_in_.read(event.text_stream_reader_event())) {
      listener_->on_text(text.identity, text.topic, text.text, text.attributes);
    }
    return;
  }
  if (event.has_room_event()) on_room_event(event.room_event(), std::move(owned));
}

void JoinedRoom::on_room_event(const ffi::RoomEvent& event, FfiHandle owned) {
  switch (event.message_case()) {
    case ffi::RoomEvent::kReconnecting:
      return listener_->on_reconnecting();
    case ffi::RoomEvent::kReconnected:
      return listener_->on_reconnected();
    case ffi::RoomEvent::kDisconnected:
      return on_disconnected(event.disconnected().reason());
    case ffi::RoomEvent::kTextStreamOpened:
      return texts_in_.open(event.text_stream_opened(), std::move(owned));
    case ffi::RoomEvent::kDataPacketReceived:
      return on_data_packet(event.data_packet_received());
    case ffi::RoomEvent::kLocalTrackRepublished:
      return on_republished(event.local_track_republished());
    default:
      on_participant_event(event);
      on_track_event(event, std::move(owned));
  }
}

void JoinedRoom::on_participant_event(const ffi::RoomEvent& event) {
  const auto change = [this](const std::string& identity, const auto& apply) {
    const auto found = participants_.find(identity);
    if (found == participants_.end()) return;  // ourselves
    apply(found->second);
    listener_->on_participant_changed(found->second);
  };
  switch (event.message_case()) {
    case ffi::RoomEvent::kParticipantConnected:
      return add_participant(event.participant_connected().info().info());
    case ffi::RoomEvent::kParticipantDisconnected:
      return remove_participant(event.participant_disconnected().participant_identity());
    case ffi::RoomEvent::kParticipantMetadataChanged:
      return change(event.participant_metadata_changed().participant_identity(),
                    [&event](LiveKitParticipant& participant) {
                      participant.metadata = event.participant_metadata_changed().metadata();
                    });
    case ffi::RoomEvent::kParticipantNameChanged:
      return change(event.participant_name_changed().participant_identity(),
                    [&event](LiveKitParticipant& participant) {
                      participant.name = event.participant_name_changed().name();
                    });
    case ffi::RoomEvent::kParticipantAttributesChanged:
      return change(event.participant_attributes_changed().participant_identity(),
                    [&event](LiveKitParticipant& participant) {
                      participant.attributes.clear();
                      for (const ffi::AttributesEntry& entry :
                           event.participant_attributes_changed().attributes()) {
                        participant.attributes[entry.key()] = entry.value();
                      }
                    });
    default:
      return;
  }
}

void JoinedRoom::on_track_event(const ffi::RoomEvent& event, FfiHandle owned) {
  switch (event.message_case()) {
    case ffi::RoomEvent::kTrackPublished:
      return add_publication(event.track_published().participant_identity(),
                             event.track_published().publication().info(), std::move(owned));
    case ffi::RoomEvent::kTrackUnpublished:
      return remove_publication(event.track_unpublished().publication_sid());
    case ffi::RoomEvent::kTrackSubscribed:
      return begin_sound(event.track_subscribed().track().info().sid(), std::move(owned));
    case ffi::RoomEvent::kTrackUnsubscribed:
      return end_sound(event.track_unsubscribed().track_sid());
    case ffi::RoomEvent::kTrackSubscriptionFailed:
      return log::warn("a track in a room could not be subscribed to",
                       {{"track", event.track_subscription_failed().track_sid()},
                        {"error", event.track_subscription_failed().error()}});
    case ffi::RoomEvent::kTrackMuted:
      return tell_muted(event.track_muted().track_sid(), true);
    case ffi::RoomEvent::kTrackUnmuted:
      return tell_muted(event.track_unmuted().track_sid(), false);
    default:
      return;
  }
}

void JoinedRoom::add_participant(const ffi::ParticipantInfo& info) {
  const auto [entry, is_new] =
      participants_.insert_or_assign(info.identity(), participant_of(info));
  if (is_new) return listener_->on_participant_joined(entry->second);
  listener_->on_participant_changed(entry->second);
}

void JoinedRoom::remove_participant(const std::string& identity) {
  std::vector<std::string> tracks;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [sid, publication] : publications_) {
      if (publication.identity == identity) tracks.push_back(sid);
    }
  }
  for (const std::string& sid : tracks) remove_publication(sid);
  if (participants_.erase(identity) != 0) listener_->on_participant_left(identity);
}

void JoinedRoom::add_publication(const std::string& identity, const ffi::TrackPublicationInfo& info,
                                 FfiHandle handle) {
  if (info.kind() != ffi::KIND_AUDIO) return;
  {
    const std::lock_guard lock(mutex_);
    Publication& publication = publications_[info.sid()];
    publication.handle = std::move(handle);
    publication.identity = identity;
    // The same one again, after a connection was made anew: what was wanted still is.
    if (publication.wanted) return set_subscribed(publication.handle.id(), true);
  }
  listener_->on_track_published(identity, {info.sid(), info.name(), info.muted()});
}

void JoinedRoom::remove_publication(const std::string& track_sid) {
  end_sound(track_sid);
  std::string identity;
  {
    const std::lock_guard lock(mutex_);
    const auto found = publications_.find(track_sid);
    if (found == publications_.end()) return;
    identity = found->second.identity;
    publications_.erase(found);
  }
  listener_->on_track_unpublished(identity, track_sid);
}

void JoinedRoom::begin_sound(const std::string& track_sid, FfiHandle track) {
  std::unique_ptr<Sound> before;  // destroyed outside of the lock
  const std::lock_guard lock(mutex_);
  const auto found = publications_.find(track_sid);
  if (left_ || found == publications_.end() || !found->second.wanted) return;
  std::unique_ptr<Sound> sound = Sound::open(hub_, join_, *listener_, track_sid, std::move(track));
  if (sound == nullptr) return;
  before = std::exchange(sounds_[track_sid], std::move(sound));
  found->second.asks = 1;
  found->second.ticks = 0;
}

void JoinedRoom::end_sound(const std::string& track_sid) {
  std::unique_ptr<Sound> sound;  // destroyed outside of the lock
  const std::lock_guard lock(mutex_);
  if (auto heard = sounds_.extract(track_sid)) sound = std::move(heard.mapped());
}

void JoinedRoom::tell_muted(const std::string& track_sid, bool is_muted) {
  {
    const std::lock_guard lock(mutex_);
    if (!publications_.contains(track_sid)) return;  // one of ours, or a camera
  }
  listener_->on_track_muted(track_sid, is_muted);
}

void JoinedRoom::on_data_packet(const ffi::DataPacketReceived& packet) {
  if (!packet.has_user()) return;
  const ffi::BufferInfo& data = packet.user().data().data();
  // NOLINTNEXTLINE(performance-no-int-to-ptr): so the library passes memory.
  const auto* bytes = reinterpret_cast<const char*>(data.data_ptr());
  listener_->on_data(packet.participant_identity(), packet.user().topic(),
                     {bytes, static_cast<std::size_t>(data.data_len())});
}

void JoinedRoom::on_call(const ffi::RpcMethodInvocationEvent& call) {
  listener_->on_call(call.invocation_id(), call.caller_identity(), call.method(), call.payload());
}

void JoinedRoom::on_disconnected(ffi::DisconnectReason reason) {
  switch (reason) {
    case ffi::ROOM_DELETED:
    case ffi::ROOM_CLOSED:
      return end(LiveKitEnd::deleted, {ErrorCode::not_found, "the room was deleted"});
    case ffi::PARTICIPANT_REMOVED:
      return end(LiveKitEnd::removed, {ErrorCode::cancelled, "removed from the room"});
    case ffi::DUPLICATE_IDENTITY:
      return end(LiveKitEnd::removed,
                 {ErrorCode::cancelled, "another participant of the same identity came"});
    default:
      return end(LiveKitEnd::failed,
                 {ErrorCode::unavailable,
                  "the connection to the room ended: " + ffi::DisconnectReason_Name(reason)});
  }
}

void JoinedRoom::end(LiveKitEnd why, const Error& error) {
  if (std::exchange(ended_, true)) return;
  release();
  listener_->on_ended(why, error);
}

}  // namespace parley::transport
