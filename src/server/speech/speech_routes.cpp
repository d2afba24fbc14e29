// SPDX-License-Identifier: Apache-2.0
#include "server/speech/speech_routes.h"

#include <array>
#include <chrono>
#include <variant>

#include "codec/audio_encoder.h"
#include "server/http_error.h"
#include "server/speech/encoding_sink.h"
#include "server/speech/http_speech.h"
#include "server/speech/speech_framing.h"

namespace parley::server {

namespace {

using codec::AudioFileFormat;
using protocol::SpeechOrder;
using transport::HttpReply;
using transport::HttpRequest;
using transport::HttpResponse;

constexpr std::string_view kSpeech = "/v1/audio/speech";
constexpr std::string_view kStream = "/v1/audio/stream";
constexpr std::string_view kVoices = "/v1/audio/voices";

/// What OpenAI's voices are called: clients send these names, and each speaks with the default
/// voice.
constexpr std::array<std::string_view, 13> kStockVoices{
    "alloy", "ash",  "ballad",  "coral", "echo",  "fable", "onyx",
    "nova",  "sage", "shimmer", "verse", "marin", "cedar"};

/// Piper's voices begin with it: en_US-joe-medium.
std::string language_of(std::string_view voice) {
  const bool is_told = voice.size() > 6 && voice[2] == '_' && voice[5] == '-';
  if (!is_told) return "en-US";
  return std::string(voice.substr(0, 2)) + "-" + std::string(voice.substr(3, 2));
}

}  // namespace

SpeechRouteOptions speech_route_options(const Config& config) {
  SpeechRouteOptions options;
  options.characters_max = static_cast<std::size_t>(config.tts.characters_max);
  options.lead = std::chrono::seconds(config.tts.lead_seconds);
  options.reader_timeout = std::chrono::seconds(config.tts.reader_timeout_seconds);
  options.voices.push_back({config.tts.voice, config.tts.voice, language_of(config.tts.voice)});
  for (const std::string& name : config.tts.voices) {
    options.voices.push_back({name, name, language_of(name)});
  }
  for (const std::string_view name : kStockVoices) {
    options.voices.push_back({std::string(name), std::string(name), "en-US"});
  }
  return options;
}

bool SpeechRoutes::serves(std::string_view path) noexcept {
  return path == kSpeech || path == kStream || path == kVoices;
}

bool SpeechRoutes::has_own_errors(std::string_view path) noexcept { return path == kStream; }

void SpeechRoutes::handle(const HttpRequest& request, Asker asker, HttpReply reply) {
  if (request.path == kVoices) {
    if (request.method != "GET" && request.method != "HEAD") {
      return reply.send(wrong_method("GET, HEAD"));
    }
    return reply.send({.content_type = "application/json",
                       .body = protocol::voices_json(options_.voices) + "\n",
                       .headers = {{"Cache-Control", "no-store"}}});
  }
  if (request.method != "POST") return reply.send(wrong_method("POST"));
  if (request.path == kSpeech) return speak(request, std::move(asker), std::move(reply));
  stream(request, std::move(asker), std::move(reply));
}

void SpeechRoutes::speak(const HttpRequest& request, Asker asker, HttpReply reply) {
  auto parsed = protocol::parse_openai_speech(request.body, options_.characters_max);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return reply.send(http_error(400, *error));
  }
  auto& order = std::get<SpeechOrder>(parsed);
  HttpSpeechOrder speech{.request = request_of(order, "openai", asker.owner, request.id),
                         .text = std::move(order.text),
                         .format = file_format(order.format),
                         .framing = nullptr,
                         .account = std::move(asker.account)};
  speech.request.rate = codec::encodable_rate(speech.format, order.rate);
  speech.framing =
      order.sse ? event_framing() : plain_framing(std::string(codec::content_type(speech.format)));
  speak_over_http(std::move(speech), service_, gate_, std::move(reply));
}

void SpeechRoutes::stream(const HttpRequest& request, Asker asker, HttpReply reply) {
  auto parsed = protocol::parse_audio_stream(request.body, options_.characters_max);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return reply.send(speech_refusal(400, error->message, error->param.value_or("")));
  }
  auto& order = std::get<SpeechOrder>(parsed);
  HttpSpeechOrder speech{.request = request_of(order, "stream", asker.owner, request.id),
                         .text = std::move(order.text),
                         .format = AudioFileFormat::pcm,
                         .framing = chunk_framing(order.rate),
                         .account = std::move(asker.account)};
  speak_over_http(std::move(speech), service_, gate_, std::move(reply));
}

service::SpeechRequest SpeechRoutes::request_of(const SpeechOrder& order, std::string face,
                                                std::uint64_t owner, const std::string& id) {
  service::SpeechRequest request;
  request.id = id;
  request.face = std::move(face);
  request.voice = order.voice;
  request.speed = static_cast<float>(order.speed);
  request.rate = order.rate;
  request.language = order.language;
  request.ssml = order.ssml;
  request.owner = owner;
  request.lead = options_.lead;
  request.reader_timeout = options_.reader_timeout;
  if (order.priority == protocol::SpeechPriority::bulk) {
    request.qos = model::TtsQos::bulk;
    request.lead = Millis::zero();
  }
  return request;
}

}  // namespace parley::server
