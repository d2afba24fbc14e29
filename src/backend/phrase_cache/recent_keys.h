// SPDX-License-Identifier: Apache-2.0
//
// "Was this asked for before?", about, in constant memory: a table of fingerprints in which newer
// keys overwrite older ones. It forgets; it confuses two keys once in 2^48.
//
// Threads: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/phrase_cache/phrase_key.h"

namespace parley::backend {

class RecentKeys {
 public:
  static constexpr std::size_t kRecentKeysMax = 1U << 16U;  // 512 KiB

  /// True when `key` was noted before and is not forgotten. Notes it.
  bool note(const PhraseKey& key) {
    const std::uint64_t fingerprint = PhraseKeyHash()(key);
    std::uint64_t& slot = slots_[fingerprint % kRecentKeysMax];
    if (slot == fingerprint) return true;
    slot = fingerprint;
    return false;
  }

 private:
  std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(kRecentKeysMax);
};

}  // namespace parley::backend
