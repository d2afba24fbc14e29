// SPDX-License-Identifier: Apache-2.0
//
// Enrolled speakers: the door that services and routes use. Calls wait in one queue for a thread
// that may block, and are answered in order.
//
//   SpeakerStore store(std::move(*vault), {executor, clock, metrics});
//   store.list(owner, [waker, to](Result<SpeakerList> speakers) { …; waker.wake(); });
//
// A list is read afresh, so that nodes that share a Redis server see each other's speakers at once;
// speaker_match.h (service/speakers) says which of them a voice is.
//
// Threads: any. Each `done` is called once, on the store's thread (or by the destructor, or at once
// when too many wait): it must return soon and must not call the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/chunked_queue.h"
#include "exec/strand.h"
#include "store/speaker_records.h"
#include "store/speaker_vault.h"

namespace parley::store {

using SpeakerList = std::vector<Speaker>;

/// Of all callers; further ones fail with resource_exhausted (counted).
inline constexpr std::size_t kSpeakerCallsMax = 1024;

class SpeakerStore final : private exec::StrandBody {
 public:
  template <typename T>
  using Done = std::function<void(T)>;

  /// All outlive the store. `clock` also says what day it is.
  struct Surroundings {
    exec::Executor& executor;  // its thread may block
    const Clock& clock;
    Metrics& metrics;
  };

  SpeakerStore(std::unique_ptr<SpeakerVault> vault, const Surroundings& around,
               std::size_t calls_max = kSpeakerCallsMax);
  /// Does what waits.
  ~SpeakerStore() override;
  SpeakerStore(const SpeakerStore&) = delete;
  SpeakerStore& operator=(const SpeakerStore&) = delete;

  // What SpeakerVault's calls of these names say.
  void enrol(SpeakerKey key, VoicePrint voice, Done<Result<Speaker>> done);
  void remove(SpeakerKey key, Done<Status> done);
  void list(std::string owner, Done<Result<SpeakerList>> done);

 private:
  /// Gets the vault, or why the call is not made.
  using Call = std::function<void(Result<SpeakerVault*>)>;

  bool run_slice() noexcept override;
  template <typename T, typename Ask>
  void ask(Ask what, Done<T> done);
  /// True: more waits.
  bool work();

  const std::unique_ptr<SpeakerVault> vault_;
  const Clock& clock_;
  const std::size_t calls_max_;
  Counter& refused_;
  Counter& failures_;
  Gauge& waiting_count_;
  const std::shared_ptr<exec::Strand> strand_;

  std::mutex mutex_;                  // held for a few moves only
  exec::ChunkedQueue<Call> waiting_;  // GUARDED_BY(mutex_)
};

}  // namespace parley::store
