// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/grpc_listening.h"

#include <utility>
#include <variant>

#include "protocol/recognition/recognition_proto.h"
#include "server/recognition/listen_request.h"
#include "server/speech/grpc_status.h"

namespace parley::server {

using transport::Flow;
using transport::GrpcCall;
using transport::GrpcCode;
using transport::GrpcStatus;

namespace {

constexpr std::string_view kEnglish = "en";

}  // namespace

GrpcListening::GrpcListening(const Place& place, Setup setup)
    : pass_(place.gate),
      place_(place),
      setup_(std::move(setup)),
      feed_(place.service, setup_.account) {}

void GrpcListening::on_open(std::shared_ptr<GrpcCall> call) {
  call_ = std::move(call);
  open_.emplace(place_.calls, call_->waker());
}

Flow GrpcListening::on_message(std::string_view bytes) {
  flow_ = Flow::more;
  if (!is_over_) hear(bytes);
  return is_over_ ? Flow::more : flow_;
}

void GrpcListening::on_end_of_messages() {
  if (!is_over_) end();
}

Flow GrpcListening::on_resume() { return feed_.resume(); }

/// A stream that is open hears of the server's end by itself, and tells its words first.
void GrpcListening::on_wake() {
  if (place_.calls.draining() && !feed_.is_open() && !is_elsewhere_ && !is_over_) {
    fail(grpc_unavailable("shutting down"));
  }
}

void GrpcListening::on_close(transport::GrpcEnd /*end*/) {
  open_.reset();
  feed_.close();
  leave();
}

service::RecognitionRequest GrpcListening::request() const {
  service::RecognitionRequest request;
  request.id = setup_.id;
  request.face = setup_.face;
  request.owner = setup_.owner;
  request.client = setup_.client;
  return request;
}

bool GrpcListening::knows(const std::string& language, const char* path) {
  const TranscriptionOptions& options = place_.options;
  if (options.is_multilingual || language.empty() || language == kEnglish) return true;
  fail(protocol::invalid_value(path, "The recogniser '" + options.recognizer +
                                         "' knows English only: for other languages set asr.model "
                                         "to whisper-base."));
  return false;
}

bool GrpcListening::listen(service::RecognitionRequest request, SampleKind kind,
                           std::shared_ptr<service::RecognitionSink> sink) {
  const Status opened = feed_.open(std::move(request), kind, std::move(sink));
  if (!opened) fail(grpc_status(opened.error(), place_.service.retry_seconds()));
  return static_cast<bool>(opened);
}

void GrpcListening::append(std::span<const std::byte> bytes) {
  const AudioFeed::Taken taken = feed_.append(bytes);
  if (!taken.trouble.empty()) complain(taken.trouble);
  if (taken.refused) return fail(grpc_status(*taken.refused));
  flow_ = taken.flow;
}

void GrpcListening::fail(GrpcStatus status) {
  is_over_ = true;
  // First: the end of the stream would tell that it was cancelled, and the first status counts.
  call_->finish(std::move(status));
  feed_.close();
}

void GrpcListening::fail(const protocol::ProtocolError& error) { fail(grpc_status(error)); }

void GrpcListening::cancel() {
  is_over_ = true;
  call_->abort();
  feed_.close();
}

std::optional<GrpcStatus> grpc_end_of(const Status& status,
                                      const service::RecognitionService& service) {
  if (status || status.error().code == ErrorCode::cancelled) return std::nullopt;
  if (status.error().code == ErrorCode::unavailable) return grpc_unavailable("shutting down");
  return grpc_status(status.error(), service.retry_seconds());
}

// --- RecognizeStream
// ------------------------------------------------------------------------------

namespace {

GrpcStatus misuse(std::string message) {
  return {GrpcCode::invalid_argument, std::move(message), {}};
}

/// Threads: the stream's strand.
class StreamSink final : public service::RecognitionSink {
 public:
  StreamSink(std::shared_ptr<GrpcCall> call, const service::RecognitionService& service)
      : call_(std::move(call)), service_(service) {}

  void on_speech_started(std::uint64_t utterance, media::MediaTime begin) override {
    call_->send(protocol::speech_started_proto(utterance, begin));
  }
  void on_partial(const service::RecognizedText& partial) override {
    call_->send(protocol::to_proto(recognized(partial, false)));
  }
  void on_final(const service::RecognizedText& final) override {
    call_->send(protocol::to_proto(recognized(final, true)));
  }
  void on_trouble(const Error& error) override {
    const GrpcStatus status = grpc_status(error, 0);
    call_->send(protocol::listen_trouble_proto(static_cast<int>(status.code), status.message));
  }
  void on_flushed(std::uint64_t id, const service::RecognitionTotals& totals) override {
    call_->send(protocol::listen_flushed_proto(id, totals.audio));
  }
  void on_room() override { call_->resume(); }
  void on_end(const Status& status, const service::RecognitionTotals& totals) override {
    const bool is_told = status || status.error().code == ErrorCode::unavailable;
    if (is_told) call_->send(protocol::listen_done_proto(totals.audio, totals.utterances));
    if (status) return call_->finish({});
    if (auto end = grpc_end_of(status, service_)) call_->finish(std::move(*end));
  }

 private:
  const std::shared_ptr<GrpcCall> call_;  // shared with the call's sink
  const service::RecognitionService& service_;
};

}  // namespace

void RecognizeStreamCall::hear(std::string_view bytes) {
  auto parsed = protocol::parse_recognize_stream(bytes);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) return fail(*error);
  auto& message = std::get<protocol::ListenMessage>(parsed);
  const auto* order = std::get_if<protocol::ListenOrder>(&message);
  if ((order != nullptr) == is_configured_) {
    return fail(misuse("The first message holds `config`, and only the first."));
  }
  if (order != nullptr) {
    is_configured_ = true;
    if (!knows(order->language, "config.language_code")) return;
    listen(listen_request(request(), *order), sample_kind(order->encoding),
           std::make_shared<StreamSink>(call(), service()));
  } else if (std::holds_alternative<protocol::ListenCancel>(message)) {
    cancel();
  } else if (is_finished_) {
    fail(misuse("Nothing but `cancel` follows `finish`."));
  } else if (const auto* audio = std::get_if<protocol::AudioPiece>(&message)) {
    append(std::as_bytes(std::span(audio->bytes)));
  } else if (const auto* flush = std::get_if<protocol::ListenFlush>(&message)) {
    stream().flush(flush->id);
  } else {
    is_finished_ = true;
    stream().finish();
  }
}

void RecognizeStreamCall::end() {
  if (!is_configured_) return fail(misuse("RecognizeStream begins with `config`; nothing came."));
  if (!std::exchange(is_finished_, true)) stream().finish();
}

void RecognizeStreamCall::complain(const std::string& trouble) {
  call()->send(
      protocol::listen_trouble_proto(static_cast<int>(GrpcCode::invalid_argument), trouble));
}

}  // namespace parley::server
