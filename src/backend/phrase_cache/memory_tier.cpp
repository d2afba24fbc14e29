// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/memory_tier.h"

#include <iterator>
#include <utility>

namespace parley::backend {
namespace {

/// Of the bytes that are not pinned, what protected phrases may take: four fifths. The rest is for
/// newcomers, which must stay long enough to be used again.
constexpr std::size_t protected_share(std::size_t bytes) { return bytes / 5 * 4; }

/// A phrase may take this part of the memory, or it would push out too much by itself.
constexpr std::size_t kLargestPart = 8;

}  // namespace

MemoryTier::MemoryTier(std::size_t bytes_max) : bytes_max_(bytes_max) {}

std::size_t MemoryTier::bytes() const noexcept {
  return probation_.bytes + protected_.bytes + pinned_.bytes;
}

PhraseRef MemoryTier::find(const PhraseKey& key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  const Entries::iterator entry = found->second;
  const bool is_pinned = entry->place == Place::pinned;
  move(entry, is_pinned ? Place::pinned : Place::protected_);
  if (!is_pinned) demote();
  return entry->phrase;
}

std::vector<PhraseRef> MemoryTier::insert(const PhraseKey& key, PhraseRef phrase, Place place) {
  std::vector<PhraseRef> gone;
  if (const auto old = index_.find(key); old != index_.end()) {
    if (old->second->place == Place::pinned) place = Place::pinned;
    gone.push_back(take_out(old->second));
  }
  const std::size_t bytes = phrase->bytes() + kEntryBytes;
  const bool fits = place == Place::pinned ? has_room_to_pin(bytes)
                                           : bytes <= (bytes_max_ - pinned_.bytes) / kLargestPart;
  if (!fits) {
    gone.push_back(std::move(phrase));
    return gone;
  }
  // Room first: the newcomer itself must not be what is found at the end of its list.
  while (this->bytes() + bytes > bytes_max_) {
    Segment& from = probation_.entries.empty() ? protected_ : probation_;
    gone.push_back(take_out(std::prev(from.entries.end())));
  }
  Segment& to = segment(place);
  to.entries.push_front({key, std::move(phrase), bytes, place});
  to.bytes += bytes;
  index_.emplace(key, to.entries.begin());
  demote();
  return gone;
}

bool MemoryTier::pin(const PhraseKey& key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return false;
  if (found->second->place == Place::pinned) return true;
  if (!has_room_to_pin(found->second->bytes)) return false;
  move(found->second, Place::pinned);
  demote();
  return true;
}

/// Half of the memory at most: pinning a long list must not switch the cache off for the rest.
bool MemoryTier::has_room_to_pin(std::size_t bytes) const {
  return pinned_.bytes + bytes <= bytes_max_ / 2;
}

void MemoryTier::demote() {
  const std::size_t share = protected_share(bytes_max_ - pinned_.bytes);
  while (protected_.bytes > share) move(std::prev(protected_.entries.end()), Place::probation);
}

MemoryTier::Segment& MemoryTier::segment(Place place) {
  return place == Place::pinned ? pinned_ : place == Place::protected_ ? protected_ : probation_;
}

void MemoryTier::move(Entries::iterator entry, Place to) {
  Segment& from = segment(entry->place);
  Segment& into = segment(to);
  from.bytes -= entry->bytes;
  into.bytes += entry->bytes;
  entry->place = to;
  into.entries.splice(into.entries.begin(), from.entries, entry);
}

PhraseRef MemoryTier::take_out(Entries::iterator entry) {
  Segment& from = segment(entry->place);
  from.bytes -= entry->bytes;
  index_.erase(entry->key);
  PhraseRef phrase = std::move(entry->phrase);
  from.entries.erase(entry);
  return phrase;
}

}  // namespace parley::backend
