// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/riva_listening.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>
#include <variant>

#include "protocol/recognition/wav_head.h"
#include "server/recognition/listen_request.h"
#include "server/speech/grpc_status.h"

namespace parley::server {

using protocol::RivaEncoding;
using protocol::RivaHeard;
using protocol::RivaListenOrder;
using transport::GrpcCall;
using transport::GrpcCode;
using transport::GrpcStatus;

namespace {

constexpr int kRateUsual = 16'000;
constexpr int kRateTelephone = 8'000;
constexpr std::string_view kRiff = "RIFF";

GrpcStatus misuse(std::string message) {
  return {GrpcCode::invalid_argument, std::move(message), {}};
}

/// Threads: the stream's strand.
class RivaSink final : public service::RecognitionSink {
 public:
  RivaSink(RivaListenOrder order, std::shared_ptr<GrpcCall> call,
           const service::RecognitionService& service)
      : order_(std::move(order)), call_(std::move(call)), service_(service) {}

  void on_partial(const service::RecognizedText& partial) override { tell(partial, false); }
  void on_final(const service::RecognizedText& final) override {
    if (!final.text.empty()) tell(final, true);
  }
  /// They have no word for an utterance that could not be recognised.
  void on_trouble(const Error& error) override { call_->finish(grpc_status(error, 0)); }
  void on_room() override { call_->resume(); }
  void on_end(const Status& status, const service::RecognitionTotals& /*totals*/) override {
    if (status) return call_->finish({});
    if (auto end = grpc_end_of(status, service_)) call_->finish(std::move(*end));
  }

 private:
  void tell(const service::RecognizedText& text, bool is_final) {
    RivaHeard heard{.text = recognized(text, is_final), .speaker = 0, .audio = text.end};
    if (!order_.words) heard.text.words = nullptr;
    if (order_.speakers) heard.speaker = speakers_.of(text.speaker);
    call_->send(protocol::riva_streaming_proto(heard, order_.id));
  }

  const RivaListenOrder order_;
  const std::shared_ptr<GrpcCall> call_;  // shared with the call's sink
  const service::RecognitionService& service_;
  SpeakerNumbers speakers_;
};

}  // namespace

// --- both
// -----------------------------------------------------------------------------------------

bool RivaListening::take_place() {
  place_ = recordings_.take();
  if (place_ == nullptr) {
    fail(grpc_status(Error{ErrorCode::resource_exhausted,
                           "all " + std::to_string(kGrpcRecordingsMax) +
                               " places for recordings are taken: try again later"},
                     service().retry_seconds()));
  }
  return place_ != nullptr;
}

void RivaListening::hear_recording(protocol::RivaRecording recording, bool is_streaming) {
  work_elsewhere();
  service::RecognitionRequest request = request_of(recording.order);
  hearing_ = recordings_.hear(service(), {.recording = std::move(recording),
                                          .request = std::move(request),
                                          .account = setup().account,
                                          .place = std::move(place_),
                                          .call = call(),
                                          .is_streaming = is_streaming});
}

service::RecognitionRequest RivaListening::request_of(const RivaListenOrder& order) const {
  service::RecognitionRequest request = this->request();
  request.language = order.language;
  request.hints = hints_of(order.hot_words);
  if (order.silence_ms != 0) request.silence = Millis{order.silence_ms};
  if (!order.partials) request.partial_interval = Millis{0};
  return request;
}

void RivaListening::leave() {
  if (hearing_ != nullptr) hearing_->cancel();
}

// --- Recognize
// ------------------------------------------------------------------------------------

void RivaRecognizeCall::hear(std::string_view bytes) {
  if (std::exchange(is_asked_, true)) return fail(misuse("Recognize takes one request."));
  auto parsed = protocol::parse_riva_recognize(bytes);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) return fail(*error);
  auto& recording = std::get<protocol::RivaRecording>(parsed);
  if (!knows(recording.order.language, "config.language_code") || !take_place()) return;
  hear_recording(std::move(recording), false);
}

void RivaRecognizeCall::end() {
  if (!is_asked_) fail(misuse("Recognize takes one request; none came."));
}

// --- StreamingRecognize
// ---------------------------------------------------------------------------

void RivaStreamingCall::hear(std::string_view bytes) {
  auto parsed = protocol::parse_riva_streaming(bytes);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) return fail(*error);
  auto& message = std::get<protocol::RivaListenMessage>(parsed);
  auto* const order = std::get_if<RivaListenOrder>(&message);
  if ((order != nullptr) == is_configured_) {
    return fail(misuse("The first message holds `streaming_config`, and only the first."));
  }
  if (order != nullptr) return begin(std::move(*order));
  take(std::get<protocol::AudioPiece>(message).bytes);
}

void RivaStreamingCall::begin(RivaListenOrder order) {
  if (!knows(order.language, "streaming_config.config.language_code")) return;
  is_configured_ = true;
  order_ = std::move(order);
  const int telephone = order_.rate != 0 ? order_.rate : kRateTelephone;
  switch (order_.encoding) {
    case RivaEncoding::mulaw:
      return begin_stream(SampleKind::pcmu, telephone);
    case RivaEncoding::alaw:
      return begin_stream(SampleKind::pcma, telephone);
    case RivaEncoding::flac:
    case RivaEncoding::ogg_opus:
      static_cast<void>(take_place());
      return;
    case RivaEncoding::pcm:
      return;  // what comes says whether it is a file
  }
}

void RivaStreamingCall::begin_stream(SampleKind kind, int rate) {
  service::RecognitionRequest request = request_of(order_);
  request.rate = rate;
  file_bytes_ = std::numeric_limits<std::uint64_t>::max();
  listen(std::move(request), kind, std::make_shared<RivaSink>(order_, call(), service()));
}

void RivaStreamingCall::take(const std::string& bytes) {
  if (is_listening()) return take_samples(bytes);
  if (order_.encoding == RivaEncoding::pcm) return take_head(bytes);
  head_ += bytes;
  const std::size_t bytes_max = options().upload_bytes_max;
  if (head_.size() > bytes_max) {
    fail(grpc_status(Error{ErrorCode::resource_exhausted,
                           "audio_content: all of it is larger than " + std::to_string(bytes_max) +
                               " bytes (limits.upload_mb)"},
                     0));
  }
}

void RivaStreamingCall::take_head(const std::string& bytes) {
  head_ += bytes;
  const std::size_t known = std::min(head_.size(), kRiff.size());
  const bool may_be_file = std::string_view(head_).substr(0, known) == kRiff.substr(0, known);
  if (!may_be_file) {
    begin_stream(SampleKind::s16, order_.rate != 0 ? order_.rate : kRateUsual);
    if (is_listening()) take_samples(std::exchange(head_, {}));
    return;
  }
  const auto read = protocol::read_wav_head(std::as_bytes(std::span(head_)));
  if (const auto* error = std::get_if<protocol::ProtocolError>(&read)) return fail(*error);
  if (const auto* head = std::get_if<protocol::WavHead>(&read)) {
    begin_stream(SampleKind::s16, head->rate);
    file_bytes_ = head->sample_bytes;
    const std::string file = std::exchange(head_, {});
    if (is_listening()) take_samples(std::string_view(file).substr(head->bytes));
  } else if (head_.size() > protocol::kWavHeadBytesMax) {
    fail(protocol::invalid_value("audio", "This is no WAV file."));
  }
}

/// After the samples of a file there may be chunks that nobody hears.
void RivaStreamingCall::take_samples(std::string_view bytes) {
  const std::size_t heard = std::min<std::uint64_t>(bytes.size(), file_bytes_);
  file_bytes_ -= heard;
  append(std::as_bytes(std::span(bytes.substr(0, heard))));
}

void RivaStreamingCall::end() {
  if (!is_configured_) {
    return fail(misuse("StreamingRecognize begins with `streaming_config`; nothing came."));
  }
  if (is_listening()) return stream().finish();
  const bool is_samples = order_.encoding == RivaEncoding::pcm;
  if (head_.empty()) return call()->finish({});  // no audio, no words
  if (is_samples) return fail(protocol::invalid_value("audio", "The WAV file ends in its head."));
  hear_recording({.order = order_, .audio = std::exchange(head_, {})}, true);
}

}  // namespace parley::server
