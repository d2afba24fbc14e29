// SPDX-License-Identifier: Apache-2.0
//
// A voice of ours on its way into the library, which takes one piece of sound at a time and says
// when it wants the next: what is written faster waits here, up to a limit.
//
// Threads: any. Allocates: not while sound flows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/metrics.h"
#include "transport/livekit/ffi_hub.h"

namespace parley::transport {

class VoiceOut : public std::enable_shared_from_this<VoiceOut> {
 public:
  /// ms that the library may hold. It takes up to twice as much before it makes us wait.
  static constexpr int kLibraryMs = 100;
  /// ms of one piece: less than the library may hold, or it would cut it up itself.
  static constexpr int kPieceMs = 50;

  /// `queue_ms`: of sound that may wait, with what the library holds. `dropped_ms` outlives it.
  VoiceOut(FfiHub& hub, FfiTarget& owner, FfiHandle source, FfiHandle track, int rate, int queue_ms,
           Counter& dropped_ms);

  [[nodiscard]] std::uint64_t track() const { return track_.id(); }

  void write(std::span<const std::int16_t> samples);
  /// What was written and not played yet is not played.
  void clear();

 private:
  [[nodiscard]] std::size_t samples_of(int ms) const {
    return static_cast<std::size_t>(rate_) * static_cast<std::size_t>(ms) / 1000U;
  }
  void send_next();      // with the lock
  void clear_library();  // with the lock
  void on_taken(const ffi::FfiEvent& answer);

  FfiHub& hub_;
  FfiTarget& owner_;
  const int rate_;
  const std::size_t waiting_max_;  // samples
  Counter& dropped_ms_;
  const FfiHandle track_;
  const FfiHandle source_;

  std::mutex mutex_;
  std::vector<std::int16_t> waiting_;  // GUARDED_BY(mutex_)
  /// What the library reads: it stays until it says that it has it. shared_ptr, because that may be
  /// after the voice is gone.
  std::shared_ptr<std::vector<std::int16_t>> piece_;  // GUARDED_BY(mutex_)
  bool busy_ = false;                                 // GUARDED_BY(mutex_)
  bool clear_again_ = false;                          // GUARDED_BY(mutex_)
};

}  // namespace parley::transport
