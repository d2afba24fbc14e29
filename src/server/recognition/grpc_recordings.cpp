// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/grpc_recordings.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "backend/ffmpeg/ffmpeg_audio.h"
#include "codec/audio_codec.h"
#include "codec/audio_kind.h"
#include "codec/wav_writer.h"
#include "model/asr_model.h"
#include "server/recognition/grpc_listening.h"
#include "server/recognition/listen_request.h"
#include "server/speech/grpc_status.h"

namespace parley::server {

using protocol::RivaEncoding;
using protocol::RivaHeard;

namespace {

/// What errors about the recording begin with: the field.
constexpr const char* kAudio = "audio";
constexpr int kRateUsual = 16'000;
constexpr int kRateTelephone = 8'000;
/// How long stopping waits for a decoder.
constexpr Millis kStopMax{60'000};

/// A file, or samples: those of speech may well look like MP3, but like none of these.
bool is_file(const protocol::RivaRecording& recording) {
  const RivaEncoding encoding = recording.order.encoding;
  if (encoding == RivaEncoding::flac || encoding == RivaEncoding::ogg_opus) return true;
  using codec::AudioKind;
  constexpr std::array kFiles{AudioKind::wav, AudioKind::flac, AudioKind::ogg, AudioKind::aiff};
  const auto begin = std::as_bytes(std::span(recording.audio));
  const AudioKind kind =
      codec::audio_kind_of(begin.first(std::min(begin.size(), codec::kAudioKindBytes)));
  return std::ranges::find(kFiles, kind) != kFiles.end();
}

/// Samples behind the header that they lack.
std::string as_wav(const protocol::RivaRecording& recording) {
  const RivaEncoding encoding = recording.order.encoding;
  const media::Codec codec = encoding == RivaEncoding::mulaw  ? media::Codec::pcmu
                             : encoding == RivaEncoding::alaw ? media::Codec::pcma
                                                              : media::Codec::pcm16;
  const bool is_telephone = codec != media::Codec::pcm16;
  const int rate = recording.order.rate != 0 ? recording.order.rate
                   : is_telephone            ? kRateTelephone
                                             : kRateUsual;
  const auto bytes = std::as_bytes(std::span(recording.audio));
  const std::size_t whole =
      codec::sample_count(codec, bytes.size()) * codec::bytes_per_sample(codec);
  std::vector<std::int16_t> samples;
  codec::append_pcm16(codec, bytes.first(whole), samples);
  const auto header = codec::wav_header(rate, samples.size() * sizeof(std::int16_t));
  std::string file(reinterpret_cast<const char*>(header.data()), header.size());
  const auto data = std::as_bytes(std::span(samples));
  file.append(reinterpret_cast<const char*>(data.data()), data.size());
  return file;
}

}  // namespace

/// One of them. Threads: what FileOrder and FileSink say.
class GrpcRecordings::Hearing final : public service::FileSink {
 public:
  Hearing(SessionGate& reading, const TranscriptionOptions& options,
          const service::RecognitionService& service, Setup setup)
      : pass_(reading), options_(options), service_(service), setup_(std::move(setup)) {}

  static service::FileOrder order(const std::shared_ptr<Hearing>& hearing) {
    return {.prepare = [hearing]() -> Result<service::RecognitionRequest> {
              return hearing->setup_.request;
            },
            .open = [hearing] { return hearing->open(); },
            .pay = [hearing](Millis audio) { return hearing->pay(audio); }};
  }

  void on_final(const service::RecognizedText& final) override {
    if (final.text.empty()) return;
    if (setup_.is_streaming) {
      setup_.call->send(protocol::riva_streaming_proto(heard(final), setup_.recording.order.id));
    } else {
      finals_.push_back(final);
    }
  }
  void on_end(const Status& status, media::MediaTime /*audio*/) override {
    if (refused_) return setup_.call->finish(grpc_status(*refused_));
    if (auto end = grpc_end_of(status, service_)) return setup_.call->finish(std::move(*end));
    if (!setup_.is_streaming) {
      std::vector<RivaHeard> all;
      all.reserve(finals_.size());
      for (const service::RecognizedText& final : finals_) all.push_back(heard(final));
      setup_.call->send(protocol::riva_recognized_proto(all, setup_.recording.order.id));
    }
    setup_.call->finish({});
  }

 private:
  Result<std::unique_ptr<codec::AudioSource>> open() {
    if (!is_file(setup_.recording)) setup_.recording.audio = as_wav(setup_.recording);
    return backend::open_any_audio(std::as_bytes(std::span(setup_.recording.audio)), kAudio,
                                   {.rate = model::kAsrRate, .seconds_max = kUploadSecondsMax},
                                   options_.ffmpeg);
  }
  Status pay(Millis audio) {
    refused_ = setup_.account->take_audio(audio);
    if (refused_) return Error{ErrorCode::resource_exhausted, refused_->message};
    return {};
  }
  RivaHeard heard(const service::RecognizedText& final) {
    const protocol::RivaListenOrder& order = setup_.recording.order;
    RivaHeard heard{.text = recognized(final, true), .speaker = 0, .audio = final.end};
    if (!order.words) heard.text.words = nullptr;
    if (order.speakers) heard.speaker = speakers_.of(final.speaker);
    return heard;
  }

  const SessionGate::Pass pass_;  // first: given back last
  const TranscriptionOptions& options_;
  const service::RecognitionService& service_;
  Setup setup_;
  std::optional<KeyAccount::Refusal> refused_;
  std::vector<service::RecognizedText> finals_;
  SpeakerNumbers speakers_;
};

std::shared_ptr<void> GrpcRecordings::take() {
  if (taken_->fetch_add(1) >= kGrpcRecordingsMax) {
    taken_->fetch_sub(1);
    return nullptr;
  }
  return {taken_.get(), [taken = taken_](void*) { taken->fetch_sub(1); }};
}

std::shared_ptr<service::FileRecognition> GrpcRecordings::hear(service::RecognitionService& service,
                                                               Setup setup) {
  setup.request.silence = service::kRecordingSilence;
  setup.request.threshold = options_.threshold;
  const auto hearing = std::make_shared<Hearing>(reading_, options_, service, std::move(setup));
  return service::FileRecognition::start(service, reader_, Hearing::order(hearing), hearing);
}

void GrpcRecordings::stop() { static_cast<void>(reading_.wait_until_empty(kStopMax)); }

int SpeakerNumbers::of(const std::string& name) {
  if (name.empty()) return 0;
  const auto found = std::ranges::find(names_, name);
  const auto index = found - names_.begin();
  if (found == names_.end()) names_.push_back(name);
  return static_cast<int>(index) + 1;
}

}  // namespace parley::server
