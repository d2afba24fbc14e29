// SPDX-License-Identifier: Apache-2.0
//
// Phrases on a disk: one thread reads and writes them, and knows what is there. Whoever wants a
// phrase is woken when it was read; nobody else ever waits for the disk.
//
//   DiskTier disk({.path = "…", .bytes_max = 1 << 30}, {executor, timers, clock, metrics});
//   auto read = std::make_shared<PhraseRead>(key);
//   read->begin(strand->waker(), deadline);
//   if (disk.may_have(key) && disk.read(read)) … later: read->done(), read->phrase …
//
// A disk that is full, slow, read-only or gone costs listeners nothing: phrases are then made anew.
// Writes wait in a bounded queue and are dropped, and counted, when it is full. After a write that
// failed none is tried for a while; the log says it once, `trouble` as long as it lasts.
//
// What is used least recently goes first when there is more than `bytes_max`. At the start, and
// then from time to time, the folder is looked through, in the background: other processes may
// share it, and each sees what the others wrote.
//
// Threads: any; the executor's thread may block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/phrase_cache/phrase.h"
#include "backend/phrase_cache/phrase_folder.h"
#include "backend/phrase_cache/phrase_key.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "model/call.h"

namespace parley::backend {

/// A phrase on its way from the disk. Done: `phrase` is it, or null.
struct PhraseRead : model::Call {
  explicit PhraseRead(const PhraseKey& wanted) : key(wanted) {}
  const PhraseKey key;
  PhraseRef phrase;
};

struct DiskOptions {
  std::string path;
  std::uint64_t bytes_max = 1U << 30U;               // of files; then the least recently used go
  std::size_t reads_waiting_max = 1024;              // further ones are misses, and counted
  std::size_t writes_waiting_max = 256;              // further ones are dropped, and counted
  std::size_t write_bytes_waiting_max = 64U << 20U;  // of audio; likewise
  std::chrono::seconds look_again{300};              // at what other processes did to the folder
  std::chrono::seconds rest{30};                     // after a write that failed
};

class DiskTier final : private exec::StrandBody {
 public:
  /// All outlive it.
  struct Surroundings {
    exec::Executor& executor;
    exec::TimerService& timers;
    const Clock& clock;
    Metrics& metrics;
  };

  DiskTier(DiskOptions options, const Surroundings& around);
  /// Writes what waits.
  ~DiskTier() override;
  DiskTier(const DiskTier&) = delete;
  DiskTier& operator=(const DiskTier&) = delete;

  /// False: it is not there. Before the first look is over anything may be.
  [[nodiscard]] bool may_have(const PhraseKey& key) const;
  /// REQUIRES: begun. False when too many wait.
  [[nodiscard]] bool read(std::shared_ptr<PhraseRead> read);
  /// Does nothing when it is there.
  void write(const PhraseKey& key, PhraseRef phrase);
  /// It was used without being read.
  void used(const PhraseKey& key);
  /// Why the last write failed; nothing when it did not.
  [[nodiscard]] std::optional<std::string> trouble() const;

 private:
  struct Item {
    std::size_t bytes = 0;
    std::int64_t last_use = 0;   // as the order has it
    std::int64_t file_time = 0;  // as the file has it: it need not be touched at every use
    std::uint64_t order = 0;
  };
  using Items = std::map<PhraseKey, Item>;
  struct Write {
    PhraseKey key;
    PhraseRef phrase;
  };
  struct Counts {
    explicit Counts(Metrics& metrics);
    Counter& corrupt;
    Counter& dropped;
    Counter& failures;
    Counter& evicted;
    Gauge& bytes;
    Gauge& entries;
    Gauge& waiting;
    Gauge& healthy;
    Histogram& read_seconds;
  };

  bool run_slice() noexcept override;
  bool read_one();
  bool write_one();
  bool touch_some();
  bool look_into_one();
  bool evict_one();
  [[nodiscard]] PhraseRef read_file(const PhraseKey& key);
  void note(const Status& outcome);

  // All with the mutex held.
  void put(const PhraseKey& key, Item item);
  void take_out(Items::iterator item);
  void use(Items::iterator item, std::int64_t now);
  void show();

  const DiskOptions options_;
  exec::TimerService& timers_;
  const Clock& clock_;
  Counts counts_;
  PhraseFolder folder_;
  media::BufferPool buffers_;
  const std::shared_ptr<exec::Strand> strand_;

  // The strand's.
  std::size_t next_folder_ = 0;  // to look into; kFolders: all were
  Instant look_at_;              // when the next look begins
  Instant write_again_at_;
  exec::TimerService::Id timer_ = 0;

  mutable std::mutex mutex_;                       // held for a few moves only
  std::deque<std::shared_ptr<PhraseRead>> reads_;  // GUARDED_BY(mutex_), as all below
  std::deque<Write> writes_;
  std::size_t write_bytes_ = 0;
  std::vector<std::pair<PhraseKey, std::int64_t>> touches_;
  Items items_;
  std::map<std::pair<std::int64_t, std::uint64_t>, PhraseKey> by_use_;  // the least recent first
  std::uint64_t next_order_ = 0;
  std::uint64_t bytes_ = 0;
  bool was_looked_through_ = false;
  std::optional<std::string> trouble_;
};

}  // namespace parley::backend
