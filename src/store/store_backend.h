// SPDX-License-Identifier: Apache-2.0
//
// A place where conversations are kept, as its store's thread uses it: every call blocks until it
// is done. Implementations: memory/ (tests), sqlite/ (a file), redis/ (a server that several
// processes share).
//
// Errors: not_found (no such conversation, or another owner's), failed_precondition (another
// session has taken the conversation), resource_exhausted (the disk is full), data_corrupt,
// unavailable, internal. After one of the last four the same call may work again later. Threads:
// one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace parley::store {

/// Samples that `take` reads back, newest items first; the rest stays where it is.
inline constexpr std::size_t kTakenAudioBytesMax = 32U << 20U;

/// What a backend kept of `Audio::samples`, this machine's byte order; half a sample is left out.
[[nodiscard]] inline std::vector<std::int16_t> samples_of(std::span<const std::byte> bytes) {
  std::vector<std::int16_t> samples(bytes.size() / sizeof(std::int16_t));
  std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(std::int16_t));
  return samples;
}

class StoreBackend {
 public:
  virtual ~StoreBackend() = default;
  /// Keeps each batch whole or not at all, and all of them with one wait for the disk. When it
  /// returns, what is kept survives the process. `outcomes[i]` is of `batches[i]`.
  virtual void write(std::span<const Batch> batches, std::span<Status> outcomes) = 0;
  /// Without audio.
  virtual Result<Conversation> load(const Key& key) = 0;
  /// With audio. From now on only batches with the epoch that is returned are kept.
  virtual Result<Conversation> take(const Key& key) = 0;
  /// Errors also: invalid_argument, `after` is not known.
  virtual Result<Page> list(const ListQuery& query) = 0;
  virtual Status erase(const Key& key) = 0;
  /// Erases conversations that were last changed before `before`, at most `count_max` of them.
  virtual Result<std::size_t> sweep(std::int64_t before, std::size_t count_max) = 0;
  /// Nothing waits: time for housekeeping.
  virtual void rest() {}
};

}  // namespace parley::store
