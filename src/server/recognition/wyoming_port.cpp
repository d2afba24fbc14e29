// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/wyoming_port.h"

#include <array>
#include <string_view>
#include <utility>

#include "server/models.h"
#include "server/speech/speech_routes.h"

namespace parley::server {

namespace {

/// Whisper's (openai/whisper, tokenizer.py, LANGUAGES).
constexpr std::array<std::string_view, 99> kWhisperLanguages{
    "en", "zh", "de", "es",  "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv",
    "it", "id", "hi", "fi",  "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no",
    "th", "ur", "hr", "bg",  "lt", "la", "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr",
    "az", "sl", "kn", "et",  "mk", "br", "eu", "is", "hy", "ne", "mn", "bs", "kk", "sq", "sw",
    "gl", "mr", "pa", "si",  "km", "sn", "yo", "so", "af", "oc", "ka", "be", "tg", "sd", "gu",
    "am", "yi", "lo", "uz",  "fo", "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl",
    "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su"};
/// As the usual wake word models are called. Any other phrase may be asked for by its name.
constexpr std::array<std::string_view, 4> kWakePhrases{"okay_nabu", "hey_jarvis", "alexa",
                                                       "hey_computer"};

}  // namespace

protocol::WyomingInfo wyoming_info(const Config& config) {
  protocol::WyomingInfo info;
  info.version = PARLEY_VERSION;
  info.asr_model = recognizer_name(config);
  if (is_multilingual_asr(config)) {
    info.asr_languages.assign(kWhisperLanguages.begin(), kWhisperLanguages.end());
  } else {
    info.asr_languages = {"en"};
  }
  // Those behind them are other names of the first.
  const SpeechRouteOptions options = speech_route_options(config);
  for (std::size_t i = 0; i <= config.tts.voices.size(); ++i) {
    info.voices.push_back({options.voices[i].name, options.voices[i].language});
  }
  info.wake_phrases.assign(kWakePhrases.begin(), kWakePhrases.end());
  return info;
}

Result<std::unique_ptr<WyomingPort>> WyomingPort::start(transport::ListenerOptions options,
                                                        Metrics& metrics, Accept accept) {
  options.is_plain_bytes = true;
  options.tls_certificate.clear();
  options.tls_key.clear();
  std::unique_ptr<WyomingPort> port(new WyomingPort(std::move(accept)));
  PARLEY_TRY(port->listener_, transport::Listener::start(options, *port, metrics));
  return port;
}

void WyomingPort::on_http(transport::HttpRequest /*request*/, transport::HttpReply reply) {
  reply.send({.status = 404});
}

transport::UpgradeDecision WyomingPort::on_upgrade(const transport::HttpRequest& /*request*/) {
  return transport::HttpResponse{.status = 404};
}

}  // namespace parley::server
