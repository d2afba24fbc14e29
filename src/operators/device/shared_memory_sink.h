// SPDX-License-Identifier: Apache-2.0
//
// Audio to another process, through a shared-memory ring (media/shared_ring.h) that this operator
// makes and gives the name `path`. Anybody may come and go at the other end.
//   in   audio   AudioFrame
//
// When the ring is full: with `drop_oldest` the oldest frames that nobody has begun to read go, and
// are counted; with `block` the pipeline waits, also while there is no consumer. Frames larger than
// a slot are cut. Threads: strand; with `block` a thread that waits for room. Allocates: in `open`.
// Copies each frame once, into the ring.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "exec/wait_thread.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/shared_ring_writer.h"

namespace parley::operators {

class SharedMemorySinkOperator final : public graph::Operator {
 public:
  struct Options {
    std::string path = "";  // the ring's name
    int slots = 64;         // frames that fit
    int slot_bytes = 4096;  // of the largest frame: 1024 samples
    media::WhenRingFull when_full = media::WhenRingFull::drop_oldest;
  };

  explicit SharedMemorySinkOperator(Options options);
  /// Errors: invalid_argument (an option), already_exists (somebody writes to this name).
  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void close() noexcept override;

  [[nodiscard]] media::SharedRingWriter::Stats stats() const;

 private:
  /// False: no room.
  bool write_piece(const media::AudioFrame& frame);

  graph::In<media::AudioFrame> audio_{*this, "audio"};
  const Options options_;
  const SteadyClock clock_;  // the machine's, which the other process reads too
  std::optional<media::SharedRing> ring_;
  std::optional<media::SharedRingName> name_;
  std::unique_ptr<media::SharedRingWriter> writer_;
  std::unique_ptr<exec::WaitThread> waiter_;  // uses the writer
  std::size_t offset_ = 0;                    // samples of the front frame that are written
  std::uint64_t sequence_ = 0;
};

}  // namespace parley::operators
