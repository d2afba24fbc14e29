// SPDX-License-Identifier: Apache-2.0
//
// A track that is being listened to. Threads: as JoinedRoom.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "transport/livekit/joined_room.h"

namespace parley::transport {

class JoinedRoom::Sound final : public FfiSoundTarget {
 public:
  /// Opens a stream of the track's sound; its frames go to the listener until this is destroyed.
  /// Nothing: the track is gone.
  static std::unique_ptr<Sound> open(FfiHub& hub, const LiveKitJoin& join,
                                     LiveKitRoomListener& listener, std::string track_sid,
                                     FfiHandle track) {
    ffi::FfiRequest request;
    ffi::NewAudioStreamRequest& stream = *request.mutable_new_audio_stream();
    stream.set_track_handle(track.id());
    stream.set_type(ffi::AUDIO_STREAM_NATIVE);
    stream.set_sample_rate(static_cast<std::uint32_t>(join.listen_rate));
    stream.set_num_channels(1);
    stream.set_frame_size_ms(static_cast<std::uint32_t>(join.frame_ms));
    stream.set_queue_size_frames(kFramesMax);
    const auto response = hub.library().request(request);
    if (!response || !response->has_new_audio_stream()) return nullptr;
    FfiHandle handle = hub.own(response->new_audio_stream().stream().handle().id());
    return std::unique_ptr<Sound>(
        new Sound(hub, listener, std::move(track_sid), std::move(track), std::move(handle)));
  }
  ~Sound() override { hub_.leave_sound(stream_.id()); }
  Sound(const Sound&) = delete;
  Sound& operator=(const Sound&) = delete;

  void on_frame(std::span<const std::int16_t> samples) override {
    listener_.on_sound(track_sid_, samples);
  }

 private:
  Sound(FfiHub& hub, LiveKitRoomListener& listener, std::string track_sid, FfiHandle track,
        FfiHandle stream)
      : hub_(hub),
        listener_(listener),
        track_sid_(std::move(track_sid)),
        track_(std::move(track)),
        stream_(std::move(stream)) {
    hub_.enter_sound(stream_.id(), *this);
  }

  FfiHub& hub_;
  LiveKitRoomListener& listener_;
  const std::string track_sid_;
  const FfiHandle track_;
  const FfiHandle stream_;  // dropped before the track
};

}  // namespace parley::transport
