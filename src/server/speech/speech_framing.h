// SPDX-License-Identifier: Apache-2.0
//
// How the bytes of a file of speech stand in an HTTP answer, and how each interface tells of
// errors. Threads: one at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "media/media_time.h"
#include "service/speech/speech_sink.h"
#include "transport/http/http_message.h"

namespace parley::server {

class SpeechFraming {
 public:
  virtual ~SpeechFraming() = default;
  [[nodiscard]] virtual std::string content_type() const = 0;
  /// What is heard next.
  virtual void chunk(const service::SpeechChunk& /*chunk*/) {}
  /// `file`: consecutive bytes of it, maybe none; `audio`: how much is heard in them.
  virtual void append(std::string& out, std::string_view file, media::MediaTime audio) = 0;
  virtual void end(std::string& out, const service::SpeechTotals& totals) = 0;
  /// After the first byte; nothing, where only a broken answer can tell of it.
  virtual void fail(std::string& /*out*/, const Error& /*error*/) {}
  /// Before the first byte.
  [[nodiscard]] virtual transport::HttpResponse refusal(const Error& error,
                                                        int retry_seconds) const = 0;
};

/// The bytes of the file and nothing else. OpenAI's errors.
[[nodiscard]] std::unique_ptr<SpeechFraming> plain_framing(std::string content_type);
/// OpenAI's server-sent events.
[[nodiscard]] std::unique_ptr<SpeechFraming> event_framing();
/// Our JSON, at `rate` Hz.
[[nodiscard]] std::unique_ptr<SpeechFraming> chunk_framing(int rate);

/// {"error":{…}} as OpenAI's interfaces answer, with Retry-After where it helps.
[[nodiscard]] transport::HttpResponse openai_refusal(const Error& error, int retry_seconds);
/// {"code":…,"message":…,"field":…}
[[nodiscard]] transport::HttpResponse speech_refusal(int status, std::string_view message,
                                                     std::string_view field = {});
[[nodiscard]] transport::HttpResponse speech_refusal(const Error& error, int retry_seconds);

/// The field that an invalid_argument names: its message begins with it and a colon.
[[nodiscard]] std::string_view field_of(const Error& error);
/// 400, 429, 503 …
[[nodiscard]] int http_status_of(ErrorCode code) noexcept;

}  // namespace parley::server
