// SPDX-License-Identifier: Apache-2.0
//
// The texts that a participant sends. The library works on everything that it is asked for at once
// and in no order, so one request is under way at a time: of the whole texts, and of each stream.
// What comes meanwhile waits, up to a limit; pieces of one stream wait as one text.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "base/metrics.h"
#include "transport/livekit/ffi_hub.h"
#include "transport/livekit/livekit_room.h"

namespace parley::transport {

class TextsOut {
 public:
  /// Whole texts that wait; one more is thrown away and counted.
  static constexpr std::size_t kTextsMax = 256;
  /// Streams that are open at once; one more is thrown away and counted.
  static constexpr std::size_t kStreamsMax = 64;
  /// Bytes that wait of one stream; what would be more is thrown away and counted.
  static constexpr std::size_t kStreamBytesMax = 256U << 10U;

  /// `hub`, `owner` and `dropped` outlive it.
  TextsOut(FfiHub& hub, FfiTarget& owner, Counter& dropped)
      : hub_(hub), owner_(owner), dropped_(dropped) {}

  /// From now on texts are sent. `participant`: the handle of ours.
  void start(std::uint64_t participant);
  /// Forgets what waits. What comes afterwards has no effect.
  void stop();

  void send(const LiveKitText& stream, std::string text);
  void open(const LiveKitText& stream);
  void write(const std::string& id, const std::string& more);
  void close(const std::string& id, LiveKitAttributes attributes);

 private:
  struct Stream {
    FfiHandle writer;
    std::string waiting;
    LiveKitAttributes last;  // of its end
    bool busy = true;        // being opened, or written to
    bool ended = false;
  };

  void send_next();                   // with the lock
  void go_on(const std::string& id);  // with the lock
  void write_waiting(const std::string& id, Stream& stream);
  void close_stream(const std::string& id, Stream& stream);
  void on_opened(const std::string& id, const ffi::TextStreamOpenCallback& answer);
  void on_written(const std::string& id, const ffi::TextStreamWriterWriteCallback& answer);

  FfiHub& hub_;
  FfiTarget& owner_;
  Counter& dropped_;

  std::mutex mutex_;
  std::uint64_t participant_ = 0;          // GUARDED_BY(mutex_); 0: not yet, or no more
  std::deque<ffi::FfiRequest> texts_;      // GUARDED_BY(mutex_)
  std::map<std::string, Stream> streams_;  // GUARDED_BY(mutex_)
  bool sending_ = false;                   // GUARDED_BY(mutex_)
};

}  // namespace parley::transport
