// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/ge2e_speaker.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "backend/onnx/terminate_on_cancel.h"

namespace parley::backend {
namespace {

using dsp::PowerMel;

/// -30 dBFS as a root mean square (Resemblyzer, audio.normalize_volume, which only raises).
const double kRmsMin = std::pow(10.0, -30.0 / 20.0);

double root_mean_square(std::span<const float> audio) {
  double squares = 0.0;
  for (const float sample : audio) {
    squares += static_cast<double>(sample) * static_cast<double>(sample);
  }
  return std::sqrt(squares / static_cast<double>(audio.size()));
}

/// The samples around the middle of frame `frame`, times `gain`; silence outside the audio.
void cut_window(std::span<const float> audio, std::size_t frame, float gain,
                std::span<float, PowerMel::kWindow> out) {
  constexpr std::size_t kHalf = PowerMel::kWindow / 2;
  const std::size_t begin = frame * PowerMel::kHop;  // of the window in audio with kHalf before it
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t at = begin + i;
    out[i] = at >= kHalf && at - kHalf < audio.size() ? gain * audio[at - kHalf] : 0.0F;
  }
}

/// The mean direction of vectors of length 1 that lie one after the other.
Result<std::vector<float>> mean_direction(std::span<const float> vectors, std::size_t dimension) {
  std::vector<double> sum(dimension);
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    sum[i % dimension] += static_cast<double>(vectors[i]);
  }
  double squares = 0.0;
  for (const double value : sum) squares += value * value;
  if (!std::isfinite(squares) || squares <= 0.0) {
    return Error{ErrorCode::invalid_argument, "audio: there is no voice in it"};
  }
  std::vector<float> direction;
  direction.reserve(dimension);
  for (const double value : sum)
    direction.push_back(static_cast<float>(value / std::sqrt(squares)));
  return direction;
}

}  // namespace

Result<std::unique_ptr<Ge2eSpeaker>> Ge2eSpeaker::load(const std::string& file, Options options) {
  if (options.step_frames < 1 || options.step_frames > kPartialFrames) {
    return Error{ErrorCode::invalid_argument, "a step of " + std::to_string(options.step_frames) +
                                                  " frames; give 1 to " +
                                                  std::to_string(kPartialFrames)};
  }
  PARLEY_TRY(InferenceSession session, InferenceSession::load(file, {"mels"}, {"embedding"}));
  PARLEY_TRY(PowerMel mel, PowerMel::make(kBins));
  std::unique_ptr<Ge2eSpeaker> made(new Ge2eSpeaker(std::move(session), std::move(mel), options));
  // A first run proves that the file is the model it should be, and warms the session up.
  model::SpeakerCall probe;
  probe.audio.assign(PowerMel::kWindow, 0.1F);
  made->embed(probe);
  if (!probe.status) return probe.status.error().with_context(file);
  return made;
}

void Ge2eSpeaker::embed(model::SpeakerCall& call) noexcept {
  Result<std::vector<float>> made = embedding(call);
  call.embedding.clear();
  call.status = {};
  if (call.cancelled()) {
    call.status = Error{ErrorCode::cancelled, "cancelled"};
  } else if (!made) {
    call.status = std::move(made).error();
  } else {
    call.embedding = *std::move(made);
  }
}

Result<std::vector<float>> Ge2eSpeaker::embedding(model::SpeakerCall& call) const {
  if (call.audio.size() > kSpeakerSamplesMax) {
    return Error{ErrorCode::invalid_argument, "audio: " + std::to_string(call.audio.size()) +
                                                  " samples are more than " +
                                                  std::to_string(kSpeakerSamplesMax)};
  }
  // Samples that are no numbers make no number either.
  if (call.audio.empty() || !(root_mean_square(call.audio) > 0.0)) {
    return Error{ErrorCode::invalid_argument, "audio: there is nothing in it"};
  }
  const std::vector<std::size_t> starts = partial_starts(call.audio.size(), options_.step_frames);
  std::vector<float> mels = windows(call.audio, starts);
  const std::array<std::int64_t, 3> shape{static_cast<std::int64_t>(starts.size()),
                                          static_cast<std::int64_t>(kPartialFrames), kBins};
  PARLEY_TRY(const OrtValuePtr input, tensor(std::span(mels), shape));
  constexpr std::array kIn{"mels"};
  constexpr std::array kOut{"embedding"};
  const std::array<const OrtValue*, 1> in{input.get()};
  std::array<OrtValue*, 1> out{nullptr};
  const TerminateOnCancel terminate(call);
  PARLEY_TRY_STATUS(session_.run(terminate.options(), kIn, in, kOut, out));
  const OrtValuePtr output(out[0]);
  PARLEY_TRY(const std::span<const float> values, floats(*output));
  if (values.size() != starts.size() * kDimension) {
    return Error{ErrorCode::data_corrupt, "not an embedding for each window"};
  }
  return mean_direction(values, kDimension);
}

std::vector<float> Ge2eSpeaker::windows(std::span<const float> audio,
                                        std::span<const std::size_t> starts) const {
  const auto gain = static_cast<float>(std::max(1.0, kRmsMin / root_mean_square(audio)));
  constexpr std::size_t kRow = kBins;
  PowerMel mel = mel_;
  std::array<float, PowerMel::kWindow> window{};
  std::vector<float> rows(starts.size() * kPartialFrames * kRow);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto row_of = [&](std::size_t part, std::size_t frame) {
      const std::size_t row = part * kPartialFrames + frame - starts[part];
      return std::span(rows).subspan(row * kRow, kRow);
    };
    for (std::size_t frame = starts[i]; frame < starts[i] + kPartialFrames; ++frame) {
      if (i > 0 && frame < starts[i - 1] + kPartialFrames) {
        std::ranges::copy(row_of(i - 1, frame), row_of(i, frame).begin());
      } else {
        cut_window(audio, frame, gain, window);
        mel.compute(window, row_of(i, frame));
      }
    }
  }
  return rows;
}

}  // namespace parley::backend
