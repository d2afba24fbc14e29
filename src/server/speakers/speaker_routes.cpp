// SPDX-License-Identifier: Apache-2.0
#include "server/speakers/speaker_routes.h"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/speakers/speaker_answer.h"
#include "server/http_error.h"

namespace parley::server {
namespace {

using protocol::SpeakerAction;
using protocol::SpeakerOrder;
using service::HeardVoice;
using service::SpeakerService;
using transport::HttpReply;
using transport::HttpRequest;
using transport::HttpResponse;

constexpr std::int64_t kMillisPerSecond = 1000;
static_assert(protocol::kSpeakerNameBytesMax == store::kSpeakerNameMax);

HttpResponse json_response(std::string body) {
  return {.status = 200,
          .content_type = "application/json",
          .body = std::move(body) + "\n",
          .headers = {{"Cache-Control", "no-store"}}};
}

HttpResponse client_error(int status, std::string code, std::string message, std::string param) {
  return http_error(status,
                    protocol::ProtocolError{.type = protocol::ProtocolError::Type::invalid_request,
                                            .code = std::move(code),
                                            .message = std::move(message),
                                            .param = std::move(param),
                                            .event_id = {}});
}

/// `param`: the field that names the speaker.
HttpResponse failure(const Error& error, std::string param) {
  switch (error.code) {
    case ErrorCode::not_found:
      return client_error(404, "speaker_not_found", error.message, std::move(param));
    case ErrorCode::invalid_argument:
      return client_error(400, "invalid_value", error.message, std::move(param));
    case ErrorCode::failed_precondition:
      return client_error(409, "speaker_of_another_model", error.message, std::move(param));
    default: {
      HttpResponse response =
          http_error(503, "server_error", "speakers_unavailable", error.message);
      response.headers.emplace_back("Retry-After", "2");
      return response;
    }
  }
}

HttpResponse limited(const KeyAccount::Refusal& refused) {
  HttpResponse response = http_error(429, "requests", "rate_limit_exceeded", refused.message);
  response.headers.emplace_back("Retry-After", std::to_string(refused.retry_seconds));
  return response;
}

protocol::SpeakerShown shown(const store::Speaker& speaker) {
  return {.id = service::speaker_id(speaker.name),
          .name = speaker.name,
          .model = speaker.voice.model,
          .recordings = speaker.utterances,
          .created = speaker.created,
          .updated = speaker.updated};
}

protocol::VoiceComparison compared(const service::SpeakerScore& score) {
  return {.id = service::speaker_id(score.name),
          .name = score.name,
          .score = static_cast<double>(score.score),
          .is_match = score.is_match};
}

/// All recordings of an order, or the answer to the first that cannot be heard.
std::variant<std::vector<HeardVoice>, HttpResponse> hear_all(const SpeakerOrder& order,
                                                             KeyAccount& account,
                                                             SpeakerService& speakers) {
  std::vector<HeardVoice> voices;
  for (const protocol::VoiceClip& clip : order.clips) {
    const auto samples = service::decode_clip(clip.bytes, clip.field);
    if (!samples) return client_error(400, "invalid_file", samples.error().message, clip.field);
    const auto count = static_cast<std::int64_t>(samples->size());
    const Millis length(count * kMillisPerSecond / model::kSpeakerRate);
    if (const auto refused = account.take_audio(length)) return limited(*refused);
    auto heard = speakers.hear(*samples);
    if (!heard && heard.error().code == ErrorCode::invalid_argument) {
      return client_error(400, "invalid_file", clip.field + ": " + heard.error().message,
                          clip.field);
    }
    if (!heard) return failure(heard.error(), clip.field);
    voices.push_back(std::move(*heard));
  }
  return voices;
}

HttpResponse enrol(const store::SpeakerKey& key, const std::vector<HeardVoice>& voices,
                   SpeakerService& speakers) {
  const auto speaker = speakers.enrol(key, voices);
  return speaker ? json_response(protocol::speaker_json(shown(*speaker)))
                 : failure(speaker.error(), "name");
}

HttpResponse identify(const std::string& owner, const HeardVoice& heard, SpeakerService& speakers) {
  const auto who = speakers.identify(owner, heard);
  if (!who) return failure(who.error(), "file");
  std::optional<protocol::VoiceComparison> nearest;
  if (*who) nearest = compared(**who);
  return json_response(protocol::identification_json(
      nearest, static_cast<double>(speakers.score_min()), heard.speech_seconds));
}

HttpResponse verify(const store::SpeakerKey& key, const HeardVoice& heard,
                    SpeakerService& speakers) {
  const auto score = speakers.verify(key, heard);
  if (!score) return failure(score.error(), "name");
  return json_response(protocol::verification_json(
      compared(*score), static_cast<double>(speakers.score_min()), heard.speech_seconds));
}

HttpResponse answer_to(const HttpRequest& request, const SpeakerRoutes::Asker& asker,
                       SpeakerAction action, SpeakerService& speakers) {
  const auto form =
      protocol::parse_multipart_form(request.header("content-type").value_or(""), request.body);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&form)) {
    return http_error(400, *error);
  }
  const auto order = protocol::parse_speaker_order(std::get<protocol::MultipartForm>(form), action);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&order)) {
    return http_error(400, *error);
  }
  const SpeakerOrder& wanted = std::get<SpeakerOrder>(order);
  auto heard = hear_all(wanted, *asker.account, speakers);
  if (auto* refused = std::get_if<HttpResponse>(&heard)) return std::move(*refused);
  const auto& voices = std::get<std::vector<HeardVoice>>(heard);
  const store::SpeakerKey key{.owner = asker.owner, .name = wanted.name};
  switch (action) {
    case SpeakerAction::enrol:
      return enrol(key, voices, speakers);
    case SpeakerAction::identify:
      return identify(asker.owner, voices.front(), speakers);
    case SpeakerAction::verify:
      break;
  }
  return verify(key, voices.front(), speakers);
}

HttpResponse list(const std::string& owner, SpeakerService& speakers) {
  const auto kept = speakers.list(owner);
  if (!kept) return failure(kept.error(), "");
  std::vector<protocol::SpeakerShown> all;
  all.reserve(kept->size());
  for (const store::Speaker& speaker : *kept) all.push_back(shown(speaker));
  return json_response(protocol::speakers_json(all));
}

HttpResponse remove(const std::string& owner, const std::string& id, SpeakerService& speakers) {
  const auto name = speakers.remove(owner, id);
  if (!name) return failure(name.error(), "id");
  return json_response(protocol::speaker_deleted_json(service::speaker_id(*name)));
}

}  // namespace

bool SpeakerRoutes::serves(std::string_view path) noexcept {
  return path.starts_with(kPath) && (path.size() == kPath.size() || path[kPath.size()] == '/');
}

void SpeakerRoutes::handle(HttpRequest request, Asker asker, HttpReply reply) {
  std::string_view rest = std::string_view(request.path).substr(kPath.size());
  if (!rest.empty()) rest.remove_prefix(1);
  const bool is_post = request.method == "POST";
  if (rest.empty()) {
    if (is_post) {
      return hear(std::move(request), std::move(asker), SpeakerAction::enrol, std::move(reply));
    }
    if (request.method != "GET") return reply.send(wrong_method("GET, POST"));
    return ask([owner = std::move(asker.owner)](
                   SpeakerService& speakers) { return list(owner, speakers); },
               std::move(reply));
  }
  if (rest == "identify" || rest == "verify") {
    if (!is_post) return reply.send(wrong_method("POST"));
    const auto action = rest == "verify" ? SpeakerAction::verify : SpeakerAction::identify;
    return hear(std::move(request), std::move(asker), action, std::move(reply));
  }
  if (request.method != "DELETE") return reply.send(wrong_method("DELETE"));
  ask([owner = std::move(asker.owner),
       id = std::string(rest)](SpeakerService& speakers) { return remove(owner, id, speakers); },
      std::move(reply));
}

void SpeakerRoutes::hear(HttpRequest request, Asker asker, SpeakerAction action, HttpReply reply) {
  ask([request = std::move(request), asker = std::move(asker),
       action](SpeakerService& speakers) { return answer_to(request, asker, action, speakers); },
      std::move(reply));
}

void SpeakerRoutes::ask(Answer answer, HttpReply reply) {
  // Shared, since jobs must be copyable.
  const auto to = std::make_shared<HttpReply>(std::move(reply));
  const auto pass = std::make_shared<SessionGate::Pass>(gate_);
  const bool is_taken = desk_.post([answer = std::move(answer), to, pass](
                                       SpeakerService& speakers) { to->send(answer(speakers)); });
  if (!is_taken) {
    to->send(failure({ErrorCode::unavailable, "Too many requests about speakers wait."}, ""));
  }
}

}  // namespace parley::server
