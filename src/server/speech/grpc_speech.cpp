// SPDX-License-Identifier: Apache-2.0
#include "server/speech/grpc_speech.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <variant>

#include "protocol/speech/riva_proto.h"
#include "protocol/speech/speech_proto.h"
#include "server/speech/grpc_own_talk.h"
#include "server/speech/grpc_status.h"
#include "server/speech/riva_talk.h"
#include "server/speech/speech_owner.h"
#include "transport/request_id.h"

namespace parley::server {

using transport::Flow;
using transport::GrpcCall;
using transport::GrpcCode;
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

/// One request, answered at once.
class AnswerSink final : public transport::GrpcSink {
 public:
  using Answer =
      std::function<std::variant<std::string, protocol::ProtocolError>(std::string_view)>;

  explicit AnswerSink(Answer answer) : answer_(std::move(answer)) {}
  void on_open(std::shared_ptr<GrpcCall> call) override { call_ = std::move(call); }
  Flow on_message(std::string_view bytes) override {
    auto answer = answer_(bytes);
    if (auto* message = std::get_if<std::string>(&answer)) {
      call_->send(std::move(*message));
      call_->finish({});
    } else {
      call_->finish(grpc_status(std::get<protocol::ProtocolError>(answer)));
    }
    return Flow::wait;
  }
  void on_end_of_messages() override {
    call_->finish({GrpcCode::invalid_argument, "No request came.", {}});
  }
  void on_close(transport::GrpcEnd /*end*/) override {}

 private:
  const Answer answer_;
  std::shared_ptr<GrpcCall> call_;  // shared with its stream
};

/// As the keys know requests.
transport::HttpRequest http_request(const GrpcRequest& request) {
  transport::HttpRequest http;
  for (const auto& [name, value] : request.metadata) {
    http.headers.emplace_back(name == "x-api-key" ? "api-key" : name, value);
  }
  http.remote = request.remote;
  return http;
}

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
  if (const auto refused = around_.addresses.take(request.remote)) return grpc_status(*refused);
  const transport::HttpRequest http = http_request(request);
  const std::optional<std::size_t> key = around_.keys.find(http);
  if (!around_.keys.is_open() && !key) {
    return GrpcStatus{
        GrpcCode::unauthenticated, "This needs a key, as metadata: authorization: Bearer KEY.", {}};
  }
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return grpc_unavailable("starting");
  if (state == State::draining) return grpc_unavailable("shutting down");
  if (request.method == kListVoices) {
    return std::make_unique<AnswerSink>(
        [this](std::string_view) { return protocol::voices_proto(around_.options.voices); });
  }
  if (request.method == kConfig) {
    return std::make_unique<AnswerSink>([this](std::string_view bytes) {
      return protocol::riva_config(bytes, around_.options.voices);
    });
  }
  return speak(request, key, transport::request_id(http.header("x-request-id")));
}

GrpcDecision GrpcSpeech::speak(const GrpcRequest& request, std::optional<std::size_t> key,
                               std::string id) {
  const std::size_t index = key ? KeyAccounts::of_key(*key) : KeyAccounts::kEverybody;
  const std::shared_ptr<KeyAccount>& account = around_.accounts.at(index);
  KeyAccount::Entry entry = KeyAccount::enter(account);
  if (entry.refused) return grpc_status(*entry.refused);
  if (const auto refused = account->take_request()) return grpc_status(*refused);
  const SpeechRouteOptions& options = around_.options;
  const bool is_riva = request.service == kRiva;
  GrpcTalk::Setup setup{
      .id = std::move(id),
      .face = is_riva ? "riva" : "grpc",
      .owner = speech_owner(index, request.remote),
      .account = account,
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
