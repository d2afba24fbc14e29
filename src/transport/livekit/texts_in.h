// SPDX-License-Identifier: Apache-2.0
//
// The text streams that come: read as they come, and told of when they are whole. What is longer
// than it may be, or too many at once, is thrown away and counted.
//
// Threads: the hub's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "transport/livekit/ffi_hub.h"
#include "transport/livekit/livekit_room.h"

namespace parley::transport {

struct LiveKitTextReceived {
  std::string identity;
  std::string topic;
  std::string text;
  LiveKitAttributes attributes;
};

class TextsIn {
 public:
  /// Streams that come at once; one more is thrown away and counted.
  static constexpr std::size_t kStreamsMax = 64;

  /// `hub`, `owner` and `dropped` outlive it.
  TextsIn(FfiHub& hub, FfiTarget& owner, std::size_t text_max, Counter& dropped)
      : hub_(hub), owner_(owner), text_max_(text_max), dropped_(dropped) {}

  /// `owner` hears of the stream's pieces.
  void open(const ffi::TextStreamOpened& opened, FfiHandle reader);
  /// A text, with its last piece.
  [[nodiscard]] std::optional<LiveKitTextReceived> read(const ffi::TextStreamReaderEvent& event);

 private:
  struct Stream {
    LiveKitTextReceived so_far;
    bool too_long = false;
  };

  FfiHub& hub_;
  FfiTarget& owner_;
  const std::size_t text_max_;  // bytes
  Counter& dropped_;
  std::map<std::uint64_t, Stream> streams_;  // by the handle of their reader
};

}  // namespace parley::transport
