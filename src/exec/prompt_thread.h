// SPDX-License-Identifier: Apache-2.0
//
// A thread that sleeps most of the time, and that somebody waits for when it wakes.
//
// Linux gives a thread the processor for a slice of some milliseconds and, since 6.12, lets it ask
// for shorter ones, without any privilege: it then gets no more time in all, but its turns come
// sooner, and a thread that only computes gives way to it at once (EEVDF: the earlier deadline
// first; sched_setattr(2), sched_runtime; Stoica, Abdel-Wahab, "Earliest Eligible Virtual Deadline
// First", 1995). Measured with four computing threads per core beside it: docs/measurements/
// engine.md, "From another process's sample to a decision".
//
// Threads: any; about the calling one. Threads that it starts inherit the slice.
#pragma once

namespace parley::exec {

/// False where the system does not know it (an older kernel, a sandbox, a policy such as
/// SCHED_IDLE or SCHED_FIFO, which is left alone): nothing has changed then.
bool ask_for_short_slices() noexcept;

}  // namespace parley::exec
