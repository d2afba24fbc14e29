// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/phrase_cache.h"

#include <utility>
#include <vector>

namespace parley::backend {

PhraseCache::Counts::Counts(Metrics& metrics)
    : memory_hits(metrics.counter("parley_tts_cache_hits_total",
                                  "Requests for speech that were answered with what was kept",
                                  {{"tier", "memory"}})),
      disk_hits(metrics.counter("parley_tts_cache_hits_total",
                                "Requests for speech that were answered with what was kept",
                                {{"tier", "disk"}})),
      misses(metrics.counter("parley_tts_cache_misses_total",
                             "Requests for speech that had to be made")),
      joined(metrics.counter("parley_tts_cache_joined_total",
                             "Requests for speech that shared what was being made for another")),
      late(metrics.counter("parley_tts_cache_late_total",
                           "Reads of the disk that nobody waited for any longer",
                           {{"tier", "disk"}})),
      evicted(metrics.counter("parley_tts_cache_evicted_total", "Phrases that made room for others",
                              {{"tier", "memory"}})),
      bytes(metrics.gauge("parley_tts_cache_bytes", "What the phrase cache takes",
                          {{"tier", "memory"}})),
      phrases(
          metrics.gauge("parley_tts_cache_phrases", "Phrases that are kept", {{"tier", "memory"}})),
      pinned_bytes(metrics.gauge("parley_tts_cache_pinned_bytes",
                                 "Of the bytes in memory, those that are never evicted")) {}

PhraseCache::PhraseCache(PhraseCacheOptions options, const DiskTier::Surroundings& around)
    : counts_(around.metrics), memory_(options.memory_bytes_max) {
  if (options.disk) disk_ = std::make_unique<DiskTier>(std::move(*options.disk), around);
}

PhraseRef PhraseCache::find(const PhraseKey& key) {
  PhraseRef phrase;
  {
    const std::lock_guard lock(mutex_);
    phrase = memory_.find(key);
  }
  if (phrase == nullptr) return nullptr;
  counts_.memory_hits.add();
  if (disk_ != nullptr) {
    disk_->used(key);
    disk_->write(key, phrase);
  }
  return phrase;
}

std::shared_ptr<PhraseRead> PhraseCache::read(const PhraseKey& key, exec::Waker waker,
                                              Instant deadline) {
  if (disk_ == nullptr || !disk_->may_have(key)) return nullptr;
  auto read = std::make_shared<PhraseRead>(key);
  read->begin(std::move(waker), deadline);
  return disk_->read(read) ? read : nullptr;
}

void PhraseCache::keep(const PhraseKey& key, PhraseRef phrase, Origin origin) {
  if (origin == Origin::read) counts_.disk_hits.add();
  std::vector<PhraseRef> gone;  // freed after the lock
  bool is_common = origin != Origin::made;
  {
    const std::lock_guard lock(mutex_);
    const bool is_pinned = pinned_.contains(key);
    is_common = recent_.note(key) || is_pinned || is_common;
    gone = memory_.insert(key, phrase,
                          is_pinned   ? MemoryTier::Place::pinned
                          : is_common ? MemoryTier::Place::protected_
                                      : MemoryTier::Place::probation);
    show();
  }
  counts_.evicted.add(gone.size());
  if (disk_ != nullptr && is_common && origin != Origin::read) disk_->write(key, std::move(phrase));
}

bool PhraseCache::pin(const PhraseKey& key) {
  const std::lock_guard lock(mutex_);
  if (pinned_.size() >= kPinnedMax && !pinned_.contains(key)) return false;
  pinned_.insert(key);
  static_cast<void>(memory_.pin(key));  // if it is there already
  show();
  return true;
}

std::optional<std::string> PhraseCache::trouble() const {
  return disk_ == nullptr ? std::nullopt : disk_->trouble();
}

void PhraseCache::show() {
  counts_.bytes.set(static_cast<std::int64_t>(memory_.bytes()));
  counts_.phrases.set(static_cast<std::int64_t>(memory_.size()));
  counts_.pinned_bytes.set(static_cast<std::int64_t>(memory_.pinned_bytes()));
}

}  // namespace parley::backend
