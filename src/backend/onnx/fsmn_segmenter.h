// SPDX-License-Identifier: Apache-2.0
//
// Segments of speech in FunASR's manner, out of FSMN-VAD's silence posteriors: one frame each
// 10 ms.
//
//   A frame is speech when speech - silence >= 0.6, so when silence <= 0.2.
//   Speech begins when 15 of the last 20 frames are speech; the segment then begins 40 frames (the
//   20 of that window and 200 ms) earlier, not before the last one's end.
//   It pauses when 15 or fewer of the last 20 are speech. 650 ms of that (800 less the 150 that it
//   took to notice) end the segment, 110 ms after the pause began.
//   No segment is longer than 60 s; a recording's end ends the one that is open.
//
// Source of the rules and numbers: vad_post_conf of the model's config.yaml and FunASR's
// funasr_onnx/utils/e2e_vad.py. Its thresholds of loudness (decibel_thres, snr_thres: -100) are
// below anything that a recording can have and left out.
//
// Threads: one owner. Allocates: no.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace parley::backend {

struct FsmnSegment {
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;

  bool operator==(const FsmnSegment&) const = default;
};

struct FsmnSegmenterOptions {
  float speech_noise_threshold = 0.6F;  // speech less silence, of a frame of speech
  int end_silence_ms = 800;             // max_end_silence_time; at least 150
  int segment_ms_max = 60'000;          // max_single_segment_time
};

class FsmnSegmenter {
 public:
  explicit FsmnSegmenter(const FsmnSegmenterOptions& options = {}) : options_(options) {}

  /// Hears the next frame: its posterior of silence, [0, 1]. A segment, when it ends here.
  std::optional<FsmnSegment> hear(float silence);
  /// The recording ends: the segment that is open. The next frame is the first of another one.
  std::optional<FsmnSegment> finish();
  /// Where the open segment begins; nothing while nobody speaks.
  [[nodiscard]] std::optional<std::int64_t> open_since_ms() const;

 private:
  static constexpr std::size_t kWindowFrames = 20;  // window_size_ms

  /// True when speech begins or pauses with this frame.
  bool slide(bool is_speech);
  FsmnSegment end(std::int64_t last_frame);

  FsmnSegmenterOptions options_;
  std::array<bool, kWindowFrames> window_{};  // the last frames, the next one's place first
  std::size_t next_ = 0;
  int speech_frames_ = 0;  // in the window
  bool is_voiced_ = false;
  bool is_open_ = false;
  std::int64_t frame_ = 0;      // the next one's number
  std::int64_t begin_ = 0;      // of the open segment
  std::int64_t free_from_ = 0;  // frames before it belong to an earlier segment
  std::int64_t pause_ = 0;      // frames of the pause, while open
};

}  // namespace parley::backend
