// SPDX-License-Identifier: Apache-2.0
#include "server/speech/speech_sockets.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <variant>

#include "media/speech_limits.h"
#include "protocol/speech/eleven_labs_answer.h"
#include "server/refusing_sink.h"
#include "server/speech/audio_talk.h"
#include "server/speech/eleven_labs_talk.h"
#include "server/speech/socket_admission.h"
#include "server/speech/speech_socket.h"

namespace parley::server {

using protocol::OutputFormat;
using transport::ConnectionSink;
using transport::HttpRequest;

namespace {

constexpr std::string_view kAudio = "/ws/audio";
constexpr std::string_view kDeepgram = "/v1/speak";
constexpr std::string_view kElevenLabs = "/v1/text-to-speech/";
constexpr std::string_view kStreamInput = "/stream-input";
constexpr std::string_view kMultiStreamInput = "/multi-stream-input";
constexpr int kTelephoneRate = 8'000;
constexpr int kInactivitySecondsMax = 180;
constexpr int kInactivitySecondsDefault = 20;

// --- refusals
// -------------------------------------------------------------------------------------

std::unique_ptr<ConnectionSink> refuse(SocketWords words, const SocketRefusal& refusal,
                                       std::string_view field = {}) {
  const protocol::SocketEvent problem =
      protocol::SocketProblem{.status = refusal.status,
                              .message = refusal.message,
                              .field = std::string(field),
                              .retry_after = refusal.retry_seconds};
  std::string told = words == SocketWords::ours ? protocol::to_json(problem)
                                                : protocol::to_deepgram_json(problem).value_or("");
  return std::make_unique<RefusingSink>(std::move(told), refusal.close_code, refusal.code);
}

std::unique_ptr<ConnectionSink> refuse_eleven_labs(const SocketRefusal& refusal) {
  return std::make_unique<RefusingSink>(
      protocol::eleven_labs_socket_error(refusal.code, refusal.message, refusal.close_code),
      refusal.close_code, refusal.code);
}

SocketRefusal bad_query(std::string_view name, std::string_view expected) {
  return {.status = 400,
          .code = "invalid_parameter",
          .message = "Invalid value for '" + std::string(name) + "' in the address: expected " +
                     std::string(expected) + "."};
}

// --- queries
// --------------------------------------------------------------------------------------

/// A whole number of the query; nothing when it is absent, and `is_good` false when it is no number
/// from `min` to `max`.
std::optional<int> query_number(const HttpRequest& request, std::string_view name, int min, int max,
                                bool& is_good) {
  const std::optional<std::string_view> text = request.query_value(name);
  if (!text) return std::nullopt;
  int number = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), number);
  is_good = failure == std::errc{} && end == text->data() + text->size() && number >= min &&
            number <= max;
  return number;
}

bool is_true(const HttpRequest& request, std::string_view name) {
  const std::optional<std::string_view> value = request.query_value(name);
  return value && (transport::equal_without_case(*value, "true") || *value == "1");
}

/// What an utterance of the socket is unless it says otherwise; or the name at fault.
std::variant<protocol::Speak, SocketRefusal> read_defaults(const HttpRequest& request,
                                                           SocketWords words) {
  const bool is_ours = words == SocketWords::ours;
  const std::string_view format_name = is_ours ? "format" : "encoding";
  const std::string_view rate_name = is_ours ? "samplerate" : "sample_rate";
  protocol::Speak defaults;
  defaults.voice = request.query_value(is_ours ? "voice" : "model").value_or("");
  defaults.language = request.query_value("language").value_or("");
  if (const auto named = request.query_value(format_name)) {
    const auto format =
        is_ours ? protocol::speech_format_named(*named) : protocol::deepgram_encoding(*named);
    if (!format)
      return bad_query(format_name,
                       "a format, such as " + std::string(is_ours ? "pcm or mp3" : "linear16"));
    defaults.format.format = *format;
    const bool is_telephone =
        *format == protocol::SpeechFormat::pcmu || *format == protocol::SpeechFormat::pcma;
    if (is_telephone) defaults.format.rate = kTelephoneRate;
  }
  bool is_good = true;
  if (const auto rate =
          query_number(request, rate_name, media::kSpeechRateMin, media::kSpeechRateMax, is_good)) {
    if (!is_good) return bad_query(rate_name, "a number from 8000 to 48000");
    defaults.format.rate = *rate;
  }
  return defaults;
}

struct ElevenLabsPath {
  std::string_view voice;
  bool is_multi = false;
};

std::optional<ElevenLabsPath> eleven_labs_path(std::string_view path) noexcept {
  if (!path.starts_with(kElevenLabs)) return std::nullopt;
  path.remove_prefix(kElevenLabs.size());
  const std::string_view voice = path.substr(0, path.find('/'));
  path.remove_prefix(voice.size());
  if (voice.empty() || (path != kStreamInput && path != kMultiStreamInput)) return std::nullopt;
  return ElevenLabsPath{voice, path == kMultiStreamInput};
}

/// Keys in the query, as clients without headers have them.
std::optional<std::size_t> find_key(const ApiKeys& keys, const HttpRequest& request) {
  if (const auto found = keys.find(request)) return found;
  for (const char* name : {"xi-api-key", "xi_api_key", "authorization", "single_use_token"}) {
    std::optional<std::string_view> shown = request.query_value(name);
    if (!shown) continue;
    if (shown->starts_with("Bearer ")) shown->remove_prefix(std::string_view("Bearer ").size());
    if (const auto found = keys.find_key(*shown)) return found;
  }
  return std::nullopt;
}

bool shows_a_key(const HttpRequest& request) {
  if (!ApiKeys::shown(request).empty()) return true;
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"xi-api-key", "xi_api_key", "authorization",
                                              "single_use_token"},
      [&](std::string_view name) { return request.query_value(name).has_value(); });
}

}  // namespace

SpeechSockets::SpeechSockets(const Surroundings& around)
    : place_{around.service, around.keys, around.accounts,      around.gate,
             sockets_,       around.lead, around.reader_timeout} {}

bool SpeechSockets::serves(std::string_view path) noexcept {
  return path == kAudio || path == kDeepgram || eleven_labs_path(path).has_value();
}

transport::UpgradeDecision SpeechSockets::accept(const HttpRequest& request) {
  const std::optional<ElevenLabsPath> eleven_labs = eleven_labs_path(request.path);
  return transport::UpgradeAccepted{
      eleven_labs ? accept_eleven_labs(request, eleven_labs->voice, eleven_labs->is_multi)
                  : accept_audio(request),
      ""};
}

std::unique_ptr<ConnectionSink> SpeechSockets::accept_audio(const HttpRequest& request) {
  const SocketWords words = request.path == kDeepgram ? SocketWords::deepgram : SocketWords::ours;
  auto defaults = read_defaults(request, words);
  if (const auto* refused = std::get_if<SocketRefusal>(&defaults)) return refuse(words, *refused);
  auto admitted =
      admit_socket(place_.keys, place_.accounts, place_.keys.find(request), request.remote);
  if (const auto* refused = std::get_if<SocketRefusal>(&admitted)) return refuse(words, *refused);
  auto talk = std::make_unique<AudioTalk>(
      place_, AudioTalk::Setup{.words = words,
                               .defaults = std::get<protocol::Speak>(std::move(defaults)),
                               .admission = std::get<SocketAdmission>(std::move(admitted)),
                               .id = request.id,
                               .model = std::string(request.query_value("model").value_or(""))});
  return std::make_unique<SpeechSocket>(std::move(talk), place_.context().executor,
                                        place_.context().clock, sockets_, place_.gate);
}

std::unique_ptr<ConnectionSink> SpeechSockets::accept_eleven_labs(const HttpRequest& request,
                                                                  std::string_view voice,
                                                                  bool is_multi) {
  const auto format =
      protocol::eleven_labs_format(request.query_value("output_format").value_or("mp3_44100_128"));
  if (!format) {
    return refuse_eleven_labs(bad_query("output_format", "one such as pcm_24000 or mp3_44100_128"));
  }
  bool is_good = true;
  const int inactivity =
      query_number(request, "inactivity_timeout", 1, kInactivitySecondsMax, is_good)
          .value_or(kInactivitySecondsDefault);
  if (!is_good) return refuse_eleven_labs(bad_query("inactivity_timeout", "1 to 180 seconds"));
  ElevenLabsTalk::Setup setup{
      .is_multi = is_multi,
      .voice = std::string(voice),
      .format = *format,
      .language = std::string(request.query_value("language_code").value_or("")),
      .ssml = is_true(request, "enable_ssml_parsing"),
      .normalise = request.query_value("apply_text_normalization") != "off",
      .auto_mode = is_true(request, "auto_mode"),
      .inactivity = std::chrono::seconds(inactivity),
      .id = request.id,
      .admission = std::nullopt,
  };
  if (place_.keys.is_open() || shows_a_key(request)) {
    auto admitted =
        admit_socket(place_.keys, place_.accounts, find_key(place_.keys, request), request.remote);
    if (const auto* refused = std::get_if<SocketRefusal>(&admitted)) {
      return refuse_eleven_labs(*refused);
    }
    setup.admission = std::get<SocketAdmission>(std::move(admitted));
  }
  return std::make_unique<SpeechSocket>(std::make_unique<ElevenLabsTalk>(place_, std::move(setup)),
                                        place_.context().executor, place_.context().clock, sockets_,
                                        place_.gate);
}

}  // namespace parley::server
