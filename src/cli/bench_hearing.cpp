// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_hearing.h"

#include <utility>

#include "cli/hear_recording.h"
#include "codec/audio_codec.h"
#include "codec/resample_pcm16.h"

namespace parley::cli {
namespace {

using media::MediaTime;

// The detector judges windows of 32 ms and may find a soft last sound to be none.
constexpr MediaTime kEndTolerance = MediaTime::from_ms(200);

Result<std::vector<float>> for_recognition(std::span<const std::int16_t> samples) {
  PARLEY_TRY(const std::vector<std::int16_t> resampled,
             codec::resample_pcm16(samples, kBenchRate, model::kAsrRate));
  std::vector<float> floats(resampled.size());
  codec::decode(media::Codec::pcm16, std::as_bytes(std::span(resampled)), floats);
  return floats;
}

}  // namespace

BenchHearing::BenchHearing(const Config& config) {
  request_.id = request_.face = "bench";
  request_.silence = Millis(config.turn.silence_ms);
  request_.prefix_padding = Millis(config.turn.prefix_padding_ms);
  request_.threshold = static_cast<float>(config.turn.threshold);
}

Result<std::unique_ptr<BenchHearing>> BenchHearing::load(const Config& config) {
  std::unique_ptr<BenchHearing> hearing(new BenchHearing(config));
  PARLEY_TRY(hearing->engine_, server::Engine::load(config, hearing->metrics_, {},
                                                    {.speaking = false, .thinking = false}));
  hearing->service_.emplace(hearing->engine_->recognition_context(),
                            service::RecognitionOptions{.streams_max = 1});
  return hearing;
}

Result<std::vector<BenchClip>> BenchHearing::one_turn_clips(std::vector<BenchClip> clips,
                                                            Millis silence) {
  service::RecognitionRequest request = request_;
  request.silence = silence;
  std::vector<BenchClip> kept;
  for (BenchClip& clip : clips) {
    PARLEY_TRY(const std::vector<float> samples, for_recognition(clip.samples));
    PARLEY_TRY(const HeardRecording recording, hear_samples(*service_, request, samples));
    const auto& heard = recording.utterances;
    const auto length =
        MediaTime::from_samples(static_cast<std::int64_t>(samples.size()), model::kAsrRate);
    if (heard.size() == 1 && heard[0].end + kEndTolerance >= length) {
      kept.push_back(std::move(clip));
    }
  }
  if (kept.empty()) {
    return Error{ErrorCode::not_found,
                 "none of the " + std::to_string(clips.size()) +
                     " clips is one turn at this silence setting: see --silence-ms"};
  }
  return kept;
}

Result<std::string> BenchHearing::transcribe(std::span<const std::int16_t> samples) {
  PARLEY_TRY(const std::vector<float> floats, for_recognition(samples));
  PARLEY_TRY(const HeardRecording heard, hear_samples(*service_, request_, floats));
  return joined_text(heard.utterances);
}

}  // namespace parley::cli
