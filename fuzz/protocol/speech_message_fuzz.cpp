// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what a client of the speech service says, on every interface: a message or an error,
// what was taken keeps its limits, and what the server would say of it is one JSON object.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <boost/json.hpp>

#include "protocol/speech/eleven_labs_answer.h"
#include "protocol/speech/eleven_labs_message.h"
#include "protocol/speech/output_format.h"
#include "protocol/speech/socket_event.h"
#include "protocol/speech/socket_message.h"
#include "protocol/speech/speech_answer.h"
#include "protocol/speech/speech_request.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

constexpr std::size_t kCharactersMax = 1000;

void require(bool condition) {
  if (!condition) std::abort();
}

void require_object(const std::string& json) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(json, error);
  require(!error && value.is_object());
}

void answer(const ProtocolError& error) {
  require(!error.message.empty());
  const std::string field = error.param.value_or("");
  require_object(speech_error_json(400, error.message, field));
  require_object(to_json(SocketProblem{.message = error.message, .field = field}));
  require_object(*to_deepgram_json(SocketProblem{.message = error.message, .field = field}));
  require_object(eleven_labs_invalid("body", field, error.message));
  require_object(eleven_labs_socket_error(error.code, error.message, 1008));
}

/// Nothing for an error, which has been answered.
template <typename Parsed>
std::optional<Parsed> taken(std::variant<Parsed, ProtocolError> result) {
  if (auto* parsed = std::get_if<Parsed>(&result)) return std::move(*parsed);
  answer(std::get<ProtocolError>(result));
  return std::nullopt;
}

void require_format(const OutputFormat& format) {
  require(format.rate >= 8'000 && format.rate <= 48'000);
  require(format.kbps == 0 || (format.kbps >= 8 && format.kbps <= 320));
  require(speech_format_named(name_of(format.format)) == format.format);
}

void read_socket(SocketMessageResult result) {
  const std::optional<SocketMessage> message = taken(std::move(result));
  if (!message) return;
  const auto* speak = std::get_if<Speak>(&*message);
  if (speak == nullptr) return;
  require(speak->id.size() <= kSocketNameBytesMax && speak->voice.size() <= kSocketNameBytesMax);
  require(speak->speed >= 0.25 && speak->speed <= 4.0);
  require_format(speak->format);
  require_object(to_json(UtteranceStarted{speak->id, speak->format, "audio/pcm"}));
  require_object(to_json(UtteranceChunk{.id = speak->id,
                                        .begin = {},
                                        .written = speak->text,
                                        .spoken = speak->text,
                                        .words = {{speak->text, {}, {}}},
                                        .phonemes = {}}));
}

void read_eleven_labs(std::string_view text) {
  if (const auto message = taken(parse_eleven_labs_message(text))) {
    require(message->context.size() <= kContextBytesMax);
    require(message->schedule.size() <= kScheduleStepsMax);
    for (const std::int32_t step : message->schedule) require(step >= 1 && step <= 500);
    require_object(eleven_labs_audio(text, {}, {}, message->context));
    require_object(eleven_labs_final(message->context));
  }
  if (const auto order = taken(parse_eleven_labs_order(text, kCharactersMax))) {
    require(!order->text.empty() && order->text.size() <= 4 * kCharactersMax);
  }
  if (const auto format = eleven_labs_format(text)) require_format(*format);
}

void read_orders(std::string_view text) {
  for (const auto& result :
       {parse_openai_speech(text, kCharactersMax), parse_audio_stream(text, kCharactersMax)}) {
    const auto order = taken(result);
    if (!order) continue;
    require(!order->text.empty() && order->text.size() <= 4 * kCharactersMax);
    require(order->speed >= 0.25 && order->speed <= 4.0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_socket(parse_socket_message(text, {}));
  read_socket(parse_deepgram_message(text));
  read_eleven_labs(text);
  read_orders(text);
  return 0;
}
