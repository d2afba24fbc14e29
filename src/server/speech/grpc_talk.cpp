// SPDX-License-Identifier: Apache-2.0
#include "server/speech/grpc_talk.h"

#include <utility>

#include "server/speech/grpc_status.h"

namespace parley::server {

using transport::Flow;
using transport::GrpcCall;
using transport::GrpcStatus;

namespace {

service::SpeechRequest request_of(const protocol::Speak& speak, const GrpcTalk::Setup& setup) {
  service::SpeechRequest request{
      .id = setup.id,
      .face = setup.face,
      .voice = speak.voice,
      .speed = static_cast<float>(speak.speed),
      .rate = speak.format.rate,
      .language = speak.language,
      .ssml = speak.ssml,
      .normalise = speak.normalise,
      .owner = setup.owner,
      .lead = setup.lead,
      .reader_timeout = setup.reader_timeout,
  };
  if (speak.priority == protocol::SpeechPriority::bulk) request.qos = model::TtsQos::bulk;
  // Nobody plays what only comes when it is whole.
  if (speak.is_whole) request.lead = Millis{0};
  return request;
}

}  // namespace

GrpcTalk::GrpcTalk(const Place& place, Setup setup)
    : pass_(place.gate), place_(place), setup_(std::move(setup)), feed_(setup_.account) {}

void GrpcTalk::on_open(std::shared_ptr<GrpcCall> call) {
  call_ = std::move(call);
  open_.emplace(place_.calls, call_->waker());
}

Flow GrpcTalk::on_message(std::string_view bytes) {
  if (!is_over_) hear(bytes);
  feed_.pump();
  return flow();
}

void GrpcTalk::on_end_of_messages() {
  if (!is_over_) end();
  feed_.pump();
}

void GrpcTalk::on_wake() {
  if (place_.calls.draining() && !feed_.is_whole() && feed_.is_open()) {
    sink_->cut_short();
    is_over_ = true;
    feed_.finish();
  }
  feed_.pump();
  const bool has_room = feed_.waiting_bytes() <= kGrpcTextWaitingBytesMax;
  if (has_room && std::exchange(is_paused_, false)) call_->resume();
}

void GrpcTalk::on_close(transport::GrpcEnd /*end*/) {
  open_.reset();
  feed_.cancel();
}

Flow GrpcTalk::flow() {
  is_paused_ = !is_over_ && feed_.waiting_bytes() > kGrpcTextWaitingBytesMax;
  return is_paused_ ? Flow::wait : Flow::more;
}

bool GrpcTalk::start(const protocol::Speak& speak, std::shared_ptr<GrpcSpeechSink> sink) {
  sink_ = std::move(sink);
  if (const Status opened = feed_.open(place_.service, request_of(speak, setup_), sink_); !opened) {
    fail(grpc_status(opened.error(), place_.service.retry_seconds()));
    return false;
  }
  return true;
}

bool GrpcTalk::say(std::string text) {
  const auto refused = feed_.append(std::move(text));
  if (refused) fail(grpc_status(*refused));
  return !refused;
}

std::unique_ptr<codec::AudioEncoder> GrpcTalk::encoder_of(const protocol::OutputFormat& format) {
  auto encoder = make_encoder(format);
  if (encoder) return std::move(*encoder);
  fail(grpc_status(encoder.error(), 0));
  return nullptr;
}

void GrpcTalk::fail(GrpcStatus status) {
  is_over_ = true;
  // First: the end of the stream would tell that it was cancelled, and the first status counts.
  call_->finish(std::move(status));
  feed_.cancel();
}

void GrpcTalk::fail(const protocol::ProtocolError& error) { fail(grpc_status(error)); }

void GrpcTalk::cancel() {
  is_over_ = true;
  call_->abort();
  feed_.cancel();
}

}  // namespace parley::server
