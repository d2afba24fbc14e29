// SPDX-License-Identifier: Apache-2.0
#include "server/speech/grpc_speech.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "protocol/speech/riva_proto.h"
#include "protocol/speech/speech_proto.h"
#include "server/speech/grpc_own_talk.h"
#include "server/speech/grpc_status.h"
#include "server/speech/riva_talk.h"
#include "server/speech/speech_owner.h"

namespace parley::server {

using transport::GrpcDecision;
using transport::GrpcRequest;
using transport::GrpcStatus;

namespace {

constexpr const char* kOwn = "parley.speech.v1.SpeechSynthesis";
constexpr const char* kRiva = "nvidia.riva.tts.RivaSpeechSynthesis";
constexpr const char* kSynthesize = "Synthesize";
constexpr const char* kSynthesizeStream = "SynthesizeStream";
constexpr const char* kListVoices = "ListVoices";
constexpr const char* kSynthesizeOnline = "SynthesizeOnline";
constexpr const char* kConfig = "GetRivaSynthesisConfig";

}  // namespace

std::vector<transport::GrpcService> GrpcSpeech::services() {
  return {{kOwn, {kSynthesize, kSynthesizeStream, kListVoices}, this},
          {kRiva, {kSynthesize, kSynthesizeOnline, kConfig}, this}};
}

void GrpcSpeech::serve(service::SpeechService& service) {
  place_.emplace(GrpcTalk::Place{service, around_.gate, open_});
  state_.store(State::serving, std::memory_order_release);
}

void GrpcSpeech::drain() {
  state_.store(State::draining, std::memory_order_release);
  open_.drain();
}

GrpcDecision GrpcSpeech::on_call(const GrpcRequest& request) {
  auto known = grpc_visitor(around_.keys, around_.addresses, request);
  if (auto* refused = std::get_if<GrpcStatus>(&known)) return std::move(*refused);
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return grpc_unavailable("starting");
  if (state == State::draining) return grpc_unavailable("shutting down");
  if (request.method == kListVoices) {
    return grpc_answer(
        [this](std::string_view) { return protocol::voices_proto(around_.options.voices); });
  }
  if (request.method == kConfig) {
    return grpc_answer([this](std::string_view bytes) {
      return protocol::riva_config(bytes, around_.options.voices);
    });
  }
  return speak(request, std::get<GrpcVisitor>(std::move(known)));
}

GrpcDecision GrpcSpeech::speak(const GrpcRequest& request, GrpcVisitor visitor) {
  auto entered = grpc_enter(around_.accounts, visitor);
  if (auto* refused = std::get_if<GrpcStatus>(&entered)) return std::move(*refused);
  auto& entry = std::get<GrpcEntry>(entered);
  const SpeechRouteOptions& options = around_.options;
  const bool is_riva = request.service == kRiva;
  GrpcTalk::Setup setup{
      .id = std::move(visitor.id),
      .face = is_riva ? "riva" : "grpc",
      .owner = speech_owner(entry.index, request.remote),
      .account = std::move(entry.account),
      .allowance = std::move(entry.allowance),
      .lead = options.lead,
      .reader_timeout = options.reader_timeout,
      .characters_max = std::min(options.characters_max, kWholeCharactersMax),
  };
  if (request.method == kSynthesizeStream) {
    return std::make_unique<SynthesizeStreamTalk>(*place_, std::move(setup));
  }
  if (request.method == kSynthesizeOnline) {
    return std::make_unique<RivaOnlineTalk>(*place_, std::move(setup));
  }
  if (is_riva) return std::make_unique<RivaTalk>(*place_, std::move(setup));
  return std::make_unique<SynthesizeTalk>(*place_, std::move(setup));
}

}  // namespace parley::server
