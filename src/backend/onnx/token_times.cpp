// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/token_times.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace parley::backend {
namespace {

constexpr int kRate = 16'000;

// Measured on synthesised sentences with known gaps (tools/word_times.py): with shorter pauses the
// closures of stops are taken for some, with a higher level soft consonants.
constexpr std::size_t kPauseFrames = 6;  // of 24 ms (Moonshine; Whisper's have 20)
constexpr float kQuietShare = 0.04F;     // of the loudness that a tenth of the frames exceeds
constexpr std::size_t kLoudTenth = 10;

}  // namespace

std::vector<FrameSpan> warp(std::span<const std::span<const float>> attention) {
  enum class Step : std::uint8_t { both, token, frame };
  const std::size_t rows = attention.size();
  const std::size_t frames = attention.front().size();
  const std::size_t columns = frames + 1;
  constexpr float kFar = std::numeric_limits<float>::max();
  std::vector<float> before(columns, kFar);
  std::vector<float> now(columns);
  std::vector<Step> steps((rows + 1) * columns);
  before[0] = 0.0F;
  for (std::size_t i = 1; i <= rows; ++i) {
    now[0] = kFar;
    for (std::size_t j = 1; j <= frames; ++j) {
      float best = before[j - 1];
      Step step = Step::both;
      if (before[j] < best) {
        best = before[j];
        step = Step::token;
      }
      if (now[j - 1] < best) {
        best = now[j - 1];
        step = Step::frame;
      }
      now[j] = best == kFar ? kFar : best - attention[i - 1][j - 1];
      steps[i * columns + j] = step;
    }
    std::swap(before, now);
  }
  std::vector<FrameSpan> spans(rows, {frames, frames});
  std::size_t i = rows;
  std::size_t j = frames;
  while (i > 0 && j > 0) {
    if (spans[i - 1].begin == frames) spans[i - 1].end = j;
    spans[i - 1].begin = j - 1;
    const Step step = steps[i * columns + j];
    if (step != Step::frame) --i;
    if (step != Step::token) --j;
  }
  return spans;
}

FrameSpan without_pauses(FrameSpan span, std::span<const char> quiet) {
  span.end = std::min(span.end, quiet.size());
  std::size_t first = span.begin;
  while (first < span.end && quiet[first] != 0) ++first;
  if (first == span.end) return span;
  if (first - span.begin >= kPauseFrames) span.begin = first;
  std::size_t last = span.end;
  while (last > span.begin && quiet[last - 1] != 0) --last;
  if (span.end - last >= kPauseFrames) span.end = last;
  return span;
}

std::vector<char> quiet_frames(std::span<const float> audio, std::size_t frame) {
  std::vector<float> loudness;
  for (std::size_t at = 0; at < audio.size(); at += frame) {
    const auto samples = audio.subspan(at, std::min(frame, audio.size() - at));
    float energy = 0.0F;
    for (const float sample : samples) energy += sample * sample;
    loudness.push_back(std::sqrt(energy / static_cast<float>(samples.size())));
  }
  if (loudness.empty()) return {};
  std::vector<float> sorted = loudness;
  const auto loud = sorted.end() - 1 - static_cast<std::ptrdiff_t>(sorted.size() / kLoudTenth);
  std::ranges::nth_element(sorted, loud);
  const float limit = *loud * kQuietShare;
  std::vector<char> quiet(loudness.size());
  std::ranges::transform(loudness, quiet.begin(), [limit](float l) { return l < limit ? 1 : 0; });
  return quiet;
}

std::vector<media::WordTime> word_times(std::span<const std::string> pieces,
                                        std::span<const std::span<const float>> attention,
                                        std::span<const float> audio, std::size_t frame) {
  const bool is_known = std::ranges::none_of(attention, [&](const auto& row) {
    return row.empty() || row.size() != attention.front().size();
  });
  if (pieces.empty() || attention.size() != pieces.size() + 1 || !is_known) return {};
  const std::vector<FrameSpan> spans = warp(attention);
  const std::vector<char> quiet = quiet_frames(audio, frame);
  std::vector<media::WordTime> words;
  std::vector<FrameSpan> of_words;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string_view piece = pieces[i];
    if (piece.empty()) continue;
    const bool is_new = piece.starts_with(' ') || words.empty();
    if (piece.starts_with(' ')) piece.remove_prefix(1);
    if (is_new) {
      words.push_back({std::string(piece), {}, {}});
      of_words.push_back(spans[i]);
    } else {
      words.back().text += piece;
      of_words.back().end = spans[i].end;
    }
  }
  const auto time_of = [frame](std::size_t index) {
    return media::MediaTime::from_samples(static_cast<std::int64_t>(index * frame), kRate);
  };
  for (std::size_t i = 0; i < of_words.size(); ++i) {
    const FrameSpan span = without_pauses(of_words[i], quiet);
    words[i].begin = time_of(span.begin);
    words[i].end = time_of(span.end);
  }
  // A space that no word followed.
  std::erase_if(words, [](const media::WordTime& word) { return word.text.empty(); });
  return words;
}

}  // namespace parley::backend
