// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/fsmn_segmenter.h"

#include <algorithm>

namespace parley::backend {
namespace {

constexpr int kFrameMs = 10;
constexpr int kSpeechFramesMin = 15;  // sil_to_speech_time_thres: from so many on, speech
constexpr int kPauseFramesMax = 15;   // speech_to_sil_time_thres: up to so many, a pause
constexpr int kPauseNoticedMs = 150;  // the same, as a time
constexpr int kLookBackFrames = 20;   // lookback_time_start_point
constexpr int kLookAheadFrames = 10;  // lookahead_time_end_point

}  // namespace

std::optional<FsmnSegment> FsmnSegmenter::hear(float silence) {
  const std::int64_t frame = frame_++;
  const bool has_changed = slide(1.0F - silence >= silence + options_.speech_noise_threshold);
  if (!is_open_) {
    if (!has_changed) return std::nullopt;
    is_open_ = true;
    pause_ = 0;
    constexpr std::int64_t kBack = std::int64_t{kWindowFrames} + kLookBackFrames;
    begin_ = std::max(free_from_, frame - kBack);
    return std::nullopt;
  }
  pause_ = has_changed || is_voiced_ ? 0 : pause_ + 1;
  const std::int64_t pause_max = (options_.end_silence_ms - kPauseNoticedMs) / kFrameMs;
  if (!is_voiced_ && !has_changed && pause_ >= pause_max) {
    const std::int64_t back = std::max<std::int64_t>(0, pause_max - kLookAheadFrames - 1);
    return end(frame - back);
  }
  if ((frame - begin_ + 1) * kFrameMs > options_.segment_ms_max) return end(frame);
  return std::nullopt;
}

std::optional<FsmnSegment> FsmnSegmenter::finish() {
  std::optional<FsmnSegment> last;
  if (is_open_) last = end(frame_ - 1);
  *this = FsmnSegmenter(options_);
  return last;
}

std::optional<std::int64_t> FsmnSegmenter::open_since_ms() const {
  if (!is_open_) return std::nullopt;
  return begin_ * kFrameMs;
}

bool FsmnSegmenter::slide(bool is_speech) {
  speech_frames_ += static_cast<int>(is_speech) - static_cast<int>(window_[next_]);
  window_[next_] = is_speech;
  next_ = (next_ + 1) % kWindowFrames;
  // At exactly 15 both thresholds hold, and the answer changes with each frame: as in FunASR.
  const bool changes =
      is_voiced_ ? speech_frames_ <= kPauseFramesMax : speech_frames_ >= kSpeechFramesMin;
  if (changes) is_voiced_ = !is_voiced_;
  return changes;
}

FsmnSegment FsmnSegmenter::end(std::int64_t last_frame) {
  const FsmnSegment segment{.begin_ms = begin_ * kFrameMs, .end_ms = (last_frame + 1) * kFrameMs};
  is_open_ = false;
  is_voiced_ = false;
  window_ = {};
  speech_frames_ = 0;
  free_from_ = last_frame + 1;
  return segment;
}

}  // namespace parley::backend
