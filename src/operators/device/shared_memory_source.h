// SPDX-License-Identifier: Apache-2.0
//
// Audio from another process, through a shared-memory ring (media/shared_ring.h), without a copy:
// the frames that leave here lie where the producer wrote them.
//   out  audio   AudioFrame, `rate_hz`, `channels`
//
// Who starts first does not matter: until there is a producer at `path`, and again after one ended
// or died, the operator looks for the next one every kRetry. A producer that died, frames that were
// lost because the pipeline was behind, and frames of another format are reported (ErrorEvent); the
// stream goes on. Its time never goes back: each producer's first frame follows the last frame of
// the one before, and inside one producer's stream lost frames are a gap.
//
// A frame with samples that are not finite is dropped and reported: no model bears them.
// Threads: strand, and a thread that waits for the producer. Allocates: only when a producer comes.
// Latency: two wakes of a thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "exec/wait_thread.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"
#include "media/shared_ring_reader.h"

namespace parley::operators {

class SharedMemorySourceOperator final : public graph::Operator {
 public:
  static constexpr Millis kRetry{100};  // between looks for a producer, and at one that is silent

  struct Options {
    std::string path = "";              // of the ring: a name, or /proc/PID/fd/N
    int rate_hz = 16'000;               // what the producer must write
    int channels = 1;                   //
    bool finish_with_producer = false;  // true: the end of the producer's stream is the end of ours
  };

  SharedMemorySourceOperator(Options options, media::BufferPool& buffers);
  /// Errors: invalid_argument (no path), and what is wrong with the ring. That there is none yet is
  /// no error.
  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  /// Goes on with the predecessor's ring, if it is the same.
  Status adopt(graph::Operator& predecessor) override;
  [[nodiscard]] bool is_busy() const noexcept override { return !ended_; }
  void close() noexcept override;

  [[nodiscard]] bool is_attached() const { return reader_ != nullptr; }
  /// Of all producers so far.
  [[nodiscard]] const media::SharedRingReader::Stats& stats() const { return stats_; }
  /// Frames of another format, or with samples that are not finite.
  [[nodiscard]] std::uint64_t unfit() const { return unfit_; }

 private:
  Status attach();
  void tell(const Error& error, graph::ProcessContext& context);
  void detach() noexcept;
  /// True: look again, there may be a next producer.
  bool look_at_producer(graph::ProcessContext& context);
  void give(media::SharedFrame frame, graph::ProcessContext& context);
  void count(graph::ProcessContext& context);

  graph::Out<media::AudioFrame> audio_;
  const Options options_;
  media::BufferPool& buffers_;
  std::unique_ptr<media::SharedRingReader> reader_;
  std::unique_ptr<exec::WaitThread> waiter_;  // uses the reader
  media::SharedRingReader::Stats seen_;       // of this reader, when last counted
  media::SharedRingReader::Stats stats_;
  std::uint64_t unfit_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint32_t producers_ = 0;  // of this ring, when a frame was last given
  media::MediaTime end_;         // of the last frame
  media::MediaTime offset_;      // from the producer's time to ours
  bool is_rebased_ = false;      // the offset holds for the producer that is there
  std::string told_;             // why the ring cannot be had
  bool told_unfit_ = false;      // of this producer
  bool ended_ = false;
};

}  // namespace parley::operators
