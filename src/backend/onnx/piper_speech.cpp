// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/piper_speech.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace parley::backend {
namespace {

// A window of the flow after the first: its margins, 64 frames, should be a small part of it. What
// is left behind it is taken along when it is less than half of that.
constexpr std::size_t kFlowFrames = 172;  // 2 s

/// Columns [begin, end) of a matrix of `rows` rows.
std::vector<float> columns(std::span<const float> matrix, std::size_t rows, std::size_t begin,
                           std::size_t end) {
  const std::size_t width = matrix.size() / rows;
  std::vector<float> taken;
  taken.reserve(rows * (end - begin));
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> of_row = matrix.subspan(row * width + begin, end - begin);
    taken.insert(taken.end(), of_row.begin(), of_row.end());
  }
  return taken;
}

}  // namespace

PiperSpeech::PiperSpeech(const PiperGraphs& graphs, PiperGraphs::Encoded encoded,
                         std::uint64_t seed)
    : graphs_(graphs),
      encoded_(std::move(encoded)),
      noise_(seed),
      latent_(encoded_.channels * encoded_.frames) {}

Status PiperSpeech::make(const OrtRunOptions* options, std::span<float> out) {
  const std::size_t count = out.size() / graphs_.frame_samples();
  PARLEY_CHECK(count > 0 && count <= frames_left() && out.size() % graphs_.frame_samples() == 0);
  const std::size_t before = std::min(frames_made_, graphs_.margin());
  const std::size_t after = std::min(frames_left() - count, graphs_.margin());
  const std::size_t end = frames_made_ + count + after;
  PARLEY_TRY_STATUS(flow_until(options, end));
  std::vector<float> window = columns(latent_, encoded_.channels, frames_made_ - before, end);
  PARLEY_TRY(const OrtValuePtr output, graphs_.generate(options, window, encoded_.channels, before,
                                                        count, after, encoded_.speaker.get()));
  PARLEY_TRY(const std::span<const float> samples, floats(*output));
  std::ranges::copy(samples, out.begin());
  frames_made_ += count;
  return {};
}

/// The first window only as far as it is needed: somebody waits. Later ones go further, since
/// their margins cost as much.
Status PiperSpeech::flow_until(const OrtRunOptions* options, std::size_t frame) {
  const std::size_t margin = graphs_.flow_margin();
  while (frames_flowed_ < frame) {
    const std::size_t begin = frames_flowed_;
    std::size_t end = begin == 0 ? frame : std::max(frame, begin + kFlowFrames);
    if (end + kFlowFrames / 2 > frames()) end = frames();
    const std::size_t before = std::min(begin, margin);
    const std::size_t after = std::min(frames() - end, margin);
    PARLEY_TRY_STATUS(add_noise_until(end + after));
    PARLEY_TRY(const std::span<float> prior, mutable_floats(*encoded_.mean));
    std::vector<float> window = columns(prior, encoded_.channels, begin - before, end + after);
    PARLEY_TRY(const OrtValuePtr output,
               graphs_.flow(options, window, encoded_.channels, encoded_.speaker.get()));
    PARLEY_TRY(const std::span<const float> latent, floats(*output));
    const std::size_t width = latent.size() / encoded_.channels;
    for (std::size_t row = 0; row < encoded_.channels; ++row) {
      std::ranges::copy(latent.subspan(row * width + before, end - begin),
                        latent_.begin() + static_cast<std::ptrdiff_t>(row * frames() + begin));
    }
    frames_flowed_ = end;
  }
  if (frames_flowed_ == frames()) {
    encoded_.mean.reset();
    encoded_.spread.reset();
  }
  return {};
}

/// Frame by frame, so that the noise does not depend on the windows.
Status PiperSpeech::add_noise_until(std::size_t frame) {
  PARLEY_TRY(const std::span<float> mean, mutable_floats(*encoded_.mean));
  PARLEY_TRY(const std::span<const float> spread, floats(*encoded_.spread));
  std::vector<float> noise(encoded_.channels);
  for (; frames_noisy_ < frame; ++frames_noisy_) {
    noise_.fill_normal(noise);
    for (std::size_t row = 0; row < encoded_.channels; ++row) {
      const std::size_t at = row * frames() + frames_noisy_;
      mean[at] += spread[at] * noise[row];
    }
  }
  return {};
}

}  // namespace parley::backend
