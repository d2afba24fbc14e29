// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi.h"

#include <algorithm>
#include <string_view>

namespace parley::transport {
namespace {

std::uint64_t of_room(const ffi::RoomEvent& event) {
  switch (event.message_case()) {
    case ffi::RoomEvent::kParticipantConnected:
      return event.participant_connected().info().handle().id();
    case ffi::RoomEvent::kTrackPublished:
      return event.track_published().publication().handle().id();
    case ffi::RoomEvent::kTrackSubscribed:
      return event.track_subscribed().track().handle().id();
    case ffi::RoomEvent::kTextStreamOpened:
      return event.text_stream_opened().reader().handle().id();
    case ffi::RoomEvent::kByteStreamOpened:
      return event.byte_stream_opened().reader().handle().id();
    case ffi::RoomEvent::kDataTrackPublished:
      return event.data_track_published().track().handle().id();
    case ffi::RoomEvent::kDataPacketReceived:
      return event.data_packet_received().user().data().handle().id();
    default:
      return 0;
  }
}

void add_room(const ffi::ConnectCallback::Result& result, std::vector<std::uint64_t>& handles) {
  handles.push_back(result.room().handle().id());
  handles.push_back(result.local_participant().handle().id());
  for (const auto& one : result.participants()) {
    handles.push_back(one.participant().handle().id());
    for (const auto& publication : one.publications()) {
      handles.push_back(publication.handle().id());
    }
  }
}

}  // namespace

std::vector<std::uint64_t> owned_handles(const ffi::FfiEvent& event) {
  std::vector<std::uint64_t> handles;
  switch (event.message_case()) {
    case ffi::FfiEvent::kRoomEvent:
      handles.push_back(of_room(event.room_event()));
      break;
    case ffi::FfiEvent::kAudioStreamEvent:
      handles.push_back(event.audio_stream_event().frame_received().frame().handle().id());
      break;
    case ffi::FfiEvent::kConnect:
      if (event.connect().has_result()) add_room(event.connect().result(), handles);
      break;
    case ffi::FfiEvent::kPublishTrack:
      handles.push_back(event.publish_track().publication().handle().id());
      break;
    case ffi::FfiEvent::kTextStreamOpen:
      handles.push_back(event.text_stream_open().writer().handle().id());
      break;
    default:
      break;
  }
  std::erase(handles, 0U);
  return handles;
}

std::string without_tokens(std::string words) {
  // A JWT begins with `{"` in base64, and is of base64url's letters and dots.
  constexpr std::string_view kBegin = "eyJ";
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  for (std::size_t at = words.find(kBegin); at != std::string::npos; at = words.find(kBegin, at)) {
    const std::size_t end = std::min(words.find_first_not_of(kLetters, at), words.size());
    words.replace(at, end - at, "...");
  }
  return words;
}

}  // namespace parley::transport
