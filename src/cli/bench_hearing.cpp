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

Result<std::unique_ptr<BenchHearing>> BenchHearing::load(const Config& config) {
  std::unique_ptr<BenchHearing> hearing(new BenchHearing(config));
  PARLEY_TRY(hearing->engine_, server::Engine::load(config, hearing->metrics_, {},
                                                    {.speaking = false, .thinking = false}));
  return hearing;
}

Result<std::vector<BenchClip>> BenchHearing::one_turn_clips(std::vector<BenchClip> clips,
                                                            Millis silence) {
  agent::AgentSettings settings = settings_;
  settings.turn.silence = silence;
  std::vector<BenchClip> kept;
  for (BenchClip& clip : clips) {
    PARLEY_TRY(const std::vector<float> samples, for_recognition(clip.samples));
    PARLEY_TRY(const auto heard,
               hear_recording(engine_->listening_context(), engine_->pool(), settings, samples));
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
  PARLEY_TRY(const auto heard,
             hear_recording(engine_->listening_context(), engine_->pool(), settings_, floats));
  return joined_text(heard);
}

}  // namespace parley::cli
