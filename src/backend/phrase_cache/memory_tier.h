// SPDX-License-Identifier: Apache-2.0
//
// Phrases in memory, bounded in bytes: a segmented LRU (Karedla, Love and Wherry, 1994) whose
// newcomers must earn their place. A phrase that is used once is on probation; one that is used
// again is protected, and what is on probation is evicted first. So a stream of sentences that
// nobody repeats passes through and leaves the common phrases alone. A phrase that comes back soon
// after it was evicted is protected at once (the ghost list of 2Q; Johnson and Shasha, 1994).
//
// Pinned phrases are never evicted.
//
// Threads: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "backend/phrase_cache/phrase.h"
#include "backend/phrase_cache/phrase_key.h"

namespace parley::backend {

class MemoryTier {
 public:
  /// What is kept for each phrase beside it.
  static constexpr std::size_t kEntryBytes = 256;

  explicit MemoryTier(std::size_t bytes_max);

  /// A use. Null when it is not here.
  [[nodiscard]] PhraseRef find(const PhraseKey& key);

  enum class Place : std::uint8_t { probation, protected_, pinned };
  /// What had to go for it is given back, so that its memory is freed outside of any lock. Replaces
  /// what was there under the key. A phrase that takes more than an eighth of the memory, and a
  /// pinned one for which there is no room beside the other pinned ones, is itself given back.
  [[nodiscard]] std::vector<PhraseRef> insert(const PhraseKey& key, PhraseRef phrase, Place place);
  /// Never evicted from now on; false when it is not here or there is no room.
  bool pin(const PhraseKey& key);

  [[nodiscard]] std::size_t bytes() const noexcept;
  [[nodiscard]] std::size_t pinned_bytes() const noexcept { return pinned_.bytes; }
  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

 private:
  struct Entry {
    PhraseKey key;
    PhraseRef phrase;
    std::size_t bytes = 0;
    Place place = Place::probation;
  };
  using Entries = std::list<Entry>;
  struct Segment {
    Entries entries;  // the latest used first
    std::size_t bytes = 0;
  };

  Segment& segment(Place place);
  void move(Entries::iterator entry, Place to);
  PhraseRef take_out(Entries::iterator entry);
  /// Protected ones beyond their share go back on probation.
  void demote();
  [[nodiscard]] bool has_room_to_pin(std::size_t bytes) const;

  const std::size_t bytes_max_;
  Segment probation_;
  Segment protected_;
  Segment pinned_;
  std::unordered_map<PhraseKey, Entries::iterator, PhraseKeyHash> index_;
};

}  // namespace parley::backend
