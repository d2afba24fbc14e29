// SPDX-License-Identifier: Apache-2.0
//
// Linux's futex: sleep while a word holds a value, wake who sleeps on a word. `FutexScope::machine`
// is for words in memory that processes share.
//
// Threads: any. May wake for no reason: look at the word again.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace parley::exec {

using FutexWord = std::atomic<std::uint32_t>;
static_assert(sizeof(FutexWord) == sizeof(std::uint32_t) && FutexWord::is_always_lock_free);

enum class FutexScope : std::uint8_t { process, machine };

/// Sleeps while `word` holds `expected`, at most until `at` on the SteadyClock. False when `at` has
/// passed.
bool futex_wait(const FutexWord& word, std::uint32_t expected, Instant at,
                FutexScope scope) noexcept;
/// Wakes at most `count` of those that sleep on `word`.
void futex_wake(const FutexWord& word, int count, FutexScope scope) noexcept;

}  // namespace parley::exec
