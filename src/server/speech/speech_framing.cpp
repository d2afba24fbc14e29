// SPDX-License-Identifier: Apache-2.0
#include "server/speech/speech_framing.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "base/clock.h"
#include "protocol/speech/speech_answer.h"
#include "server/http_error.h"

namespace parley::server {

namespace {

using media::MediaTime;
using transport::HttpResponse;

double seconds(MediaTime time) { return std::chrono::duration<double>(time.nanos()).count(); }

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

void add_retry(HttpResponse& response, int retry_seconds) {
  if (response.status == 429 || response.status == 503) {
    response.headers.emplace_back("Retry-After", std::to_string(retry_seconds));
  }
}

class PlainFraming final : public SpeechFraming {
 public:
  explicit PlainFraming(std::string content_type) : content_type_(std::move(content_type)) {}
  [[nodiscard]] std::string content_type() const override { return content_type_; }
  void append(std::string& out, std::string_view file, MediaTime) override { out += file; }
  void end(std::string&, const service::SpeechTotals&) override {}
  [[nodiscard]] HttpResponse refusal(const Error& error, int retry_seconds) const override {
    return openai_refusal(error, retry_seconds);
  }

 private:
  const std::string content_type_;
};

class EventFraming final : public SpeechFraming {
 public:
  [[nodiscard]] std::string content_type() const override { return "text/event-stream"; }
  void append(std::string& out, std::string_view file, MediaTime) override {
    if (!file.empty()) protocol::append_audio_delta(out, bytes_of(file));
  }
  void end(std::string& out, const service::SpeechTotals& totals) override {
    // A voice has no tokens: counted as OpenAI's do on average, by four characters of text and by
    // 50 ms of speech.
    constexpr std::uint64_t kCharactersPerToken = 4;
    constexpr Millis kAudioPerToken{50};
    const auto spoken = std::chrono::duration_cast<Millis>(totals.audio.nanos());
    protocol::append_audio_done(
        out, {.input_tokens = (totals.characters + kCharactersPerToken - 1) / kCharactersPerToken,
              .output_tokens = static_cast<std::uint64_t>(spoken / kAudioPerToken)});
  }
  void fail(std::string& out, const Error& error) override {
    protocol::append_audio_error(out, to_string(error.code), error.message);
  }
  [[nodiscard]] HttpResponse refusal(const Error& error, int retry_seconds) const override {
    return openai_refusal(error, retry_seconds);
  }
};

class ChunkFraming final : public SpeechFraming {
 public:
  explicit ChunkFraming(int rate) : rate_(rate) {}
  [[nodiscard]] std::string content_type() const override { return "application/json"; }
  void append(std::string& out, std::string_view file, MediaTime audio) override {
    if (!std::exchange(begun_, true)) protocol::begin_audio_chunks(out);
    if (!file.empty()) {
      protocol::append_audio_chunk(out, next_id_++, bytes_of(file), seconds(audio));
    }
  }
  void end(std::string& out, const service::SpeechTotals& totals) override {
    protocol::end_audio_chunks(out, seconds(totals.audio), rate_);
  }
  [[nodiscard]] HttpResponse refusal(const Error& error, int retry_seconds) const override {
    return speech_refusal(error, retry_seconds);
  }

 private:
  const int rate_;
  bool begun_ = false;
  std::uint64_t next_id_ = 0;
};

}  // namespace

std::unique_ptr<SpeechFraming> plain_framing(std::string content_type) {
  return std::make_unique<PlainFraming>(std::move(content_type));
}

std::unique_ptr<SpeechFraming> event_framing() { return std::make_unique<EventFraming>(); }

std::unique_ptr<SpeechFraming> chunk_framing(int rate) {
  return std::make_unique<ChunkFraming>(rate);
}

HttpResponse openai_refusal(const Error& error, int retry_seconds) {
  const int status = http_status_of(error.code);
  protocol::ProtocolError told;
  told.type = status >= 500 ? protocol::ProtocolError::Type::server
                            : protocol::ProtocolError::Type::invalid_request;
  told.code = status == 429 ? "rate_limit_exceeded" : to_string(error.code);
  told.message = error.message;
  if (const std::string_view field = field_of(error); !field.empty()) {
    told.param = field == "text" ? "input" : std::string(field);  // as it is called there
  }
  HttpResponse response = http_error(status, told);
  add_retry(response, retry_seconds);
  return response;
}

HttpResponse speech_refusal(int status, std::string_view message, std::string_view field) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = protocol::speech_error_json(status, message, field) + "\n";
  return response;
}

HttpResponse speech_refusal(const Error& error, int retry_seconds) {
  HttpResponse response =
      speech_refusal(http_status_of(error.code), error.message, field_of(error));
  add_retry(response, retry_seconds);
  return response;
}

std::string_view field_of(const Error& error) {
  if (error.code != ErrorCode::invalid_argument) return {};
  const std::string_view message = error.message;
  const std::size_t colon = message.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view field = message.substr(0, colon);
  const bool is_name = std::ranges::all_of(
      field, [](char c) { return c == '_' || c == '.' || (c >= 'a' && c <= 'z'); });
  return is_name ? field : std::string_view();
}

int http_status_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return 400;
    case ErrorCode::permission_denied:
      return 403;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::resource_exhausted:
      return 429;
    case ErrorCode::unavailable:
      return 503;
    case ErrorCode::deadline_exceeded:
      return 504;
    default:
      return 500;
  }
}

}  // namespace parley::server
