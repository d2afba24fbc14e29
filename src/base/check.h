// SPDX-License-Identifier: Apache-2.0
//
// What must hold if our own code is right. A broken promise stops the process with its place and
// text; bytes from outside never reach these (they fail with a Result).
//
// Threads: any.
#pragma once

namespace parley {

/// Prints `file:line: check failed: text` to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* text) noexcept;

}  // namespace parley

/// Always on: cheap invariants whose breach would corrupt state.
#define PARLEY_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::parley::check_failed(__FILE__, __LINE__, #condition))

/// On in debug and sanitizer builds only: invariants on the audio path.
#ifdef NDEBUG
#define PARLEY_ASSERT(condition) static_cast<void>(0)
#else
#define PARLEY_ASSERT(condition) PARLEY_CHECK(condition)
#endif
