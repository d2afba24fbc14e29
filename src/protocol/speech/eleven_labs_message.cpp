// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/eleven_labs_message.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "media/speech_limits.h"
#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

constexpr double kStepMin = 1.0;
constexpr double kStepMax = 500.0;
constexpr std::string_view kBearer = "Bearer ";

std::optional<double> read_speed(ObjectReader& reader) {
  const json::value* value = reader.find("voice_settings");
  if (value == nullptr) return std::nullopt;
  const std::string path = reader.path_of("voice_settings");
  const json::object* settings = read_object(*value, path, reader.problems());
  if (settings == nullptr) return std::nullopt;
  ObjectReader fields(*settings, path, reader.problems(), ObjectReader::Null::is_absent);
  // Wider than ElevenLabs' own 0.7 to 1.2: what our voices can.
  return fields.number("speed", media::kSpeechSpeedMin, media::kSpeechSpeedMax);
}

std::vector<std::int32_t> read_steps(const json::array& steps, const std::string& path,
                                     Problems& problems) {
  std::vector<std::int32_t> schedule;
  if (steps.size() > kScheduleStepsMax) {
    problems.report(invalid_value(path, "Invalid value for '" + path + "': expected at most " +
                                            std::to_string(kScheduleStepsMax) + " numbers."));
    return schedule;
  }
  for (const json::value& step : steps) {
    const double characters = step.is_number() ? step.to_number<double>() : 0.0;
    if (!(characters >= kStepMin && characters <= kStepMax)) {
      problems.report(invalid_value(
          path, "Invalid value for '" + path + "': expected numbers between 1 and 500."));
      return {};
    }
    schedule.push_back(static_cast<std::int32_t>(characters));
  }
  return schedule;
}

/// `generator_config` is how their client's type of a later message spells it.
std::vector<std::int32_t> read_schedule(ObjectReader& reader) {
  for (const std::string_view key : {"generation_config", "generator_config"}) {
    const json::value* value = reader.find(key);
    if (value == nullptr) continue;
    const json::object* config = read_object(*value, key, reader.problems());
    if (config == nullptr) return {};
    ObjectReader fields(*config, std::string(key), reader.problems(),
                        ObjectReader::Null::is_absent);
    const json::value* steps = fields.find("chunk_length_schedule");
    if (steps == nullptr) continue;
    const std::string path = fields.path_of("chunk_length_schedule");
    const json::array* array = read_array(*steps, path, reader.problems());
    return array == nullptr ? std::vector<std::int32_t>()
                            : read_steps(*array, path, reader.problems());
  }
  return {};
}

std::string read_key(ObjectReader& reader) {
  std::string key;
  for (const std::string_view name : {"xi-api-key", "xi_api_key", "authorization"}) {
    std::string shown = reader.string(name).value_or("");
    if (shown.starts_with(kBearer)) shown.erase(0, kBearer.size());
    if (key.empty()) key = std::move(shown);
  }
  return key;
}

std::string read_context(ObjectReader& reader) {
  for (const std::string_view name : {"context_id", "contextId"}) {
    std::optional<std::string> context = reader.string(name);
    if (!context) continue;
    if (context->size() > kContextBytesMax) {
      reader.problems().report(
          string_too_long(std::string(name), kContextBytesMax, context->size()));
    }
    return std::move(*context);
  }
  return {};
}

}  // namespace

ElevenLabsMessageResult parse_eleven_labs_message(std::string_view text) {
  return parse_object<ElevenLabsMessage>(
      text, [](ObjectReader& reader, ElevenLabsMessage& message) {
        message.text = reader.string("text");
        message.context = read_context(reader);
        message.flush = reader.boolean("flush").value_or(false);
        message.try_trigger = reader.boolean("try_trigger_generation").value_or(false);
        message.close_context = reader.boolean("close_context").value_or(false);
        message.close_socket = reader.boolean("close_socket").value_or(false);
        message.speed = read_speed(reader);
        message.schedule = read_schedule(reader);
        message.api_key = read_key(reader);
        const bool does_something = message.text || message.flush || message.close_context ||
                                    message.close_socket || !message.context.empty();
        if (!does_something) reader.problems().report(missing_parameter("text"));
      });
}

ElevenLabsOrderResult parse_eleven_labs_order(std::string_view text, std::size_t characters_max) {
  return parse_object<ElevenLabsOrder>(text, [&](ObjectReader& reader, ElevenLabsOrder& order) {
    order.text = reader.required_string("text");
    if (order.text.empty() && !reader.problems().any()) {
      reader.problems().report(
          invalid_value("text", "Invalid value for 'text': expected text to speak."));
    }
    if (const std::size_t length = characters_in(order.text); length > characters_max) {
      reader.problems().report(string_too_long("text", characters_max, length));
    }
    order.model = reader.string("model_id").value_or("");
    order.language = reader.string("language_code").value_or("");
    order.speed = read_speed(reader).value_or(order.speed);
    order.normalise = reader.string("apply_text_normalization").value_or("auto") != "off";
  });
}

}  // namespace parley::protocol
