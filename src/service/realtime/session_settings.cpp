// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/session_settings.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "service/realtime/convert.h"

namespace parley::service {
namespace {

// What `include` must name for log-probabilities.
constexpr std::string_view kTokenScores = "item.input_audio_transcription.logprobs";
// The model whose transcript is one delta; all others are told as they come.
constexpr std::string_view kWholeModel = "whisper-1";
// What is in the names of models that tell speakers apart.
constexpr std::string_view kDiarizes = "diarize";

std::int32_t to_ms(Millis time) { return static_cast<std::int32_t>(time.count()); }

/// What turn detection is when a client switches it on without saying more.
protocol::TurnDetection turn_detection_of(const operators::TurnSettings& turn) {
  protocol::TurnDetection detection;
  // Rounded, so that 0.3F is shown as 0.3 and not as 0.30000001.
  detection.threshold = static_cast<double>(std::lround(turn.threshold * 1000.0F)) / 1000.0;
  detection.prefix_padding_ms = to_ms(turn.prefix_padding);
  detection.silence_duration_ms = to_ms(turn.silence);
  detection.create_response = turn.create_response;
  detection.interrupt_response = turn.interrupt_response;
  return detection;
}

operators::TurnSettings::Eagerness eagerness_of(protocol::TurnDetection::Eagerness eagerness) {
  switch (eagerness) {
    case protocol::TurnDetection::Eagerness::low:
      return operators::TurnSettings::Eagerness::low;
    case protocol::TurnDetection::Eagerness::high:
      return operators::TurnSettings::Eagerness::high;
    case protocol::TurnDetection::Eagerness::medium:
    case protocol::TurnDetection::Eagerness::automatic:
      break;
  }
  return operators::TurnSettings::Eagerness::medium;
}

/// How far noise is turned down. A headset's microphone hears little of the room; what a laptop's
/// hears needs more, and bears more.
int suppress_db(const std::optional<protocol::NoiseReduction>& noise) {
  constexpr double kNearFieldDb = 15.0;
  constexpr double kFarFieldDb = 30.0;
  if (!noise) return 0;
  const double most =
      noise->type == protocol::NoiseReduction::Type::near_field ? kNearFieldDb : kFarFieldDb;
  return static_cast<int>(std::lround(most * noise->strength.value_or(1.0)));
}

}  // namespace

SessionSettings::SessionSettings(const agent::AgentSettings& defaults, Start start)
    : turn_default_(turn_detection_of(defaults.turn)), agent_(defaults) {
  config_.type = start.type;
  config_.id = std::move(start.id);
  config_.model = std::move(start.model);
  config_.expires_at = start.expires_at;
  config_.modality = defaults.audio ? protocol::Modality::audio : protocol::Modality::text;
  config_.instructions = defaults.instructions;
  config_.voice.name = start.voice.value_or(defaults.voice);
  config_.speed = static_cast<double>(defaults.speed);
  for (const model::LlmTool& tool : defaults.tools) {
    config_.tools.push_back({.name = tool.name,
                             .description = unless_empty(tool.description),
                             .parameters = unless_empty(tool.parameters)});
  }
  config_.max_output_tokens = defaults.max_output_tokens;
  config_.input_format.codec = defaults.input_format.codec;
  config_.output_format.codec = defaults.output_format.codec;
  config_.turn_detection.reset();
  if (defaults.turn.detect) config_.turn_detection = turn_default_;
  // A transcription session has nothing else to say.
  const bool transcribes =
      defaults.transcription || start.type == protocol::SessionType::transcription;
  if (transcribes) config_.transcription.emplace();
  agent_.has_partials = start.type == protocol::SessionType::transcription;
  agent_.partial.owner = std::hash<std::string>()(config_.id);  // as its finals
  write_agent();
}

std::shared_ptr<const protocol::SessionConfig> SessionSettings::snapshot() const {
  return std::make_shared<const protocol::SessionConfig>(config_);
}

std::optional<protocol::ProtocolError> SessionSettings::apply(const protocol::SessionPatch& patch,
                                                              protocol::SessionState state) {
  state.turn_default = turn_default_;
  if (auto error = protocol::apply(patch, state, config_)) return error;
  write_agent();
  return std::nullopt;
}

void SessionSettings::write_agent() {
  agent_.instructions = config_.instructions;
  agent_.tools = to_agent(config_.tools);
  agent_.mcp = mcp_servers(config_.tools);
  agent_.tool_choice = to_agent(config_.tool_choice);
  agent_.tool_server = config_.tool_choice.server_label;
  agent_.parallel_tool_calls = config_.parallel_tool_calls.value_or(true);
  agent_.truncation = to_agent(config_.truncation);
  if (config_.temperature) agent_.temperature = static_cast<float>(*config_.temperature);
  agent_.max_output_tokens = config_.max_output_tokens;
  agent_.audio = config_.modality == protocol::Modality::audio;
  agent_.voice = config_.voice.name;
  agent_.speed = static_cast<float>(config_.speed);
  agent_.input_format = {config_.input_format.codec, config_.input_format.rate()};
  agent_.output_format = to_agent(config_.output_format);
  agent_.transcription = config_.transcription.has_value();
  agent_.token_scores = config_.include &&
                        std::ranges::find(*config_.include, kTokenScores) != config_.include->end();
  agent_.language.clear();
  agent_.hints = nullptr;
  if (config_.transcription) {
    const protocol::Transcription& asked = *config_.transcription;
    agent_.language = asked.language.value_or("");
    if (asked.prompt || !asked.keywords.empty()) {
      agent_.hints = std::make_shared<model::AsrHints>(
          model::AsrHints{.hot_words = asked.keywords, .prompt = asked.prompt.value_or("")});
    }
  }

  agent_.diarize =
      config_.transcription && config_.transcription->model.find(kDiarizes) != std::string::npos;
  agent_.partial.language = agent_.language;
  agent_.partial.hints = agent_.hints;
  agent_.partial.interval = tells_early() ? operators::PartialSettings{}.interval : Millis::zero();
  agent_.turn.follows = tells_early();

  agent_.noise.suppress_db = suppress_db(config_.noise_reduction);
  agent_.turn.detect = config_.turn_detection.has_value();
  if (!config_.turn_detection) return;
  const bool semantic = config_.turn_detection->type == protocol::TurnDetection::Type::semantic_vad;
  const protocol::TurnDetection& timing = semantic ? turn_default_ : *config_.turn_detection;
  agent_.turn.threshold = static_cast<float>(timing.threshold);
  agent_.turn.prefix_padding = Millis(timing.prefix_padding_ms);
  agent_.turn.silence = Millis(timing.silence_duration_ms);
  agent_.turn.detector = semantic ? operators::TurnSettings::Detector::model
                                  : operators::TurnSettings::Detector::silence;
  agent_.turn.eagerness = eagerness_of(config_.turn_detection->eagerness);
  agent_.turn.idle_timeout = Millis(timing.idle_timeout_ms.value_or(0));
  const bool replies = config_.type == protocol::SessionType::realtime;
  agent_.turn.create_response = replies && config_.turn_detection->create_response;
  agent_.turn.interrupt_response = replies && config_.turn_detection->interrupt_response;
}

bool SessionSettings::tells_early() const {
  return agent_.has_partials && config_.transcription &&
         config_.transcription->model != kWholeModel;
}

}  // namespace parley::service
