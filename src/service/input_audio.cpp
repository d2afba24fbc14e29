// SPDX-License-Identifier: Apache-2.0
#include "service/input_audio.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace parley::service {

void InputAudio::take(media::BufferRef bytes, media::Codec codec) {
  PARLEY_CHECK(empty());
  if (codec == media::Codec::pcm16 && !bytes.empty()) {
    if (remainder_) {
      media::BufferRef joined = buffers_.take(bytes.size() + 1);
      const std::span<std::byte> to = joined.writable();
      to[0] = *remainder_;
      std::copy(bytes.bytes().begin(), bytes.bytes().end(), to.begin() + 1);
      bytes = std::move(joined);
      remainder_.reset();
    }
    if (bytes.size() % 2 != 0) {
      remainder_ = bytes.bytes().back();
      bytes = bytes.slice(0, bytes.size() - 1);
    }
  }
  bytes_ = std::move(bytes);
  offset_ = 0;
}

media::BufferRef InputAudio::next() {
  PARLEY_CHECK(!empty());
  const std::size_t length = std::min(kPieceBytes, bytes_.size() - offset_);
  media::BufferRef piece = bytes_.slice(offset_, length);
  offset_ += length;
  if (empty()) {
    bytes_ = {};
    offset_ = 0;
  }
  return piece;
}

}  // namespace parley::service
