// SPDX-License-Identifier: Apache-2.0
//
// Where events of LiveKit's client library go: by the handle that they are about, or as answers to
// what was asked. The library calls from threads of its own and must not be kept waiting, so events
// are handled on one thread of ours, in their order; only sound is handed on at once.
//
//   request.mutable_connect()->set_request_async_id(hub.expect(*this, [](auto& event) { … }));
//   hub.ask(request);
//
// Threads: any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "transport/livekit/ffi.h"

namespace parley::transport {

/// Hears of the handles that it is entered for. Threads: the hub's.
class FfiTarget {
 public:
  virtual ~FfiTarget() = default;
  /// The event's own handles are the target's to drop.
  virtual void on_event(const ffi::FfiEvent& event) = 0;
  /// Every FfiHub::kTick, for what should have happened meanwhile.
  virtual void on_tick() {}
};

/// Hears the sound of one stream. Threads: the library's, one after another.
class FfiSoundTarget {
 public:
  virtual ~FfiSoundTarget() = default;
  virtual void on_frame(std::span<const std::int16_t> samples) = 0;
};

class FfiHub {
 public:
  using Then = std::function<void(const ffi::FfiEvent& answer)>;
  /// Events that wait for their thread; one more is thrown away and counted.
  static constexpr std::size_t kEventsMax = 65'536;
  static constexpr Millis kTick{1'000};

  /// All outlive it. `awaited`: answers that have not come.
  FfiHub(Ffi& library, Counter& dropped, Gauge& awaited);
  ~FfiHub();
  FfiHub(const FfiHub&) = delete;
  FfiHub& operator=(const FfiHub&) = delete;

  [[nodiscard]] Ffi& library() { return library_; }
  /// Adopts a handle.
  [[nodiscard]] FfiHandle own(std::uint64_t handle) { return {library_, handle}; }

  /// The id for a request's request_async_id; `then` hears its answer, on the hub's thread, unless
  /// `owner` is removed before. `keep` lives until the answer is there, whatever becomes of
  /// `owner`.
  std::uint64_t expect(FfiTarget& owner, Then then, std::shared_ptr<const void> keep = nullptr);
  /// False: refused, and no answer to the request with this id comes.
  bool ask(const ffi::FfiRequest& request, std::uint64_t id = 0);

  void enter(std::uint64_t handle, FfiTarget& target);
  void leave(std::uint64_t handle);
  /// `target` hears nothing more once this has returned. Not from `on_event` of another one.
  void remove(FfiTarget& target);

  void enter_sound(std::uint64_t stream, FfiSoundTarget& target);
  void leave_sound(std::uint64_t stream);

  /// Says good-bye to a room, and drops its handles when that is done.
  void close_room(FfiHandle room, FfiHandle participant);

  /// An event of the library. Threads: the library's.
  void take(ffi::FfiEvent&& event);

 private:
  struct Answer {
    FfiTarget* owner = nullptr;
    Then then;
    std::shared_ptr<const void> keep;
  };

  void run();
  void tick(std::unique_lock<std::mutex>& lock);
  void handle_orphan(const ffi::FfiEvent& event);
  void hand_on_sound(const ffi::AudioStreamEvent& event);
  void drop_owned(const ffi::FfiEvent& event);

  Ffi& library_;
  Counter& dropped_;
  Gauge& awaited_;

  std::shared_mutex sounds_mutex_;                             // shared while a frame is handed on
  std::unordered_map<std::uint64_t, FfiSoundTarget*> sounds_;  // GUARDED_BY(sounds_mutex_)

  std::mutex mutex_;
  std::condition_variable changed_;                        // an event came, or one is handled
  std::deque<ffi::FfiEvent> events_;                       // GUARDED_BY(mutex_)
  std::unordered_map<std::uint64_t, Answer> answers_;      // GUARDED_BY(mutex_)
  std::unordered_map<std::uint64_t, FfiTarget*> targets_;  // GUARDED_BY(mutex_)
  FfiTarget* current_ = nullptr;                           // GUARDED_BY(mutex_)
  std::uint64_t last_id_ = 0;                              // GUARDED_BY(mutex_)
  bool stopping_ = false;                                  // GUARDED_BY(mutex_)
  std::thread thread_;                                     // last: it uses the others
};

}  // namespace parley::transport
