// SPDX-License-Identifier: Apache-2.0
//
// Counts what operator new gives out and delete takes back, to prove that a path does neither. A
// test that uses it lists tests/support/allocation_counter.cpp among its sources.
#pragma once

#include <cstdint>

namespace parley::test {

/// Calls of operator new on any thread since the program began.
[[nodiscard]] std::uint64_t allocations() noexcept;
/// Calls of operator delete with something to free, likewise.
[[nodiscard]] std::uint64_t deallocations() noexcept;

}  // namespace parley::test
