// SPDX-License-Identifier: Apache-2.0
//
// A program in the place of parley-livekit, without LiveKit: it joins every room at once, answers
// what it is asked as far as ffi_process_test needs it, and can be made to fail.
//
//   stand_in_host WAY    WAY: "well", "refuses" (the library cannot be used), "hangs" (reads
//   nothing)
#include <cstdlib>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

#include "base/result.h"
#include "transport/livekit/ffi_frame.h"

namespace parley::transport {
namespace {

constexpr std::uint64_t kRoom = 11;
constexpr std::uint64_t kStream = 21;

void send(const FfiFrame& frame) {
  std::string bytes;
  write_frame(bytes, frame);
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t sent = ::send(STDIN_FILENO, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent < 0) std::_Exit(3);
    left.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void tell(const ffi::FfiEvent& event, std::string_view memory = {}) {
  send({FfiFrame::Kind::event, 0, memory, event.SerializeAsString()});
}

void tell_sound() {
  const std::string samples("\1\0\2\0\3\0", 6);
  ffi::FfiEvent event;
  event.mutable_audio_stream_event()->set_stream_handle(kStream);
  auto& frame = *event.mutable_audio_stream_event()->mutable_frame_received()->mutable_frame();
  frame.mutable_handle()->set_id(0);
  frame.mutable_info()->set_data_ptr(0);
  frame.mutable_info()->set_num_channels(1);
  frame.mutable_info()->set_sample_rate(16'000);
  frame.mutable_info()->set_samples_per_channel(3);
  tell(event, samples);
}

/// Data that were sent come back as received.
void tell_data(std::string_view bytes) {
  ffi::FfiEvent event;
  event.mutable_room_event()->set_room_handle(kRoom);
  auto& packet = *event.mutable_room_event()->mutable_data_packet_received();
  packet.set_kind(ffi::KIND_RELIABLE);
  packet.set_participant_identity("ada");
  auto& data = *packet.mutable_user()->mutable_data();
  data.mutable_handle()->set_id(0);
  data.mutable_data()->set_data_ptr(0);
  data.mutable_data()->set_data_len(bytes.size());
  tell(event, bytes);
}

/// All that such a message must have.
void fill(ffi::ConnectCallback::Result& result) {
  result.mutable_room()->mutable_handle()->set_id(kRoom);
  ffi::RoomInfo& room = *result.mutable_room()->mutable_info();
  room.set_name("room");
  room.set_metadata("");
  room.set_lossy_dc_buffered_amount_low_threshold(0);
  room.set_reliable_dc_buffered_amount_low_threshold(0);
  room.set_empty_timeout(0);
  room.set_departure_timeout(0);
  room.set_max_participants(0);
  room.set_creation_time(0);
  room.set_num_participants(1);
  room.set_num_publishers(0);
  room.set_active_recording(false);
  result.mutable_local_participant()->mutable_handle()->set_id(kRoom + 1);
  ffi::ParticipantInfo& self = *result.mutable_local_participant()->mutable_info();
  self.set_sid("PA_1");
  self.set_name("agent");
  self.set_identity("agent");
  self.set_state(ffi::PARTICIPANT_STATE_ACTIVE);
  self.set_metadata("");
  self.set_kind(ffi::PARTICIPANT_KIND_AGENT);
  self.set_disconnect_reason(ffi::UNKNOWN_REASON);
  self.set_joined_at(0);
  self.set_client_protocol(0);
}

void answer(const FfiFrame& frame) {
  ffi::FfiRequest request;
  if (!request.ParseFromArray(frame.message.data(), static_cast<int>(frame.message.size()))) {
    std::_Exit(4);
  }
  ffi::FfiResponse response;
  if (request.has_connect()) {
    if (request.connect().url() == "nowhere") return;  // no answer ever comes
    ffi::FfiEvent event;
    event.mutable_connect()->set_async_id(request.connect().request_async_id());
    fill(*event.mutable_connect()->mutable_result());
    tell(event);
  } else if (request.has_new_audio_stream()) {
    ffi::OwnedAudioStream& stream = *response.mutable_new_audio_stream()->mutable_stream();
    stream.mutable_handle()->set_id(kStream);
    stream.mutable_info()->set_type(ffi::AUDIO_STREAM_NATIVE);
    send({FfiFrame::Kind::response, frame.id, {}, response.SerializeAsString()});
    tell_sound();
  } else if (request.has_new_audio_source()) {
    send({FfiFrame::Kind::response, frame.id});  // refused
  } else if (request.has_publish_data()) {
    tell_data(frame.memory);
  } else if (request.has_dispose()) {
    std::abort();
  }
}

int run(std::string_view way) {
  if (way == "refuses") {
    send({FfiFrame::Kind::hello, static_cast<std::uint64_t>(ErrorCode::not_found), {}, "no such"});
    return 1;
  }
  send({});
  if (way == "hangs") ::pause();
  FfiFrameReader reader;
  while (true) {
    const auto room = reader.room(4096);
    const ssize_t count = ::recv(STDIN_FILENO, room.data(), room.size(), 0);
    if (count <= 0) return 0;
    reader.added(static_cast<std::size_t>(count));
    while (const auto frame = reader.next()) {
      if (frame->kind == FfiFrame::Kind::request) answer(*frame);
    }
  }
}

}  // namespace
}  // namespace parley::transport

int main(int argc, char** argv) { return parley::transport::run(argc > 1 ? argv[1] : "well"); }
