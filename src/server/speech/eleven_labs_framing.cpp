// SPDX-License-Identifier: Apache-2.0
#include "server/speech/eleven_labs_framing.h"

#include <utility>

#include "protocol/speech/eleven_labs_answer.h"
#include "server/speech/eleven_labs_times.h"

namespace parley::server {

namespace {

using media::MediaTime;
using transport::HttpResponse;

HttpResponse json_answer(int status, std::string body) {
  body += '\n';
  return {.status = status,
          .content_type = "application/json",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

class ElevenLabsFraming final : public SpeechFraming {
 public:
  ElevenLabsFraming(ElevenLabsShape shape, std::string content_type)
      : shape_(shape), content_type_(std::move(content_type)) {}

  [[nodiscard]] std::string content_type() const override {
    if (shape_ == ElevenLabsShape::audio) return content_type_;
    return shape_ == ElevenLabsShape::timed ? "application/json" : "application/x-ndjson";
  }
  void chunk(const service::SpeechChunk& chunk) override {
    if (shape_ != ElevenLabsShape::audio) times_.add(chunk);
  }
  void append(std::string& out, std::string_view file, MediaTime audio) override {
    heard_ += audio;
    if (!file.empty()) write(out, file, times_.take_before(heard_));
  }
  void end(std::string& out, const service::SpeechTotals& /*totals*/) override {
    ElevenLabsTimes::Piece rest = times_.take_rest();
    if (rest.has_text()) write(out, "", std::move(rest));
    if (shape_ == ElevenLabsShape::timed) out += whole_.finish() + "\n";
  }
  [[nodiscard]] HttpResponse refusal(const Error& error, int retry_seconds) const override {
    const int status = http_status_of(error.code);
    if (status == 400) return eleven_labs_invalid_answer("body", field_of(error), error.message);
    if (status == 429 || status == 503) {
      return eleven_labs_later(status, error.message, retry_seconds);
    }
    return eleven_labs_error_answer(status, "speech_failed", error.message);
  }

 private:
  void write(std::string& out, std::string_view file, ElevenLabsTimes::Piece piece) {
    switch (shape_) {
      case ElevenLabsShape::timed:
        out += whole_.append(file, std::move(piece.alignments));
        return;
      case ElevenLabsShape::timed_lines:
        out += protocol::eleven_labs_timed_audio(file, piece.alignments) + "\n";
        return;
      case ElevenLabsShape::audio:
        break;
    }
    out += file;
  }

  const ElevenLabsShape shape_;
  const std::string content_type_;
  ElevenLabsTimes times_;
  MediaTime heard_;  // so much audio was appended
  protocol::ElevenLabsTimedBody whole_;
};

}  // namespace

std::unique_ptr<SpeechFraming> eleven_labs_framing(ElevenLabsShape shape,
                                                   std::string content_type) {
  return std::make_unique<ElevenLabsFraming>(shape, std::move(content_type));
}

HttpResponse eleven_labs_error_answer(int status, std::string_view name, std::string_view message) {
  return json_answer(status, protocol::eleven_labs_error(name, message));
}

HttpResponse eleven_labs_invalid_answer(std::string_view place, std::string_view field,
                                        std::string_view message) {
  return json_answer(422, protocol::eleven_labs_invalid(place, field, message));
}

HttpResponse eleven_labs_later(int status, std::string_view message, std::int64_t retry_seconds) {
  HttpResponse answer = eleven_labs_error_answer(
      status, status == 429 ? "too_many_concurrent_requests" : "system_busy", message);
  answer.headers.emplace_back("Retry-After", std::to_string(retry_seconds));
  return answer;
}

}  // namespace parley::server
