// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/upload.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "backend/ffmpeg/ffmpeg_audio.h"
#include "model/asr_model.h"
#include "protocol/speech/speech_answer.h"
#include "protocol/transcription/transcript_answer.h"
#include "server/http_error.h"
#include "service/recognition/spoken_segments.h"
#include "service/speakers/recording_speakers.h"
#include "service/speakers/speaker_service.h"

namespace parley::server {

namespace {

using protocol::FileSegment;
using protocol::ProtocolError;
using protocol::TranscriptFormat;
using transport::HttpResponse;

/// What errors about the recording begin with.
constexpr std::string_view kFile = "file";
/// What RecognitionService takes.
constexpr std::int32_t kSilenceMinMs = 100;
constexpr std::int32_t kSilenceMaxMs = 10'000;
/// OpenAI counts audio as ten tokens a second.
constexpr std::int64_t kMsPerToken = 100;
constexpr std::string_view kEnglish = "en";

bool is_of_file(const Error& error) {
  const std::string_view message = error.message;
  return message.starts_with(kFile) && message.substr(kFile.size()).starts_with(": ");
}

HttpResponse with_retry(HttpResponse response, std::int64_t seconds) {
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

/// The text and what one more segment adds to it.
std::string delta_of(std::string& text, const std::string& more) {
  const std::array parts{FileSegment{.begin = {}, .end = {}, .text = text},
                         FileSegment{.begin = {}, .end = {}, .text = more}};
  const std::size_t before = text.size();
  text = protocol::joined_text(parts);
  return text.substr(before);
}

}  // namespace

ProtocolError upload_error(std::string code, std::string param, std::string message) {
  ProtocolError error = protocol::invalid_value(std::move(param), std::move(message));
  error.code = std::move(code);
  return error;
}

service::FileOrder Upload::order(const std::shared_ptr<Upload>& upload) {
  return {.prepare = [upload] { return upload->prepare(); },
          .open = [upload] { return upload->open(); },
          .pay = [upload](Millis audio) { return upload->pay(audio); }};
}

Result<service::RecognitionRequest> Upload::prepare() {
  problem_ = parse();
  if (!problem_) problem_ = check();
  if (problem_) return Error{ErrorCode::invalid_argument, problem_->message};
  service::RecognitionRequest request;
  request.id = setup_.request.id;
  request.face = "file";
  request.client = setup_.client;
  request.language = order_.language;
  if (order_.language.empty() && order_.languages.size() == 1) {
    request.language = order_.languages.front();
  }
  request.translate = order_.translate;
  request.hints = std::make_shared<model::AsrHints>(model::AsrHints{
      .hot_words = order_.keywords, .prompt = order_.prompt, .temperature = order_.temperature});
  request.silence = service::kRecordingSilence;
  request.threshold = setup_.options.threshold;
  if (order_.chunking.kind == protocol::Chunking::Kind::server_vad) {
    request.threshold = static_cast<float>(order_.chunking.threshold);
    request.prefix_padding = Millis(order_.chunking.prefix_padding_ms);
    request.silence =
        Millis(std::clamp(order_.chunking.silence_duration_ms, kSilenceMinMs, kSilenceMaxMs));
  }
  if (order_.format == TranscriptFormat::diarized_json) {
    PARLEY_TRY(request.voices, voices());
  }
  return request;
}

Result<std::shared_ptr<model::KnownSpeakers>> Upload::voices() {
  const service::RecognitionContext& context = setup_.service.context();
  if (context.speakers == nullptr) return std::shared_ptr<model::KnownSpeakers>();
  const auto speakers = std::make_shared<service::RecordingSpeakers>(
      service::RecordingSpeakers::Surroundings{.host = *context.speakers,
                                               .enrolled = context.known_speakers,
                                               .clock = context.clock,
                                               .score_min = setup_.options.speaker_score_min});
  for (std::size_t i = 0; i < order_.known_speakers.size(); ++i) {
    protocol::KnownSpeaker& known = order_.known_speakers[i];
    if (known.audio.empty()) continue;
    const std::string field = "known_speaker_references[" + std::to_string(i) + "]";
    auto samples = service::decode_clip(known.audio, field);
    if (!samples) {
      problem_ = upload_error("invalid_file", field, samples.error().message);
      return samples.error();
    }
    PARLEY_TRY_STATUS(speakers->add(std::move(known.name), std::move(*samples)));
  }
  return std::shared_ptr<model::KnownSpeakers>(speakers);
}

std::optional<ProtocolError> Upload::parse() {
  const auto form = protocol::parse_multipart_form(
      setup_.request.header("content-type").value_or(""), setup_.request.body);
  if (const auto* error = std::get_if<ProtocolError>(&form)) return *error;
  const auto& parts = std::get<protocol::MultipartForm>(form);
  auto order = setup_.is_translation ? protocol::parse_translation_order(parts)
                                     : protocol::parse_transcription_order(parts);
  if (auto* error = std::get_if<ProtocolError>(&order)) return std::move(*error);
  order_ = std::move(std::get<protocol::TranscriptionOrder>(order));
  return std::nullopt;
}

/// What the recogniser cannot do.
std::optional<ProtocolError> Upload::check() const {
  const TranscriptionOptions& options = setup_.options;
  if (order_.translate && !options.translates) {
    return upload_error("model_cannot_translate", "model",
                        "The recogniser '" + options.recognizer +
                            "' does not translate: set asr.model to whisper-base.");
  }
  const auto is_english = [](const std::string& code) { return code == kEnglish; };
  const bool is_known =
      options.is_multilingual ||
      ((order_.language.empty() || is_english(order_.language)) &&
       (order_.languages.empty() || std::ranges::any_of(order_.languages, is_english)));
  if (is_known) return std::nullopt;
  return upload_error("unsupported_language", order_.language.empty() ? "languages" : "language",
                      "The recogniser '" + options.recognizer +
                          "' knows English only: for other languages set asr.model to "
                          "whisper-base.");
}

Result<std::unique_ptr<codec::AudioSource>> Upload::open() {
  return backend::open_any_audio(std::as_bytes(std::span(order_.file)), kFile,
                                 {.rate = model::kAsrRate, .seconds_max = kUploadSecondsMax},
                                 setup_.options.ffmpeg);
}

Status Upload::pay(Millis audio) {
  refused_ = setup_.account->take_audio(audio);
  if (refused_) return Error{ErrorCode::resource_exhausted, refused_->message};
  return {};
}

void Upload::on_final(const service::RecognizedText& final) {
  if (final.text.empty()) return;
  if (transcript_.language.empty()) transcript_.language = final.language;
  words_ += std::max<std::size_t>(final.tokens.size(), final.words.size());
  std::vector<FileSegment> segments = service::spoken_segments(final);
  if (order_.format == TranscriptFormat::diarized_json) {
    if (!final.speaker.empty()) speaker_ = final.speaker;
    for (FileSegment& segment : segments) segment.speaker = speaker_;
  }
  if (order_.stream && order_.format == TranscriptFormat::diarized_json) {
    for (const FileSegment& segment : segments) {
      const std::size_t index = transcript_.segments.size();
      const std::string id = protocol::segment_id(index);
      protocol::append_transcript_delta(out_, delta_of(transcript_.text, segment.text), {}, id);
      protocol::append_transcript_segment(out_, segment, index);
      transcript_.segments.push_back(segment);
    }
    return write();
  }
  const std::string delta = delta_of(transcript_.text, final.text);
  const std::vector<media::TokenScore> tokens = tokens_of(final, delta);
  std::ranges::move(segments, std::back_inserter(transcript_.segments));
  std::ranges::copy(tokens, std::back_inserter(transcript_.logprobs));
  if (!order_.stream) return;
  protocol::append_transcript_delta(out_, delta, tokens);
  write();
}

/// Where they were asked for: joined, they are the delta.
std::vector<media::TokenScore> Upload::tokens_of(const service::RecognizedText& final,
                                                 std::string_view delta) const {
  if (!order_.logprobs || final.tokens.empty()) return {};
  std::vector<media::TokenScore> tokens = final.tokens;
  const bool is_apart = delta.starts_with(' ') && !tokens.front().text.starts_with(' ');
  if (is_apart) tokens.front().text.insert(0, 1, ' ');
  return tokens;
}

/// Little enough, all in all, to lie in memory until it is read.
void Upload::write() {
  setup_.body->write(std::make_shared<const std::string>(std::exchange(out_, {})));
}

void Upload::on_end(const Status& status, media::MediaTime audio) {
  if (!status) return fail(status.error());
  transcript_.duration = audio;
  if (transcript_.language.empty() && !setup_.options.is_multilingual) {
    transcript_.language = kEnglish;
  }
  if (!order_.stream) {
    setup_.body->refuse({.content_type = std::string(protocol::content_type_of(order_.format)),
                         .body = protocol::transcript_body(transcript_, order_),
                         .headers = {{"Cache-Control", "no-store"}}});
    return;
  }
  protocol::append_transcript_done(
      out_, transcript_.text, transcript_.logprobs,
      protocol::TranscriptTokens{.audio = (audio.ms() + kMsPerToken - 1) / kMsPerToken,
                                 .text = 0,
                                 .output = static_cast<std::int64_t>(words_)});
  write();
  setup_.body->finish();
}

void Upload::fail(const Error& error) {
  if (setup_.body->refuse(refusal(error))) return;
  protocol::append_audio_error(out_, to_string(error.code), error.message);
  write();
  setup_.body->abort();
}

HttpResponse Upload::refusal(const Error& error) const {
  if (problem_) return http_error(400, *problem_);
  if (refused_) {
    return with_retry(http_error(429, "requests", "rate_limit_exceeded", refused_->message),
                      refused_->retry_seconds);
  }
  if (is_of_file(error)) {
    const bool is_long = error.code == ErrorCode::resource_exhausted;
    const bool is_ours = error.code == ErrorCode::unavailable || error.code == ErrorCode::not_found;
    if (!is_ours) {
      return http_error(400, upload_error(is_long ? "file_too_long" : "invalid_file",
                                          std::string(kFile), error.message));
    }
  }
  const bool is_temporary =
      error.code == ErrorCode::resource_exhausted || error.code == ErrorCode::unavailable;
  if (!is_temporary) return http_error(500, "server_error", "internal", error.message);
  return with_retry(http_error(503, "server_error",
                               error.code == ErrorCode::unavailable ? "unavailable" : "overloaded",
                               error.message),
                    setup_.service.retry_seconds());
}

}  // namespace parley::server
