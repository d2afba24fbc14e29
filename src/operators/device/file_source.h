// SPDX-License-Identifier: Apache-2.0
//
// A recording as a stream: WAV, FLAC, Ogg (Vorbis, Opus) or MP3, mixed down to mono.
//   out  audio   AudioFrame, mono, at `rate_hz`, frames of `frame_ms`; the last one may be shorter
//                and has `is_last`
// With `paced` a frame goes out when it is due by the clock, counted from the first call, and a
// slow consumer delays those after it only as long as it is slow; else as fast as the consumers
// take them. With `loop` it begins again at the end, and time goes on. Threads: strand; `open`
// blocks on the disk and reads the whole file.  Allocates: in `open`; frames are slices of one
// block, which nobody copies.  Latency: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"

namespace parley::operators {

class FileSource final : public graph::Operator {
 public:
  static constexpr int kSecondsMax = 7'200;

  struct Options {
    std::string path = {};
    int rate_hz = 16'000;
    int frame_ms = 20;  // 1 to 1000
    bool paced = true;
    bool loop = false;
    int seconds_max = 600;  // of audio; a longer file is an error
  };

  FileSource(Options options, media::BufferPool& buffers);
  /// Errors: those of codec::read_audio_file.
  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  /// The rest will come, each frame at its time. A loop has no end to wait for.
  [[nodiscard]] bool is_busy() const noexcept override {
    return options_.paced && !options_.loop && next_ < total_;
  }

 private:
  [[nodiscard]] Instant due() const;
  void push_frame();

  const Options options_;
  media::BufferPool& buffers_;
  graph::Out<media::AudioFrame> out_;
  const std::size_t frame_;   // samples
  media::BufferRef samples_;  // the whole file
  std::size_t total_ = 0;     // of its samples
  std::size_t next_ = 0;      // sample of the file
  std::int64_t given_ = 0;    // samples since the beginning
  bool has_started_ = false;
  Instant started_;
};

}  // namespace parley::operators
