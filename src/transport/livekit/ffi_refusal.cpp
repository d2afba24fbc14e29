// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi_refusal.h"

#include <string>

namespace parley::transport {
namespace {

/// Calls `visit` with the request that has an answer, and the place of this answer in an event.
template <typename Request, typename Visit>
bool visit_answered(Request& request, ffi::FfiEvent& event, const Visit& visit) {
  switch (request.message_case()) {
    case ffi::FfiRequest::kConnect:
      return visit(request.connect(), *event.mutable_connect());
    case ffi::FfiRequest::kPublishTrack:
      return visit(request.publish_track(), *event.mutable_publish_track());
    case ffi::FfiRequest::kUnpublishTrack:
      return visit(request.unpublish_track(), *event.mutable_unpublish_track());
    case ffi::FfiRequest::kPublishData:
      return visit(request.publish_data(), *event.mutable_publish_data());
    case ffi::FfiRequest::kPublishTranscription:
      return visit(request.publish_transcription(), *event.mutable_publish_transcription());
    case ffi::FfiRequest::kCaptureAudioFrame:
      return visit(request.capture_audio_frame(), *event.mutable_capture_audio_frame());
    case ffi::FfiRequest::kSetLocalAttributes:
      return visit(request.set_local_attributes(), *event.mutable_set_local_attributes());
    case ffi::FfiRequest::kSendText:
      return visit(request.send_text(), *event.mutable_send_text());
    case ffi::FfiRequest::kTextStreamOpen:
      return visit(request.text_stream_open(), *event.mutable_text_stream_open());
    case ffi::FfiRequest::kTextStreamWrite:
      return visit(request.text_stream_write(), *event.mutable_text_stream_writer_write());
    case ffi::FfiRequest::kTextStreamClose:
      return visit(request.text_stream_close(), *event.mutable_text_stream_writer_close());
    case ffi::FfiRequest::kDisconnect:
      return visit(request.disconnect(), *event.mutable_disconnect());
    default:
      return false;
  }
}

void set_error(std::string& error, std::string_view why) { error = why; }
void set_error(ffi::StreamError& error, std::string_view why) {
  error.set_description(std::string(why));
}

}  // namespace

std::uint64_t async_id(const ffi::FfiRequest& request) {
  ffi::FfiEvent unused;
  std::uint64_t id = 0;
  visit_answered(request, unused, [&id](const auto& asked, auto&) {
    id = asked.request_async_id();
    return true;
  });
  return id;
}

std::optional<ffi::FfiEvent> refusal_of(const ffi::FfiRequest& request, std::string_view why) {
  ffi::FfiEvent event;
  if (request.has_text_read_incremental()) {
    ffi::TextStreamReaderEvent& read = *event.mutable_text_stream_reader_event();
    read.set_reader_handle(request.text_read_incremental().reader_handle());
    set_error(*read.mutable_eos()->mutable_error(), why);
    return event;
  }
  const auto refuse = [why](const auto& asked, auto& answer) {
    answer.set_async_id(asked.request_async_id());
    // An end of a room has no error: it has ended.
    if constexpr (requires { answer.mutable_error(); }) set_error(*answer.mutable_error(), why);
    return asked.request_async_id() != 0;
  };
  return visit_answered(request, event, refuse) ? std::optional(std::move(event)) : std::nullopt;
}

ffi::FfiEvent refused_connect(std::uint64_t async_id, std::string_view why) {
  ffi::FfiEvent event;
  event.mutable_connect()->set_async_id(async_id);
  event.mutable_connect()->set_error(std::string(why));
  return event;
}

}  // namespace parley::transport
