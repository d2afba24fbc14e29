// SPDX-License-Identifier: Apache-2.0
//
// Phrases by key, in memory and on a disk. What is used once goes to memory, on probation; what is
// used again stays there longer and goes to the disk, too: sentences that nobody repeats cost the
// disk nothing, and are not kept on it.
//
//   PhraseCache cache({.memory_bytes_max = 256 << 20, .disk = DiskOptions{.path = "…"}}, around);
//   if (PhraseRef phrase = cache.find(key)) …                    // in memory: at once
//   else if (auto read = cache.read(key, waker, deadline)) …     // on the disk: in some ms
//   else … make it … cache.keep(key, phrase, PhraseCache::Origin::made);
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "backend/phrase_cache/disk_tier.h"
#include "backend/phrase_cache/memory_tier.h"
#include "backend/phrase_cache/recent_keys.h"

namespace parley::backend {

struct PhraseCacheOptions {
  std::size_t memory_bytes_max = 256U << 20U;
  std::optional<DiskOptions> disk;  // nothing: memory only
};

class PhraseCache {
 public:
  /// Phrases that may be pinned; further ones are cached like others.
  static constexpr std::size_t kPinnedMax = 10'000;

  /// `around.executor` is the disk's; all outlive the cache.
  PhraseCache(PhraseCacheOptions options, const DiskTier::Surroundings& around);

  /// A use of what is in memory. Null: not there. Takes about 0.1 µs.
  [[nodiscard]] PhraseRef find(const PhraseKey& key);
  /// Reads what is on the disk, and wakes. Null: it is not there. The reader gives the phrase to
  /// `keep`.
  [[nodiscard]] std::shared_ptr<PhraseRead> read(const PhraseKey& key, exec::Waker waker,
                                                 Instant deadline);
  enum class Origin : std::uint8_t { made, made_for_several, read };
  void keep(const PhraseKey& key, PhraseRef phrase, Origin origin);

  /// Kept in memory from now on, or from when it is made. False: there are too many.
  bool pin(const PhraseKey& key);

  /// A request waits for what another one asked for.
  void count_joined() noexcept { counts_.joined.add(); }
  /// Nobody has it: it must be made.
  void count_missed() noexcept { counts_.misses.add(); }
  /// The disk did not answer in time: the phrase is made instead.
  void count_late() noexcept { counts_.late.add(); }
  /// Why phrases are not written to the disk at the moment.
  [[nodiscard]] std::optional<std::string> trouble() const;
  [[nodiscard]] media::BufferPool& buffers() noexcept { return buffers_; }

 private:
  struct Counts {
    explicit Counts(Metrics& metrics);
    Counter& memory_hits;
    Counter& disk_hits;
    Counter& misses;
    Counter& joined;
    Counter& late;
    Counter& evicted;
    Gauge& bytes;
    Gauge& phrases;
    Gauge& pinned_bytes;
  };
  void show();

  Counts counts_;
  media::BufferPool buffers_;
  std::unique_ptr<DiskTier> disk_;  // null: memory only

  std::mutex mutex_;   // held for a few moves only
  MemoryTier memory_;  // GUARDED_BY(mutex_), as all below
  RecentKeys recent_;  // those that were made
  std::unordered_set<PhraseKey, PhraseKeyHash> pinned_;
};

}  // namespace parley::backend
