// SPDX-License-Identifier: Apache-2.0
#include "server/speech/eleven_labs_http.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "protocol/choice.h"
#include "protocol/speech/eleven_labs_answer.h"
#include "protocol/speech/eleven_labs_message.h"
#include "server/speech/encoding_sink.h"
#include "server/speech/http_speech.h"
#include "server/speech/speech_owner.h"

namespace parley::server {

namespace {

using protocol::ElevenLabsVoice;
using transport::HttpReply;
using transport::HttpRequest;
using transport::HttpResponse;

constexpr std::string_view kSpeak = "/v1/text-to-speech/";
constexpr std::string_view kVoices = "/v1/voices";
constexpr std::string_view kNewVoices = "/v2/voices";
constexpr std::string_view kModels = "/v1/models";
constexpr std::string_view kDefaultFormat = "mp3_44100_128";
constexpr std::size_t kQuotedBytesMax = 64;  // of a client's word in a message

constexpr std::array<protocol::Choice<ElevenLabsShape>, 4> kShapes{
    {{"", ElevenLabsShape::audio},
     {"/stream", ElevenLabsShape::audio},
     {"/with-timestamps", ElevenLabsShape::timed},
     {"/stream/with-timestamps", ElevenLabsShape::timed_lines}}};

HttpResponse wrong_method(std::string allowed) {
  HttpResponse answer =
      eleven_labs_error_answer(405, "method_not_allowed", "This path takes " + allowed + ".");
  answer.headers.emplace_back("Allow", std::move(allowed));
  return answer;
}

HttpResponse list_answer(std::string body) {
  return {.content_type = "application/json",
          .body = std::move(body) + "\n",
          .headers = {{"Cache-Control", "no-store"}}};
}

bool is_at_or_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::vector<std::string> languages_of(const std::vector<ElevenLabsVoice>& voices) {
  std::vector<std::string> languages;
  for (const ElevenLabsVoice& voice : voices) {
    std::string language = voice.language.substr(0, voice.language.find('-'));
    if (std::ranges::find(languages, language) == languages.end()) {
      languages.push_back(std::move(language));
    }
  }
  return languages;
}

}  // namespace

bool ElevenLabsHttp::serves(const HttpRequest& request) noexcept {
  const std::string_view path = request.path;
  if (path.starts_with(kSpeak) || is_at_or_below(path, kVoices) || path == kNewVoices) return true;
  return path == kModels && request.header("xi-api-key").has_value();
}

void ElevenLabsHttp::handle(const HttpRequest& request, HttpReply reply) {
  const std::optional<std::size_t> key = around_.keys.find(request);
  if (!around_.keys.is_open() && !key) {
    return reply.send(
        eleven_labs_error_answer(401, "invalid_api_key", "This needs a key: xi-api-key: KEY."));
  }
  const std::size_t account = key ? KeyAccounts::of_key(*key) : KeyAccounts::kEverybody;
  if (const auto refused = around_.accounts.at(account)->take_request()) {
    return reply.send(eleven_labs_later(429, refused->message, refused->retry_seconds));
  }
  if (!request.path.starts_with(kSpeak)) return reply.send(list(request));
  const std::string_view rest = std::string_view(request.path).substr(kSpeak.size());
  const std::string_view voice = rest.substr(0, rest.find('/'));
  const std::optional<ElevenLabsShape> shape =
      protocol::value_of(rest.substr(voice.size()), kShapes);
  if (voice.empty() || !shape) {
    return reply.send(eleven_labs_error_answer(404, "not_found", "There is nothing at this path."));
  }
  if (request.method != "POST") return reply.send(wrong_method("POST"));
  speak(request, voice, *shape, account, std::move(reply));
}

void ElevenLabsHttp::speak(const HttpRequest& request, std::string_view voice,
                           ElevenLabsShape shape, std::size_t account, HttpReply reply) {
  auto parsed = protocol::parse_eleven_labs_order(request.body, around_.options.characters_max);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return reply.send(
        eleven_labs_invalid_answer("body", error->param.value_or(""), error->message));
  }
  const auto format =
      protocol::eleven_labs_format(request.query_value("output_format").value_or(kDefaultFormat));
  if (!format) {
    return reply.send(eleven_labs_invalid_answer(
        "query", "output_format", "Expected one such as pcm_24000 or mp3_44100_128."));
  }
  auto& order = std::get<protocol::ElevenLabsOrder>(parsed);
  constexpr int kBitsPerKilobit = 1000;
  const codec::AudioFileFormat file = file_format(format->format);
  HttpSpeechOrder speech{
      .request = {.id = request.id,
                  .face = "elevenlabs",
                  .voice = std::string(voice),
                  .speed = static_cast<float>(order.speed),
                  .rate = format->rate,
                  .language = std::move(order.language),
                  .normalise = order.normalise,
                  .owner = speech_owner(account, request.remote),
                  .lead = around_.options.lead,
                  .reader_timeout = around_.options.reader_timeout},
      .text = std::move(order.text),
      .format = file,
      .bitrate = format->kbps * kBitsPerKilobit,
      .framing = eleven_labs_framing(shape, std::string(codec::content_type(file))),
      .account = around_.accounts.at(account)};
  speak_over_http(std::move(speech), around_.service, around_.gate, std::move(reply));
}

HttpResponse ElevenLabsHttp::list(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET, HEAD");
  std::vector<ElevenLabsVoice> voices;
  for (const protocol::VoiceShown& voice : around_.options.voices) {
    voices.push_back({voice.id, voice.name, voice.language});
  }
  if (request.path == kModels) {
    return list_answer(protocol::eleven_labs_models(around_.models, languages_of(voices),
                                                    around_.options.characters_max));
  }
  if (request.path == kVoices || request.path == kNewVoices) {
    return list_answer(protocol::eleven_labs_voices(voices));
  }
  const std::string_view id = std::string_view(request.path).substr(kVoices.size() + 1);
  const auto found = std::ranges::find(voices, id, &ElevenLabsVoice::id);
  if (found == voices.end()) {
    return eleven_labs_error_answer(
        404, "voice_not_found",
        "There is no voice '" + std::string(id.substr(0, kQuotedBytesMax)) + "'.");
  }
  return list_answer(protocol::eleven_labs_voice(*found));
}

}  // namespace parley::server
