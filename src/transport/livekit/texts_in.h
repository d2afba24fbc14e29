// SPDX-License-Identifier: Apache-2.0
//
// The text streams that come: read as they come, and told of when they are whole. What is longer
// than it may be, or too many at once, is thrown away and counted.
//
// The library reads each stream by itself, so that of two texts the second may be whole first;
// those of one sender and topic are told in the order in which they began.
//
// Threads: the hub's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

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

  /// `hub`, `owner` and `unread` outlive it.
  TextsIn(FfiHub& hub, FfiTarget& owner, std::size_t text_max, Counter& unread)
      : hub_(hub), owner_(owner), text_max_(text_max), unread_(unread) {}

  /// `owner` hears of the stream's pieces.
  void open(const ffi::TextStreamOpened& opened, FfiHandle reader);
  /// The texts that are to be told now.
  [[nodiscard]] std::vector<LiveKitTextReceived> read(const ffi::TextStreamReaderEvent& event);

 private:
  struct Stream {
    std::uint64_t reader = 0;  // its handle, which the library keeps
    LiveKitTextReceived text;
    bool is_too_long = false;
    bool is_whole = false;
  };

  bool end(Stream& stream, const ffi::TextStreamReaderEOS& eos);
  std::vector<LiveKitTextReceived> take_whole();

  FfiHub& hub_;
  FfiTarget& owner_;
  const std::size_t text_max_;  // bytes
  Counter& unread_;
  std::deque<Stream> streams_;  // as they began
};

}  // namespace parley::transport
