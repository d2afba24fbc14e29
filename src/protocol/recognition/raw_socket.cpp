// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/raw_socket.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "protocol/json_writer.h"
#include "protocol/parse_object.h"
#include "protocol/recognition/hot_words.h"
#include "protocol/recognition/stream_rate.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kLanguageBytesMax = 35;  // RFC 5646 §4.4.1
constexpr std::int64_t kMillisPerSecond = 1000;

struct Encoding {
  std::string_view name;
  AudioEncoding encoding;
};
/// The first name of each is ours; the others are what other services call them.
constexpr std::array<Encoding, 13> kEncodings{{{"pcm_s16le", AudioEncoding::pcm_s16le},
                                               {"pcm_f32le", AudioEncoding::pcm_f32le},
                                               {"mulaw", AudioEncoding::pcmu},
                                               {"alaw", AudioEncoding::pcma},
                                               {"opus", AudioEncoding::opus},
                                               {"s16le", AudioEncoding::pcm_s16le},
                                               {"pcm16", AudioEncoding::pcm_s16le},
                                               {"linear16", AudioEncoding::pcm_s16le},
                                               {"f32le", AudioEncoding::pcm_f32le},
                                               {"float32", AudioEncoding::pcm_f32le},
                                               {"ulaw", AudioEncoding::pcmu},
                                               {"pcmu", AudioEncoding::pcmu},
                                               {"pcma", AudioEncoding::pcma}}};

std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

ProtocolError wrong(std::string_view name, std::string_view value, std::string_view expected) {
  return invalid_value(std::string(name), "Invalid value: '" + std::string(value) + "'. Expected " +
                                              std::string(expected) + ".");
}

std::int64_t ms(media::MediaTime time) { return std::max<std::int64_t>(time.ms(), 0); }

void write_words(JsonWriter& json, const std::vector<media::WordTime>& words) {
  json.key("words").begin_array();
  for (const media::WordTime& word : words) {
    json.begin_object();
    json.field("word", std::string_view(word.text));
    json.field("start_ms", ms(word.begin));
    json.field("end_ms", ms(word.end));
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::variant<ListenOrder, ProtocolError> parse_listen(const QueryValue& value_of) {
  ListenOrder order;
  if (const auto name = value_of("encoding")) {
    const auto found = std::ranges::find(kEncodings, *name, &Encoding::name);
    if (found == kEncodings.end()) {
      return unsupported_value("encoding", *name,
                               "'pcm_s16le', 'pcm_f32le', 'mulaw', 'alaw' and 'opus'");
    }
    order.encoding = found->encoding;
    const bool is_telephone =
        order.encoding == AudioEncoding::pcmu || order.encoding == AudioEncoding::pcma;
    if (is_telephone) order.rate = 8'000;
  }
  if (const auto text = value_of("rate")) {
    const std::optional<int> rate = number_of(*text);
    const bool is_opus = order.encoding == AudioEncoding::opus;
    if (!rate || !(is_opus ? is_opus_rate(*rate) : is_stream_rate(*rate))) {
      return wrong("rate", *text, std::string(is_opus ? kOpusRates : kStreamRates) + " Hz");
    }
    order.rate = *rate;
  }
  if (const auto text = value_of("channels")) {
    // A stereo packet is decoded to one channel; of samples nobody would know which is which.
    const bool is_opus = order.encoding == AudioEncoding::opus;
    if (*text != "1" && !(is_opus && *text == "2")) {
      return wrong("channels", *text, is_opus ? "1 or 2" : "1");
    }
  }
  if (const auto text = value_of("silence_ms")) {
    const std::optional<int> silence = number_of(*text);
    if (!silence || *silence < kSilenceMsMin || *silence > kSilenceMsMax) {
      return wrong("silence_ms", *text, "100 to 10000");
    }
    order.silence_ms = *silence;
  }
  if (const auto text = value_of("partials")) {
    if (*text != "true" && *text != "false") return wrong("partials", *text, "'true' or 'false'");
    order.partials = *text == "true";
  }
  if (const auto text = value_of("hot_words")) {
    auto words = parse_hot_words("hot_words", *text);
    if (auto* error = std::get_if<ProtocolError>(&words)) return std::move(*error);
    order.hot_words = std::move(std::get<std::vector<std::string>>(words));
  }
  order.language = value_of("language").value_or("");
  if (order.language.size() > kLanguageBytesMax) {
    return string_too_long("language", kLanguageBytesMax, order.language.size());
  }
  return order;
}

std::variant<EndOfAudio, ProtocolError> parse_listen_message(std::string_view frame) {
  enum class Verb : std::uint8_t { end };
  constexpr std::array<Choice<Verb>, 1> kVerbs{{{"end", Verb::end}}};
  return parse_object<EndOfAudio>(frame, [&](ObjectReader& reader, EndOfAudio&) {
    if (!reader.choice("type", kVerbs)) reader.problems().report(missing_parameter("type"));
  });
}

std::string to_json(const Recognized& recognized) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("type", recognized.is_final ? "final" : "partial");
  json.field("utterance", recognized.utterance);
  json.field("text", recognized.text);
  json.field("stable", recognized.text.substr(0, recognized.stable_bytes));
  json.field("start_ms", ms(recognized.begin));
  json.field("end_ms", ms(recognized.end));
  if (recognized.words != nullptr) write_words(json, *recognized.words);
  json.key("language");
  recognized.language.empty() ? json.null() : json.value(recognized.language);
  json.key("speaker");
  recognized.speaker.empty() ? json.null() : json.value(recognized.speaker);
  if (!recognized.emotion.empty()) json.field("emotion", recognized.emotion);
  if (!recognized.event.empty()) json.field("event", recognized.event);
  if (recognized.is_final) {
    json.key("confidence");
    recognized.confidence ? json.value(*recognized.confidence) : json.null();
  }
  json.end_object();
  return out;
}

std::string speech_started_json(std::uint64_t utterance, media::MediaTime begin) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "speech_started");
  json.field("utterance", utterance);
  json.field("start_ms", ms(begin));
  json.end_object();
  return out;
}

std::string listen_done_json(media::MediaTime audio) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "done");
  json.field("audio_ms", ms(audio));
  json.end_object();
  return out;
}

std::string listen_error_json(int code, std::string_view message, std::string_view field,
                              std::int64_t retry_after) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("type", "error");
  json.field("code", code);
  json.field("message", message);
  if (!field.empty()) json.field("field", field);
  if (retry_after > 0) {
    json.field("retry_after", retry_after);
    json.field("retry_after_ms", retry_after * kMillisPerSecond);
  }
  json.end_object();
  return out;
}

std::optional<double> confidence_of(const std::vector<media::TokenScore>& tokens) {
  if (tokens.empty()) return std::nullopt;
  double sum = 0.0;
  for (const media::TokenScore& token : tokens) sum += std::exp(token.logprob);
  return sum / static_cast<double>(tokens.size());
}

}  // namespace parley::protocol
