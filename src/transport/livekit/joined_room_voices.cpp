// SPDX-License-Identifier: Apache-2.0
//
// Voices of ours in a room: putting a track there, and taking it away.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "transport/livekit/joined_room.h"

namespace parley::transport {

void JoinedRoom::publish_voice(std::uint64_t voice, std::string name, int rate, int queue_ms) {
  const std::lock_guard lock(mutex_);
  if (!participant_ || left_) return;
  if (voices_.contains(voice) || voices_.size() >= kVoicesMax) {
    return log::warn("a voice was not put into a room",
                     {{"voice", voice}, {"voices", voices_.size()}});
  }
  ffi::FfiRequest request;
  ffi::NewAudioSourceRequest& source = *request.mutable_new_audio_source();
  source.set_type(ffi::AUDIO_SOURCE_NATIVE);
  source.set_sample_rate(static_cast<std::uint32_t>(rate));
  source.set_num_channels(1);
  source.set_queue_size_ms(VoiceOut::kLibraryMs);
  const auto made = hub_.library().request(request);
  if (!made) return log::warn("livekit made no source of sound", {{"rate", rate}});
  FfiHandle source_handle = hub_.own(made->new_audio_source().source().handle().id());

  request.mutable_create_audio_track()->set_name(std::move(name));
  request.mutable_create_audio_track()->set_source_handle(source_handle.id());
  const auto created = hub_.library().request(request);
  if (!created) return log::warn("livekit made no track");
  FfiHandle track = hub_.own(created->create_audio_track().track().handle().id());

  ffi::PublishTrackRequest& publish = *request.mutable_publish_track();
  publish.set_local_participant_handle(participant_.id());
  publish.set_track_handle(track.id());
  publish.mutable_options()->set_source(ffi::SOURCE_MICROPHONE);
  const std::uint64_t id = hub_.expect(*this, [this, voice](const ffi::FfiEvent& answer) {
    on_published(voice, answer.publish_track());
  });
  publish.set_request_async_id(id);
  voices_[voice].out =
      std::make_shared<VoiceOut>(hub_, *this, std::move(source_handle), std::move(track), rate,
                                 queue_ms, counters_.voice_dropped_ms);
  hub_.ask(request, id);
}

void JoinedRoom::on_published(std::uint64_t voice, const ffi::PublishTrackCallback& answer) {
  if (!answer.has_publication()) {
    {
      const std::lock_guard lock(mutex_);
      if (voices_.erase(voice) == 0) return;  // not wanted any more since it was asked for
    }
    return listener_->on_voice_published(
        voice, Error{ErrorCode::unavailable, "publishing a track: " + answer.error()});
  }
  FfiHandle publication = hub_.own(answer.publication().handle().id());
  const std::string& sid = answer.publication().info().sid();
  {
    const std::lock_guard lock(mutex_);
    const auto found = voices_.find(voice);
    // Not wanted any more since it was asked for.
    if (found == voices_.end()) return unpublish_track(participant_.id(), sid);
    found->second.publication = std::move(publication);
    found->second.track_sid = sid;
  }
  listener_->on_voice_published(voice, sid);
}

/// After the connection was made anew, our tracks have other ids.
void JoinedRoom::on_republished(const ffi::LocalTrackRepublished& event) {
  std::uint64_t voice = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(voices_.begin(), voices_.end(), [&event](const auto& entry) {
      return entry.second.track_sid == event.previous_sid();
    });
    if (found == voices_.end()) return;
    voice = found->first;
    found->second.track_sid = event.info().sid();
  }
  listener_->on_voice_published(voice, event.info().sid());
}

std::shared_ptr<VoiceOut> JoinedRoom::find_voice(std::uint64_t voice) {
  const std::lock_guard lock(mutex_);
  const auto found = voices_.find(voice);
  return found == voices_.end() ? nullptr : found->second.out;
}

void JoinedRoom::write_voice(std::uint64_t voice, std::span<const std::int16_t> samples) {
  if (const auto out = find_voice(voice)) out->write(samples);
}

void JoinedRoom::clear_voice(std::uint64_t voice) {
  if (const auto out = find_voice(voice)) out->clear();
}

void JoinedRoom::unpublish_voice(std::uint64_t voice) {
  Voice gone;  // destroyed outside of the lock
  const std::lock_guard lock(mutex_);
  auto found = voices_.extract(voice);
  if (!found) return;
  gone = std::move(found.mapped());
  if (!gone.track_sid.empty()) unpublish_track(participant_.id(), gone.track_sid);
}

void JoinedRoom::unpublish_track(std::uint64_t participant, const std::string& track_sid) {
  ffi::FfiRequest request;
  ffi::UnpublishTrackRequest& unpublish = *request.mutable_unpublish_track();
  unpublish.set_local_participant_handle(participant);
  unpublish.set_track_sid(track_sid);
  unpublish.set_stop_on_unpublish(true);
  hub_.ask(request);
}

}  // namespace parley::transport
