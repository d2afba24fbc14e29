// SPDX-License-Identifier: Apache-2.0
//
// How many bytes of media were copied, so that a test can prove that an operator copies none
// (tests/operators/copies_test.cpp). Every place that moves samples from one buffer to another says
// so here: copy on write, a ring that gathers windows, a decoder, a resampler. Sharing a buffer
// says nothing. The count is per thread and only grows; whoever asks takes the difference.
//
// Threads: each has a count of its own. Costs one addition beside the copy itself.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::media {

namespace detail {
inline thread_local std::uint64_t copied_bytes = 0;
}  // namespace detail

inline void note_copied(std::size_t bytes) noexcept { detail::copied_bytes += bytes; }
/// Bytes copied on this thread since it began.
[[nodiscard]] inline std::uint64_t copied_bytes() noexcept { return detail::copied_bytes; }

}  // namespace parley::media
