// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/beta/beta_names.h"

#include <array>
#include <string>
#include <utility>

namespace parley::protocol {
namespace {

using Names = std::pair<std::string_view, std::string_view>;  // GA, beta

constexpr std::array<Names, 7> kEvents{{
    {"response.output_text.delta", "response.text.delta"},
    {"response.output_text.done", "response.text.done"},
    {"response.output_audio.delta", "response.audio.delta"},
    {"response.output_audio.done", "response.audio.done"},
    {"response.output_audio_transcript.delta", "response.audio_transcript.delta"},
    {"response.output_audio_transcript.done", "response.audio_transcript.done"},
    {"conversation.item.added", "conversation.item.created"},
}};

// The longer ones first: a path is renamed by the first that it begins with.
constexpr std::array<Names, 9> kFields{{
    {"audio.input.format", "input_audio_format"},
    {"audio.input.transcription", "input_audio_transcription"},
    {"audio.input.noise_reduction", "input_audio_noise_reduction"},
    {"audio.input.turn_detection", "turn_detection"},
    {"audio.output.format", "output_audio_format"},
    {"audio.output.voice", "voice"},
    {"audio.output.speed", "speed"},
    {"output_modalities", "modalities"},
    {"max_output_tokens", "max_response_output_tokens"},
}};

bool is_transcription(const ServerPayload& payload) {
  const auto of = [](const std::shared_ptr<const SessionConfig>& session) {
    return session->type == SessionType::transcription;
  };
  if (const auto* created = std::get_if<SessionCreated>(&payload)) return of(created->session);
  if (const auto* updated = std::get_if<SessionUpdated>(&payload)) return of(updated->session);
  return false;
}

std::string beta_path(std::string_view path) {
  for (const std::string_view root : {"session.", "response."}) {
    if (!path.starts_with(root)) continue;
    const std::string_view rest = path.substr(root.size());
    for (const auto& [ga, beta] : kFields) {
      if (rest.starts_with(ga)) {
        return std::string(root) + std::string(beta) + std::string(rest.substr(ga.size()));
      }
    }
  }
  return std::string(path);
}

}  // namespace

std::string_view beta_type(const ServerPayload& payload, std::string_view type) noexcept {
  if (is_transcription(payload)) {
    return type == "session.created" ? "transcription_session.created"
                                     : "transcription_session.updated";
  }
  for (const auto& [ga, beta] : kEvents) {
    if (ga == type) return beta;
  }
  return type;
}

bool is_shown_in_beta(const ServerPayload& payload) noexcept {
  return !std::holds_alternative<ItemDone>(payload) &&
         !std::holds_alternative<TimeoutTriggered>(payload) &&
         !std::holds_alternative<TranscriptionSegment>(payload) &&
         !std::holds_alternative<DtmfReceived>(payload) &&
         !std::holds_alternative<McpListTools>(payload) &&
         !std::holds_alternative<McpArgumentsDelta>(payload) &&
         !std::holds_alternative<McpArgumentsDone>(payload) &&
         !std::holds_alternative<McpCall>(payload);
}

ProtocolError in_beta_words(ProtocolError error) {
  if (!error.param || error.is_in_client_words) return error;
  std::string path = beta_path(*error.param);
  if (path == *error.param) return error;
  const std::size_t at = error.message.find(*error.param);
  if (at != std::string::npos) error.message.replace(at, error.param->size(), path);
  error.param = std::move(path);
  return error;
}

}  // namespace parley::protocol
