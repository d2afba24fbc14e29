// SPDX-License-Identifier: Apache-2.0
//
// LiveKit's client library in a process of its own, the program parley-livekit. The library keeps
// memory of every room that is left while others are in it, and threads of some voices
// (docs/measurements/rooms-soak.md); and what goes wrong inside it would end us, too. A process can
// be replaced: it is told to `retire`, ends with its last room, and another one has taken over.
//
//   FfiProcess process(counters);
//   PARLEY_TRY_STATUS(process.start(program, [&hub](auto&& event) { hub.take(std::move(event));
//   })); PARLEY_TRY_STATUS(process.wait_until_ready());
//
// If it ends by itself, its rooms hear that they have ended, and requests are refused from then on.
//
// Threads: any; events come on one of this object's own, which also writes what the socket does not
// take at once.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/child_process.h"
#include "transport/livekit/ffi.h"
#include "transport/livekit/ffi_frame.h"
#include "transport/livekit/library_log.h"

namespace parley::transport {

struct FfiProgram {
  std::string program{};  // path of parley-livekit
  std::string library{};  // path of liblivekit_ffi.so
};

class FfiProcess final : public Ffi {
 public:
  using Sink = std::function<void(ffi::FfiEvent&&)>;
  /// Bytes that may wait for the process to read them; it is killed when it lets more wait.
  static constexpr std::size_t kUnsentMax = std::size_t{32} << 20U;
  /// For the few answers that are waited for: new handles. They need no network.
  static constexpr Millis kAnswerMax{3'000};
  static constexpr Millis kReadyMax{20'000};
  /// For good-byes at its end.
  static constexpr Millis kEndMax{5'000};

  /// All outlive it. `handles`: held; `processes`: that run; `lost`: that ended by themselves.
  struct Counters {
    Gauge& handles;
    Gauge& processes;
    Counter& lost;
  };
  explicit FfiProcess(Counters counters) : counters_(counters) {}
  ~FfiProcess() override;  // as stop()

  /// Once. Errors: not_found, unavailable. Requests may follow at once: they wait for it.
  Status start(const FfiProgram& program, Sink sink);
  /// Until the library is there. Errors: as FfiLibrary::open; unavailable.
  Status wait_until_ready();

  /// It ends when no room is open.
  void retire();
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  /// Every room is left, and no event comes any more. Idempotent; not from the sink.
  void stop();

  std::optional<ffi::FfiResponse> request(const ffi::FfiRequest& request) override;
  void drop(std::uint64_t handle) override;
  void count(int change) override { counters_.handles.add(change); }

 private:
  enum class Wish : std::uint8_t { none, end_soon, end_now };  // soon: when all is sent

  void run();
  bool exchange(int wait_ms);
  bool read();
  bool read_errors();
  void write_unsent();  // with the lock
  void send(const FfiFrame& frame);
  void take(const FfiFrame& frame);
  void tell(const FfiFrame& frame);
  void end_rooms(const std::string& why);
  [[nodiscard]] Wish wished();

  const Counters counters_;
  Sink sink_;
  std::optional<exec::ChildProcess> child_;
  int wake_ = -1;          // eventfd: there is something to do
  int errors_ = -1;        // the process's standard error
  LibraryLog log_;         // the thread's
  FfiFrameReader reader_;  // the thread's

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string unsent_;                                                  // GUARDED_BY(mutex_)
  std::optional<Status> ready_;                                         // GUARDED_BY(mutex_)
  std::map<std::uint64_t, std::optional<ffi::FfiResponse>*> awaiting_;  // GUARDED_BY(mutex_)
  std::set<std::uint64_t> joining_;  // GUARDED_BY(mutex_); ids of requests
  std::set<std::uint64_t> rooms_;    // GUARDED_BY(mutex_); handles
  std::map<std::uint64_t, std::unique_ptr<std::string>> kept_;  // GUARDED_BY(mutex_); data
  std::uint64_t last_id_ = 0;                                   // GUARDED_BY(mutex_)
  bool is_broken_ = false;                                      // GUARDED_BY(mutex_)
  bool is_retired_ = false;                                     // GUARDED_BY(mutex_)
  bool is_stopping_ = false;                                    // GUARDED_BY(mutex_)
  std::atomic<bool> has_ended_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace parley::transport
