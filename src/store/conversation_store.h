// SPDX-License-Identifier: Apache-2.0
//
// Where conversations are kept: the door that sessions and routes use. It never blocks them: calls
// wait in one queue for the store's own thread, which writes what has come meanwhile with one wait
// for the disk (group commit), in order.
//
//   ConversationStore store(std::move(*SqliteBackend::open({.path = "c.db"})), thread, around, {});
//   store.append(std::move(batch), [waker](Status kept) { …; waker.wake(); });
//
// One session at a time writes a conversation: `take` gives it a new epoch, and batches of older
// epochs are refused, in whichever process they are made. So a client that lost its connection can
// go on at once, and whoever still holds the old one learns of it at its next write.
//
// Threads: any. Each `done` is called once, on the store's thread (or by the destructor): it must
// return at once and must not call the store.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/chunked_queue.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "store/records.h"
#include "store/store_backend.h"

namespace parley::store {

struct StoreOptions {
  std::size_t calls_waiting_max = 16'384;       // further ones fail with resource_exhausted
  std::size_t bytes_waiting_max = 256U << 20U;  // of batches that wait; likewise
  std::size_t group_max = 512;                  // batches in one write
  std::chrono::hours retention{0};              // unchanged for so long: erased; 0: kept for ever
  std::chrono::seconds sweep_interval{600};     // between two looks for those
};

class ConversationStore final : private exec::StrandBody {
 public:
  template <typename T>
  using Done = std::function<void(T)>;

  /// All outlive the store. `clock` also says what day it is.
  struct Surroundings {
    exec::Executor& executor;  // its thread may block
    exec::TimerService& timers;
    const Clock& clock;
    Metrics& metrics;
  };

  ConversationStore(std::unique_ptr<StoreBackend> backend, const Surroundings& around,
                    StoreOptions options);
  /// Does what waits.
  ~ConversationStore() override;
  ConversationStore(const ConversationStore&) = delete;
  ConversationStore& operator=(const ConversationStore&) = delete;

  // What StoreBackend's calls of these names say.
  void append(Batch batch, Done<Status> done);
  void load(Key key, Done<Result<Conversation>> done);
  void take(Key key, Done<Result<Conversation>> done);
  void list(ListQuery query, Done<Result<Page>> done);
  void erase(Key key, Done<Status> done);

  /// Why the last write failed; nothing when it did not.
  [[nodiscard]] std::optional<std::string> trouble() const;

 private:
  struct Append {
    Batch batch;
    Done<Status> done;
    std::size_t bytes = 0;
  };
  /// A batch, or another call, which gets the backend, or why it is not made.
  using Other = std::function<void(Result<StoreBackend*>)>;
  struct Call {
    std::unique_ptr<Append> append;  // null: `other`
    Other other;
  };
  struct Counts {
    explicit Counts(Metrics& metrics);
    Counter& batches;
    Counter& failures;
    Counter& refused;
    Counter& swept;
    Gauge& waiting;
    Gauge& healthy;
    Histogram& seconds;
  };

  bool run_slice() noexcept override;
  void enter(Call call, std::size_t bytes);
  template <typename T, typename Ask>
  void ask(Ask what, Done<T> done);
  /// True: more waits.
  bool work();
  void write(std::vector<std::unique_ptr<Append>>& group);
  void sweep();
  void note(const Status& outcome);

  const std::unique_ptr<StoreBackend> backend_;
  exec::TimerService& timers_;
  const Clock& clock_;
  const StoreOptions options_;
  Counts counts_;
  const std::shared_ptr<exec::Strand> strand_;

  // The store's thread.
  Instant next_sweep_;
  exec::TimerService::Id sweep_timer_ = 0;

  mutable std::mutex mutex_;            // held for a few moves only
  exec::ChunkedQueue<Call> waiting_;    // GUARDED_BY(mutex_)
  std::size_t bytes_waiting_ = 0;       // GUARDED_BY(mutex_)
  std::optional<std::string> trouble_;  // GUARDED_BY(mutex_)
};

}  // namespace parley::store
