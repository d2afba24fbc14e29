// SPDX-License-Identifier: Apache-2.0
//
// A frame in a shared-memory ring: what both sides say about its bytes. Threads: value types.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "media/audio_format.h"
#include "media/buffer_pool.h"
#include "media/media_time.h"
#include "media/shared_ring_layout.h"

namespace parley::media {

inline constexpr int kSharedFrameChannelsMax = 64;
inline constexpr std::uint32_t kSharedFrameRateMin = 1'000;  // Hz; whole samples per flick, too
inline constexpr std::uint32_t kSharedFrameRateMax = 384'000;
inline constexpr MediaTime kSharedFramePtsMax{std::int64_t{1} << 61U};  // 103 years, either way

struct SharedFrameHead {
  SharedFrameKind kind = SharedFrameKind::audio;
  AudioFormat format{};  // audio
  MediaTime pts{};
  std::uint64_t sequence = 0;
  std::size_t bytes = 0;  // audio: a multiple of 4 * channels
};

struct SharedFrame {
  SharedFrameHead head;
  Instant written_at;  // on the SteadyClock, which all processes of a machine share
  BufferRef data;      // in the ring's own memory, until the last reference goes
};

}  // namespace parley::media
