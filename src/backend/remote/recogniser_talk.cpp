// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/recogniser_talk.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <optional>
#include <utility>

#include "backend/remote/endpoint_error.h"
#include "backend/remote/json_fields.h"
#include "backend/remote/transcription_request.h"
#include "protocol/transcription/language_name.h"

namespace parley::backend {

namespace json = boost::json;

struct RecogniserTalk::Message {
  const json::object& object;
};

namespace {

using media::MediaTime;

constexpr std::string_view kWho = "the recogniser";
/// A quarter of a second each, as Vosk's own clients send it.
constexpr std::size_t kPieceBytes = 8000;
constexpr std::size_t kDepthMax = 16;
constexpr double kSecondsMax = 1e6;
constexpr double kConfidenceMin = 1e-9;
constexpr std::uint16_t kTryAgainLater = 1013;
constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kNoCode = 1005;
/// What Vosk's own server compares with, blanks included.
constexpr std::string_view kVoskEnd = R"({"eof" : 1})";

std::string escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                          (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
    if (is_plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

std::string hot_words_of(const model::AsrCall& call) {
  std::string list;
  if (call.hints == nullptr) return list;
  for (const std::string& word : call.hints->hot_words) {
    const std::string one = escaped(word);
    if (list.size() + one.size() + 1 > kHotWordsQueryBytesMax) break;
    if (!list.empty()) list += ',';
    list += one;
  }
  return list;
}

MediaTime time_of(double seconds) {
  return MediaTime::from_ms(static_cast<std::int64_t>(std::clamp(seconds, 0.0, kSecondsMax) * 1e3));
}

/// `scale`: seconds of its unit of time. Nothing where one has no times.
std::optional<std::vector<media::WordTime>> words_of(const json::array& list,
                                                     std::string_view start_name,
                                                     std::string_view end_name, double scale) {
  std::vector<media::WordTime> words;
  for (const json::value& one : list) {
    const json::object* word = one.if_object();
    const auto start = word == nullptr ? std::nullopt : number_at(*word, start_name);
    const auto end = word == nullptr ? std::nullopt : number_at(*word, end_name);
    if (!start || !end) return std::nullopt;
    words.push_back(
        {trimmed(text_at(*word, "word")), time_of(*start * scale), time_of(*end * scale)});
  }
  return words;
}

double logprob_of(double confidence) {
  return std::log(std::clamp(confidence, kConfidenceMin, 1.0));
}

Error corrupt(std::string_view what) {
  return {ErrorCode::data_corrupt, std::string(kWho) + " sent " + std::string(what)};
}

}  // namespace

std::string RecogniserTalk::address(std::string_view path, const model::AsrCall& call) const {
  std::string whole(path);
  if (kind_ == SocketRecogniser::vosk) return whole;
  whole += path.find('?') == std::string_view::npos ? '?' : '&';
  // It is one utterance already: silence in it ends none.
  whole += "encoding=pcm_s16le&rate=16000&partials=false&silence_ms=10000";
  if (!call.language.empty()) whole += "&language=" + escaped(call.language);
  const std::string words = hot_words_of(call);
  if (!words.empty()) whole += "&hot_words=" + words;
  return whole;
}

std::vector<SocketMessage> RecogniserTalk::messages(const model::AsrCall& call) {
  std::vector<SocketMessage> all;
  const bool is_vosk = kind_ == SocketRecogniser::vosk;
  if (is_vosk) all.push_back({R"({"config" : {"sample_rate" : 16000, "words" : true}})", true});
  const std::string audio = pcm_bytes(call.audio);
  for (std::size_t at = 0; at < audio.size(); at += kPieceBytes) {
    all.push_back({audio.substr(at, kPieceBytes), false});
    ++answers_due_;
  }
  ++answers_due_;
  all.push_back({is_vosk ? std::string(kVoskEnd) : R"({"type":"end"})", true});
  return all;
}

Status RecogniserTalk::take(std::string_view message) {
  if (is_whole_) return {};
  try {
    return read(message);
  } catch (const std::exception&) {  // out of memory, or a limit of the JSON library
    return corrupt("a message that cannot be read");
  }
}

Status RecogniserTalk::read(std::string_view message) {
  json::parse_options limits;
  limits.max_depth = kDepthMax;
  json::error_code error;
  const json::value parsed = json::parse({message.data(), message.size()}, error, {}, limits);
  const json::object* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) return corrupt("a message that is no JSON object");
  return kind_ == SocketRecogniser::raw ? take_raw({*object}) : take_vosk({*object});
}

Status RecogniserTalk::take_raw(const Message& message) {
  const std::string_view type = text_at(message.object, "type");
  if (type == "error") {
    const int status = static_cast<int>(
        std::clamp(number_at(message.object, "code").value_or(500.0), 400.0, 599.0));
    Error error = endpoint_error(kWho, status, {});
    error.message = std::string(kWho) + " says: " + std::string(text_at(message.object, "message"));
    return error;
  }
  if (type == "done") {
    is_whole_ = true;
    return {};
  }
  if (type != "final") return {};
  const std::string_view text = text_at(message.object, "text");
  if (text.empty()) return {};
  append(text);
  if (answer_.language.empty()) {
    answer_.language = protocol::language_code(text_at(message.object, "language")).value_or("");
  }
  const json::array* list = array_at(message.object, "words");
  auto words = list == nullptr ? std::nullopt : words_of(*list, "start_ms", "end_ms", 1e-3);
  has_words_ = has_words_ && words.has_value();
  if (words) std::ranges::move(*words, std::back_inserter(answer_.words));
  if (const auto confidence = number_at(message.object, "confidence")) {
    logprob_sum_ += logprob_of(*confidence) * static_cast<double>(text.size());
    scored_bytes_ += text.size();
  }
  return {};
}

Status RecogniserTalk::take_vosk(const Message& message) {
  if (answers_due_ > 0) --answers_due_;
  // As the end was the last that was sent, the last answer is the last.
  is_whole_ = answers_due_ == 0;
  const std::string_view text = text_at(message.object, "text");
  if (text.empty()) return {};
  append(text);
  const json::array* list = array_at(message.object, "result");
  auto words = list == nullptr ? std::nullopt : words_of(*list, "start", "end", 1.0);
  has_words_ = has_words_ && words.has_value();
  if (!words) return {};
  for (const json::value& one : *list) {
    const auto confidence = number_at(one.get_object(), "conf");
    const std::size_t size = text_at(one.get_object(), "word").size();
    if (confidence) logprob_sum_ += logprob_of(*confidence) * static_cast<double>(size);
    if (confidence) scored_bytes_ += size;
  }
  std::ranges::move(*words, std::back_inserter(answer_.words));
  return {};
}

void RecogniserTalk::append(std::string_view text) {
  has_begun_ = true;
  if (!answer_.text.empty()) answer_.text += ' ';
  answer_.text += text;
}

Status RecogniserTalk::take_close(std::uint16_t code, std::string_view reason) {
  if (is_whole_) return {};
  const bool is_normal = code == kNormal || code == kNoCode;
  if (is_normal && kind_ == SocketRecogniser::vosk && has_begun_) {
    is_whole_ = true;
    return {};
  }
  std::string message =
      std::string(kWho) + " closed the socket before the last words (" + std::to_string(code);
  if (!reason.empty()) message += ": " + std::string(reason);
  return Error{code == kTryAgainLater ? ErrorCode::resource_exhausted : ErrorCode::unavailable,
               message + ")"};
}

HeardAnswer RecogniserTalk::answer(MediaTime length) {
  if (!has_words_) answer_.words.clear();
  tidy_answer(answer_, length);
  if (scored_bytes_ > 0 && !answer_.text.empty()) {
    answer_.tokens = {{answer_.text, logprob_sum_ / static_cast<double>(scored_bytes_)}};
  }
  return std::move(answer_);
}

}  // namespace parley::backend
