// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/disk_tier.h"

#include <algorithm>
#include <span>

#include "backend/phrase_cache/phrase_file.h"
#include "base/log.h"

namespace parley::backend {
namespace {

/// A file is touched when its time is so much behind: often enough to know what to evict, and no
/// write for each use.
constexpr std::int64_t kTouchSeconds = 600;
constexpr std::size_t kTouchesMax = 256;  // that wait; more are made up for at a later use

}  // namespace

DiskTier::Counts::Counts(Metrics& metrics)
    : corrupt(metrics.counter("parley_tts_cache_corrupt_total",
                              "Files of the phrase cache that were not as written, and removed",
                              {{"tier", "disk"}})),
      dropped(metrics.counter("parley_tts_cache_dropped_total",
                              "Phrases that were not written since too many waited or the disk "
                              "does not take any",
                              {{"tier", "disk"}})),
      failures(metrics.counter("parley_tts_cache_failures_total",
                               "Reads and writes of the phrase cache that failed",
                               {{"tier", "disk"}})),
      evicted(metrics.counter("parley_tts_cache_evicted_total", "Phrases that made room for others",
                              {{"tier", "disk"}})),
      bytes(metrics.gauge("parley_tts_cache_bytes", "What the phrase cache takes",
                          {{"tier", "disk"}})),
      entries(
          metrics.gauge("parley_tts_cache_phrases", "Phrases that are kept", {{"tier", "disk"}})),
      waiting(metrics.gauge("parley_tts_cache_waiting", "Phrases that wait to be read or written",
                            {{"tier", "disk"}})),
      healthy(metrics.gauge("parley_tts_cache_healthy", "1 unless the last write failed",
                            {{"tier", "disk"}})),
      read_seconds(metrics.histogram(
          "parley_tts_cache_read_seconds", "One phrase from the disk",
          {0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5}, {{"tier", "disk"}})) {
  healthy.set(1);
}

DiskTier::DiskTier(DiskOptions options, const Surroundings& around)
    : options_(std::move(options)),
      timers_(around.timers),
      clock_(around.clock),
      counts_(around.metrics),
      folder_(options_.path),
      strand_(exec::Strand::make(around.executor, *this)) {
  strand_->wake();  // for the first look
}

DiskTier::~DiskTier() {
  strand_->close();
  timers_.cancel(timer_);
  while (read_one() || evict_one() || write_one() || touch_some()) continue;
}

// --- any thread
// -----------------------------------------------------------------------------------

bool DiskTier::may_have(const PhraseKey& key) const {
  const std::lock_guard lock(mutex_);
  return !was_looked_through_ || items_.contains(key);
}

bool DiskTier::read(std::shared_ptr<PhraseRead> read) {
  {
    const std::lock_guard lock(mutex_);
    if (reads_.size() < options_.reads_waiting_max) {
      reads_.push_back(std::move(read));
      show();
      strand_->wake();
      return true;
    }
  }
  counts_.dropped.add();
  return false;
}

void DiskTier::write(const PhraseKey& key, PhraseRef phrase) {
  {
    const std::lock_guard lock(mutex_);
    const auto is_it = [&](const Write& write) { return write.key == key; };
    if (items_.contains(key) || std::ranges::any_of(writes_, is_it)) return;
    if (writes_.size() < options_.writes_waiting_max &&
        write_bytes_ + phrase->bytes() <= options_.write_bytes_waiting_max) {
      write_bytes_ += phrase->bytes();
      writes_.push_back({key, std::move(phrase)});
      show();
      strand_->wake();
      return;
    }
  }
  counts_.dropped.add();
}

void DiskTier::used(const PhraseKey& key) {
  const std::int64_t now = clock_.unix_seconds();
  const std::lock_guard lock(mutex_);
  if (const auto found = items_.find(key); found != items_.end()) use(found, now);
}

std::optional<std::string> DiskTier::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

// --- the disk's thread
// ----------------------------------------------------------------------------

/// One thing at a time, what somebody waits for first.
bool DiskTier::run_slice() noexcept {
  if (read_one() || evict_one() || write_one() || touch_some() || look_into_one()) return true;
  if (timer_ != 0) timers_.cancel(timer_);
  timer_ = timers_.schedule(look_at_, strand_->waker());
  return false;
}

bool DiskTier::read_one() {
  std::shared_ptr<PhraseRead> read;
  {
    const std::lock_guard lock(mutex_);
    if (reads_.empty()) return false;
    read = std::move(reads_.front());
    reads_.pop_front();
    show();
  }
  if (!read->cancelled()) read->phrase = read_file(read->key);
  read->finish();
  return true;
}

PhraseRef DiskTier::read_file(const PhraseKey& key) {
  const Instant start = clock_.now();
  Result<std::string> bytes = folder_.read(key);
  Result<Phrase> phrase = bytes ? read_phrase(std::as_bytes(std::span(*bytes)), key, buffers_)
                                : Result<Phrase>(bytes.error());
  counts_.read_seconds.observe(std::chrono::duration<double>(clock_.now() - start).count());
  if (phrase) {
    used(key);
    return std::make_shared<const Phrase>(std::move(*phrase));
  }
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = items_.find(key); found != items_.end()) take_out(found);
    show();
  }
  // Another process may have removed it: that is no failure.
  if (phrase.error().code == ErrorCode::not_found) return nullptr;
  if (phrase.error().code != ErrorCode::data_corrupt) {
    counts_.failures.add();
    return nullptr;
  }
  counts_.corrupt.add();
  const Status removed = folder_.remove(key);
  log::warn("a file of the phrase cache was not as written",
            {{"key", key.hex()},
             {"why", phrase.error().message},
             {"removed", removed ? std::string("yes") : removed.error().message}});
  return nullptr;
}

bool DiskTier::write_one() {
  Write write;
  {
    const std::lock_guard lock(mutex_);
    if (writes_.empty()) return false;
    write = std::move(writes_.front());
    writes_.pop_front();
    write_bytes_ -= write.phrase->bytes();
    show();
  }
  if (clock_.now() < write_again_at_) {
    counts_.dropped.add();
    return true;
  }
  const std::string file = write_phrase(write.key, *write.phrase);
  if (file.size() > kPhraseFileBytesMax) return true;
  const std::int64_t now = clock_.unix_seconds();
  const Status outcome = folder_.write(write.key, file, now);
  note(outcome);
  if (!outcome) return true;
  {
    const std::lock_guard lock(mutex_);
    put(write.key,
        {.bytes = PhraseFolder::disk_bytes(file.size()), .last_use = now, .file_time = now});
    show();
  }
  return true;
}

bool DiskTier::touch_some() {
  std::vector<std::pair<PhraseKey, std::int64_t>> touches;
  {
    const std::lock_guard lock(mutex_);
    if (touches_.empty()) return false;
    touches.swap(touches_);
  }
  for (const auto& [key, at] : touches) folder_.touch(key, at);
  return true;
}

/// What other processes wrote, removed and used is then known here, too.
bool DiskTier::look_into_one() {
  if (next_folder_ == PhraseFolder::kFolders) {
    if (clock_.now() < look_at_) return false;
    next_folder_ = 0;
  }
  const std::size_t folder = next_folder_++;
  const std::vector<PhraseFolder::Found> found = folder_.list(folder, clock_.unix_seconds());
  {
    const std::lock_guard lock(mutex_);
    std::map<PhraseKey, Item> gone;
    const PhraseKey first{.digest = {static_cast<std::byte>(folder)}};
    auto item = items_.lower_bound(first);
    for (; item != items_.end() && item->first.digest[0] == first.digest[0]; ++item) {
      gone.insert(*item);
    }
    for (const PhraseFolder::Found& file : found) {
      std::int64_t last_use = file.last_use;
      if (const auto known = gone.find(file.key); known != gone.end()) {
        last_use = std::max(last_use, known->second.last_use);
        gone.erase(known);
      }
      put(file.key, {.bytes = file.bytes, .last_use = last_use, .file_time = file.last_use});
    }
    for (const auto& [key, unused] : gone) take_out(items_.find(key));
    show();
    if (next_folder_ == PhraseFolder::kFolders) was_looked_through_ = true;
  }
  if (next_folder_ == PhraseFolder::kFolders) look_at_ = clock_.now() + options_.look_again;
  return true;
}

bool DiskTier::evict_one() {
  PhraseKey key;
  {
    const std::lock_guard lock(mutex_);
    // Before all are known, those used least recently are not.
    if (!was_looked_through_ || bytes_ <= options_.bytes_max || by_use_.empty()) return false;
    key = by_use_.begin()->second;
    take_out(items_.find(key));
    show();
  }
  // One that stays though it should go is found again at the next look.
  static_cast<void>(folder_.remove(key));
  counts_.evicted.add();
  return true;
}

void DiskTier::note(const Status& outcome) {
  if (!outcome) {
    counts_.failures.add();
    write_again_at_ = clock_.now() + options_.rest;
  }
  const std::lock_guard lock(mutex_);
  const bool was_healthy = !trouble_.has_value();
  if (outcome) {
    trouble_.reset();
  } else {
    trouble_ = outcome.error().message;
  }
  if (was_healthy == outcome.has_value()) return;
  counts_.healthy.set(outcome ? 1 : 0);
  if (outcome) {
    log::info("the phrase cache is written to disk again");
  } else {
    log::error("the phrase cache cannot be written to disk; it goes on in memory",
               {{"reason", *trouble_}});
  }
}

// --- the index, with the mutex held
// ---------------------------------------------------------------

void DiskTier::put(const PhraseKey& key, Item item) {
  if (const auto old = items_.find(key); old != items_.end()) take_out(old);
  item.order = next_order_++;
  by_use_.emplace(std::pair(item.last_use, item.order), key);
  bytes_ += item.bytes;
  items_.emplace(key, item);
}

void DiskTier::take_out(Items::iterator item) {
  bytes_ -= item->second.bytes;
  by_use_.erase({item->second.last_use, item->second.order});
  items_.erase(item);
}

void DiskTier::use(Items::iterator item, std::int64_t now) {
  Item& used = item->second;
  by_use_.erase({used.last_use, used.order});
  used.last_use = now;
  used.order = next_order_++;
  by_use_.emplace(std::pair(used.last_use, used.order), item->first);
  if (now - used.file_time < kTouchSeconds || touches_.size() >= kTouchesMax) return;
  used.file_time = now;
  touches_.emplace_back(item->first, now);
  strand_->wake();
}

void DiskTier::show() {
  counts_.bytes.set(static_cast<std::int64_t>(bytes_));
  counts_.entries.set(static_cast<std::int64_t>(items_.size()));
  counts_.waiting.set(static_cast<std::int64_t>(reads_.size() + writes_.size()));
}

}  // namespace parley::backend
