// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/joined_room.h"

#include <utility>

#include "base/log.h"
#include "transport/livekit/sound_in.h"

namespace parley::transport {

LiveKitCounters::LiveKitCounters(Metrics& metrics)
    : events_dropped(
          metrics.counter("parley_livekit_events_dropped_total",
                          "Events of LiveKit's client that came faster than we take them")),
      texts_dropped(metrics.counter("parley_livekit_texts_dropped_total",
                                    "Texts for rooms that came faster than they were sent")),
      texts_unread(metrics.counter("parley_livekit_texts_unread_total",
                                   "Texts in rooms that were too long, too many, or broken off")),
      voice_dropped_ms(
          metrics.counter("parley_livekit_voice_dropped_ms_total",
                          "ms of speech for rooms that came faster than it is played")),
      handles(metrics.gauge("parley_livekit_handles",
                            "Things of LiveKit's client that are held: rooms, tracks, streams")),
      awaited(metrics.gauge("parley_livekit_answers_awaited",
                            "Requests that LiveKit's client has not answered yet")),
      processes(metrics.gauge("parley_livekit_processes", "Processes of LiveKit's client")),
      processes_lost(metrics.counter("parley_livekit_processes_lost_total",
                                     "Processes of LiveKit's client that ended by themselves")) {}

JoinedRoom::JoinedRoom(FfiHub& hub, LiveKitCounters& counters, LiveKitJoin join,
                       std::shared_ptr<LiveKitRoomListener> listener,
                       std::shared_ptr<const void> keep)
    : keep_(std::move(keep)),
      hub_(hub),
      counters_(counters),
      join_(std::move(join)),
      listener_(std::move(listener)),
      texts_in_(hub, *this, join_.text_max, counters.texts_unread),
      texts_out_(hub, *this, counters.texts_dropped) {
  ffi::FfiRequest request;
  ffi::ConnectRequest& connect = *request.mutable_connect();
  connect.set_url(join_.url);
  connect.set_token(join_.token);
  connect.mutable_options()->set_auto_subscribe(false);
  connect.mutable_options()->set_dynacast(false);
  connect.mutable_options()->mutable_data_stream()->set_max_payload_byte_length(join_.text_max);
  const std::uint64_t id =
      hub_.expect(*this, [this](const ffi::FfiEvent& answer) { on_connect(answer.connect()); });
  connect.set_request_async_id(id);
  if (!hub_.ask(request, id)) {
    end(LiveKitEnd::failed, {ErrorCode::internal, "LiveKit's client refuses to join " + join_.url});
  }
}

JoinedRoom::~JoinedRoom() { leave(); }

void JoinedRoom::leave() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(left_, true)) return;
  }
  texts_out_.stop();  // from here on nothing is asked for whose answer would look for us
  hub_.remove(*this);
  release();
}

/// Gives back everything: in the order that nothing is heard of what is gone.
void JoinedRoom::release() {
  texts_out_.stop();
  std::map<std::string, std::unique_ptr<Sound>> sounds;  // destroyed outside of the lock
  const std::lock_guard lock(mutex_);
  sounds.swap(sounds_);
  publications_.clear();
  for (const std::string& method : std::exchange(methods_, {})) {
    ffi::FfiRequest request;
    request.mutable_unregister_rpc_method()->set_local_participant_handle(participant_.id());
    request.mutable_unregister_rpc_method()->set_method(method);
    hub_.ask(request);
  }
  voices_.clear();
  if (room_) hub_.close_room(std::move(room_), std::move(participant_));
}

std::uint64_t JoinedRoom::participant() {
  const std::lock_guard lock(mutex_);
  return left_ ? 0 : participant_.id();
}

void JoinedRoom::subscribe(const std::string& track_sid) {
  const std::lock_guard lock(mutex_);
  const auto found = publications_.find(track_sid);
  if (found == publications_.end() || std::exchange(found->second.wanted, true)) return;
  found->second.asks = 1;
  found->second.ticks = 0;
  set_subscribed(found->second.handle.id(), true);
}

void JoinedRoom::on_tick() {
  const std::lock_guard lock(mutex_);
  if (left_) return;
  for (auto& [sid, publication] : publications_) {
    const bool is_missed = publication.wanted && !sounds_.contains(sid);
    if (!is_missed || publication.asks >= kTrackAsksMax) continue;
    // One at a time, as the library keeps no order of several.
    if (++publication.ticks == kTrackPatienceTicks) {
      log::warn("a track that was subscribed to did not come: it is asked for again",
                {{"track", sid}, {"participant", publication.identity}});
      set_subscribed(publication.handle.id(), false);
    } else if (publication.ticks > kTrackPatienceTicks) {
      publication.ticks = 0;
      ++publication.asks;
      set_subscribed(publication.handle.id(), true);
    }
  }
}

void JoinedRoom::unsubscribe(const std::string& track_sid) {
  std::unique_ptr<Sound> sound;  // destroyed outside of the lock
  const std::lock_guard lock(mutex_);
  const auto found = publications_.find(track_sid);
  if (found == publications_.end() || !std::exchange(found->second.wanted, false)) return;
  set_subscribed(found->second.handle.id(), false);
  if (const auto heard = sounds_.extract(track_sid)) sound = std::move(heard.mapped());
}

void JoinedRoom::set_subscribed(std::uint64_t publication, bool wanted) {
  ffi::FfiRequest request;
  request.mutable_set_subscribed()->set_publication_handle(publication);
  request.mutable_set_subscribed()->set_subscribe(wanted);
  hub_.ask(request);
}

void JoinedRoom::set_attributes(LiveKitAttributes attributes) {
  const std::lock_guard lock(mutex_);
  if (!participant_ || left_) return;
  for (auto& [key, value] : attributes) attributes_[key] = std::move(value);
  if (!setting_attributes_) send_attributes();
}

/// One request at a time, as the library keeps no order of several.
void JoinedRoom::send_attributes() {
  if (attributes_.empty() || !participant_ || left_) return;
  ffi::FfiRequest request;
  ffi::SetLocalAttributesRequest& set = *request.mutable_set_local_attributes();
  set.set_local_participant_handle(participant_.id());
  for (const auto& [key, value] : std::exchange(attributes_, {})) {
    ffi::AttributesEntry& entry = *set.add_attributes();
    entry.set_key(key);
    entry.set_value(value);
  }
  const std::uint64_t id = hub_.expect(*this, [this](const ffi::FfiEvent& answer) {
    if (answer.set_local_attributes().has_error()) {
      log::warn("livekit set no attributes", {{"error", answer.set_local_attributes().error()}});
    }
    const std::lock_guard lock(mutex_);
    setting_attributes_ = false;
    send_attributes();
  });
  set.set_request_async_id(id);
  setting_attributes_ = hub_.ask(request, id);
}

void JoinedRoom::send_text(LiveKitText stream, std::string text) {
  texts_out_.send(stream, std::move(text));
}

void JoinedRoom::open_text(LiveKitText stream) { texts_out_.open(stream); }

void JoinedRoom::write_text(const std::string& id, std::string more) { texts_out_.write(id, more); }

void JoinedRoom::close_text(const std::string& id, LiveKitAttributes attributes) {
  texts_out_.close(id, std::move(attributes));
}

void JoinedRoom::send_transcription(LiveKitTranscription transcription) {
  const std::uint64_t self = participant();
  if (self == 0) return;
  ffi::FfiRequest request;
  ffi::PublishTranscriptionRequest& publish = *request.mutable_publish_transcription();
  publish.set_local_participant_handle(self);
  publish.set_participant_identity(transcription.identity);
  publish.set_track_id(transcription.track_sid);
  ffi::TranscriptionSegment& segment = *publish.add_segments();
  segment.set_id(transcription.segment);
  segment.set_text(std::move(transcription.text));
  segment.set_start_time(transcription.begin_ms);
  segment.set_end_time(transcription.end_ms);
  segment.set_final(transcription.is_final);
  segment.set_language(transcription.language);
  const std::uint64_t id = hub_.expect(*this, [](const ffi::FfiEvent& answer) {
    const ffi::PublishTranscriptionCallback& done = answer.publish_transcription();
    if (done.has_error()) log::warn("livekit sent no transcription", {{"error", done.error()}});
  });
  publish.set_request_async_id(id);
  hub_.ask(request, id);
}

void JoinedRoom::send_data(std::string topic, std::string bytes) {
  const std::uint64_t self = participant();
  if (self == 0) return;
  // The library reads the bytes until it answers.
  const auto kept = std::make_shared<const std::string>(std::move(bytes));
  ffi::FfiRequest request;
  ffi::PublishDataRequest& publish = *request.mutable_publish_data();
  publish.set_local_participant_handle(self);
  publish.set_data_ptr(reinterpret_cast<std::uintptr_t>(kept->data()));
  publish.set_data_len(kept->size());
  publish.set_reliable(true);
  publish.set_topic(std::move(topic));
  const std::uint64_t id = hub_.expect(
      *this,
      [](const ffi::FfiEvent& answer) {
        const ffi::PublishDataCallback& done = answer.publish_data();
        if (done.has_error()) log::warn("livekit sent no data", {{"error", done.error()}});
      },
      kept);
  publish.set_request_async_id(id);
  hub_.ask(request, id);
}

void JoinedRoom::serve_calls(const std::vector<std::string>& methods) {
  const std::lock_guard lock(mutex_);
  if (!participant_ || left_) return;
  for (const std::string& method : methods) {
    if (!methods_.insert(method).second) continue;
    ffi::FfiRequest request;
    request.mutable_register_rpc_method()->set_local_participant_handle(participant_.id());
    request.mutable_register_rpc_method()->set_method(method);
    hub_.ask(request);
  }
}

void JoinedRoom::answer_call(std::uint64_t call, std::string payload) {
  const std::uint64_t self = participant();
  if (self == 0) return;
  ffi::FfiRequest request;
  ffi::RpcMethodInvocationResponseRequest& answer =
      *request.mutable_rpc_method_invocation_response();
  answer.set_local_participant_handle(self);
  answer.set_invocation_id(call);
  answer.set_payload(std::move(payload));
  hub_.ask(request);
}

void JoinedRoom::refuse_call(std::uint64_t call, std::uint32_t code, std::string message) {
  const std::uint64_t self = participant();
  if (self == 0) return;
  ffi::FfiRequest request;
  ffi::RpcMethodInvocationResponseRequest& answer =
      *request.mutable_rpc_method_invocation_response();
  answer.set_local_participant_handle(self);
  answer.set_invocation_id(call);
  answer.mutable_error()->set_code(code);
  answer.mutable_error()->set_message(std::move(message));
  hub_.ask(request);
}

}  // namespace parley::transport
