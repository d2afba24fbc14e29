// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/transcription_routes.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "backend/ffmpeg/ffmpeg_audio.h"
#include "server/http_error.h"
#include "server/models.h"
#include "server/recognition/readiness.h"
#include "server/recognition/upload.h"
#include "server/sherpa_models.h"
#include "service/recognition/file_recognition.h"

namespace parley::server {

namespace {

using transport::HttpReply;
using transport::HttpRequest;
using transport::HttpResponse;

constexpr std::string_view kTranscriptions = "/v1/audio/transcriptions";
constexpr std::string_view kTranslations = "/v1/audio/translations";
constexpr std::size_t kMegabyte = 1U << 20U;
/// A form is a little larger than its file.
constexpr std::size_t kFormBytes = 1U << 20U;
/// How long stopping waits for a decoder: longer than ffmpeg may say nothing.
constexpr Millis kStopMax{60'000};

std::optional<std::uint64_t> length_of(const HttpRequest& request) {
  const auto text = request.header("content-length");
  std::uint64_t length = 0;
  if (!text) return std::nullopt;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), length);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return std::nullopt;
  return length;
}

HttpResponse too_large(std::size_t bytes_max) {
  return http_error(
      413, upload_error("file_too_large", "file",
                        "The file is larger than the limit of " +
                            std::to_string(bytes_max / kMegabyte) + " MB (limits.upload_mb)."));
}

HttpResponse too_many(std::size_t uploads_max, int retry_seconds) {
  HttpResponse response =
      http_error(503, "server_error", "overloaded",
                 "All " + std::to_string(uploads_max) +
                     " places for recordings are taken (limits.uploads): try again later.");
  response.headers.emplace_back("Retry-After", std::to_string(retry_seconds));
  return response;
}

HttpResponse too_many_of_key(const KeyAccount::Refusal& refused) {
  HttpResponse response = http_error(429, "requests", "rate_limit_exceeded", refused.message);
  response.headers.emplace_back("Retry-After", std::to_string(refused.retry_seconds));
  return response;
}

/// Whoever waits for the answer. Nobody does any more: the work ends.
class Reader final : public transport::HttpBodySink {
 public:
  explicit Reader(SessionGate& gate) : pass_(gate) {}
  void hold(std::shared_ptr<service::FileRecognition> hearing) { hearing_ = std::move(hearing); }
  void on_close() override {
    if (hearing_ != nullptr) hearing_->cancel();
  }

 private:
  const SessionGate::Pass pass_;
  std::shared_ptr<service::FileRecognition> hearing_;  // shared with itself, until its end
};

}  // namespace

struct TranscriptionRoutes::Places {
  explicit Places(Gauge& shown) : gauge(shown) {}
  /// Null when all are taken.
  static std::shared_ptr<void> take(const std::shared_ptr<Places>& places, std::size_t most) {
    if (places->taken.fetch_add(1) >= most) {
      places->taken.fetch_sub(1);
      return nullptr;
    }
    places->gauge.add(1);
    return {places.get(), [places](void*) {
              places->taken.fetch_sub(1);
              places->gauge.add(-1);
            }};
  }
  std::atomic<std::size_t> taken{0};
  Gauge& gauge;
};

TranscriptionOptions transcription_options(const Config& config) {
  TranscriptionOptions options;
  options.upload_bytes_max = static_cast<std::size_t>(config.limits.upload_mb) * kMegabyte;
  options.uploads_max = static_cast<std::size_t>(config.limits.uploads);
  options.recognizer = recognizer_name(config);
  options.translates = is_translating_asr(config);
  // Which language a model of sherpa-onnx knows, only its authors can say.
  options.is_multilingual =
      is_multilingual_asr(config) || is_sherpa_model(config, config.asr.model);
  options.threshold = static_cast<float>(config.turn.threshold);
  options.ffmpeg = backend::find_ffmpeg().value_or("");
  options.speaker_score_min = static_cast<float>(config.speakers.threshold);
  return options;
}

TranscriptionRoutes::TranscriptionRoutes(service::RecognitionService& service, SessionGate& gate,
                                         Metrics& metrics, TranscriptionOptions options)
    : service_(service),
      gate_(gate),
      options_(std::move(options)),
      places_(std::make_shared<Places>(
          metrics.gauge("parley_asr_uploads", "Recordings that are uploaded or recognised"))),
      refused_(metrics.counter("parley_asr_uploads_refused_total",
                               "Recordings refused because there were too many")) {
  for (auto& reader : readers_) reader = std::make_unique<exec::ThreadExecutor>("parley-upload");
}

TranscriptionRoutes::~TranscriptionRoutes() { stop(); }

bool TranscriptionRoutes::serves(std::string_view path) noexcept {
  return path == kTranscriptions || path == kTranslations;
}

transport::BodyDecision TranscriptionRoutes::admit_body(const HttpRequest& request) {
  const std::size_t bytes_max = options_.upload_bytes_max + kFormBytes;
  if (length_of(request).value_or(0) > bytes_max) return too_large(options_.upload_bytes_max);
  if (const auto busy = service_.refusal("file")) return overloaded(*busy);
  std::shared_ptr<void> place = Places::take(places_, options_.uploads_max);
  if (place == nullptr) {
    refused_.add();
    return too_many(options_.uploads_max, service_.retry_seconds());
  }
  return transport::BodyRoom{.bytes_max = bytes_max, .place = std::move(place)};
}

void TranscriptionRoutes::handle(HttpRequest request, std::string owner,
                                 const std::shared_ptr<KeyAccount>& account, std::uint64_t client,
                                 HttpReply reply) {
  if (request.method != "POST") return reply.send(wrong_method("POST"));
  KeyAccount::Entry entry = KeyAccount::enter(account);
  if (entry.refused) return reply.send(too_many_of_key(*entry.refused));
  // What is no stream of events is sent in place of it.
  transport::HttpResponse head;
  head.content_type = "text/event-stream";
  head.headers = {{"Cache-Control", "no-store"}};
  auto owned = std::make_unique<Reader>(gate_);
  Reader& reader = *owned;
  const bool is_translation = request.path == kTranslations;
  auto upload = std::make_shared<Upload>(
      Upload::Setup{.pass = SessionGate::Pass(reading_),
                    .request = std::move(request),
                    .is_translation = is_translation,
                    .service = service_,
                    .owner = std::move(owner),
                    .account = account,
                    .client = client,
                    .place = std::move(entry.allowance),
                    .options = options_,
                    .body = reply.stream(std::move(head), std::move(owned))});
  exec::Executor& thread = *readers_[next_reader_.fetch_add(1) % readers_.size()];
  // This is the reader's loop: it is still there, or was never asked to be.
  reader.hold(service::FileRecognition::start(service_, thread, Upload::order(upload), upload));
}

void TranscriptionRoutes::stop() { static_cast<void>(reading_.wait_until_empty(kStopMax)); }

}  // namespace parley::server
