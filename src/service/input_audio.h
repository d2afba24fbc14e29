// SPDX-License-Identifier: Apache-2.0
//
// Appended audio on its way into the agent: kept to whole samples (a client may cut within one),
// and given in pieces that the pipeline can take one after the other. Threads: strand.
#pragma once

#include <cstddef>
#include <optional>

#include "media/buffer_pool.h"
#include "media/frame.h"

namespace parley::service {

/// One piece: 100 ms at 24 kHz s16, 600 ms of G.711.
inline constexpr std::size_t kPieceBytes = 4800;

class InputAudio {
 public:
  explicit InputAudio(media::BufferPool& buffers) : buffers_(buffers) {}

  /// Bytes of one event. REQUIRES: empty().
  void take(media::BufferRef bytes, media::Codec codec);
  /// Nothing left to give.
  [[nodiscard]] bool empty() const { return offset_ == bytes_.size(); }
  /// The next piece, whole samples. REQUIRES: !empty().
  [[nodiscard]] media::BufferRef next();
  /// Forgets half a sample, with the buffer that it belongs to.
  void clear_remainder() { remainder_.reset(); }

 private:
  media::BufferPool& buffers_;
  media::BufferRef bytes_;
  std::size_t offset_ = 0;
  std::optional<std::byte> remainder_;  // first byte of a sample whose second has not come
};

}  // namespace parley::service
