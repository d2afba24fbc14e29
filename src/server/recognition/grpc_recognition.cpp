// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/grpc_recognition.h"

#include <memory>
#include <utility>
#include <variant>

#include "protocol/recognition/riva_asr_proto.h"
#include "server/recognition/riva_listening.h"
#include "server/speech/grpc_status.h"
#include "server/speech/speech_owner.h"

namespace parley::server {

using transport::GrpcDecision;
using transport::GrpcRequest;
using transport::GrpcStatus;

namespace {

constexpr const char* kOwn = "parley.recognition.v1.SpeechRecognition";
constexpr const char* kRiva = "nvidia.riva.asr.RivaSpeechRecognition";
constexpr const char* kRecognizeStream = "RecognizeStream";
constexpr const char* kRecognize = "Recognize";
constexpr const char* kStreamingRecognize = "StreamingRecognize";
constexpr const char* kConfig = "GetRivaSpeechRecognitionConfig";
// As Riva's models name what they hear.
constexpr const char* kEnglish = "en-US";
constexpr const char* kMultilingual = "multi";

}  // namespace

std::vector<transport::GrpcService> GrpcRecognition::services() {
  return {{kOwn, {kRecognizeStream}, this},
          {kRiva, {kRecognize, kStreamingRecognize, kConfig}, this}};
}

void GrpcRecognition::serve(service::RecognitionService& service) {
  place_.emplace(GrpcListening::Place{service, around_.gate, open_, around_.options});
  recordings_.emplace(around_.options);
  state_.store(State::serving, std::memory_order_release);
}

void GrpcRecognition::drain() {
  state_.store(State::draining, std::memory_order_release);
  open_.drain();
}

void GrpcRecognition::stop() {
  if (recordings_) recordings_->stop();
}

GrpcDecision GrpcRecognition::on_call(const GrpcRequest& request) {
  auto known = grpc_visitor(around_.keys, around_.addresses, request);
  if (auto* refused = std::get_if<GrpcStatus>(&known)) return std::move(*refused);
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return grpc_unavailable("starting");
  if (state == State::draining) return grpc_unavailable("shutting down");
  if (request.method == kConfig) {
    return grpc_answer([this](std::string_view bytes) {
      return protocol::riva_recognition_config(
          bytes, around_.options.recognizer,
          around_.options.is_multilingual ? kMultilingual : kEnglish);
    });
  }
  return listen(request, std::get<GrpcVisitor>(std::move(known)));
}

GrpcDecision GrpcRecognition::listen(const GrpcRequest& request, GrpcVisitor visitor) {
  if (!place_ || !recordings_) return grpc_unavailable("starting");
  auto entered = grpc_enter(around_.accounts, visitor);
  if (auto* refused = std::get_if<GrpcStatus>(&entered)) return std::move(*refused);
  auto& entry = std::get<GrpcEntry>(entered);
  GrpcListening::Setup setup{.id = std::move(visitor.id),
                             .face = request.service == kRiva ? "riva" : "grpc",
                             .owner = std::move(visitor.owner),
                             .client = speech_owner(entry.index, request.remote),
                             .account = std::move(entry.account),
                             .allowance = std::move(entry.allowance)};
  if (request.method == kRecognizeStream) {
    return std::make_unique<RecognizeStreamCall>(*place_, std::move(setup));
  }
  if (request.method == kRecognize) {
    return std::make_unique<RivaRecognizeCall>(*place_, std::move(setup), *recordings_);
  }
  return std::make_unique<RivaStreamingCall>(*place_, std::move(setup), *recordings_);
}

}  // namespace parley::server
