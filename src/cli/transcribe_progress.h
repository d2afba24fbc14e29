// SPDX-License-Identifier: Apache-2.0
//
// How far `parley transcribe` is, as one line that is written over itself.
//
// Threads: value types; functions are pure.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"

namespace parley::cli {

struct TranscribeProgress {
  std::size_t files_done = 0;
  std::size_t files = 0;
  double seconds_done = 0.0;    // of audio, with what was there before we began
  double seconds_before = 0.0;  // of it, what was there before
  double seconds = 0.0;         // of audio, of all files: partly a guess until they are open
  Millis elapsed{0};            // since we began
};

/// "[=====>    ]  52 %  1:02:10 of 1:59:00, 31.4x real time, 1:49 left, 3 of 8 files". No speed and
/// no time left before there is something to tell it from.
[[nodiscard]] std::string progress_line(const TranscribeProgress& progress);

/// "0:05", "12:30", "1:02:10"; rounded to the nearest second.
[[nodiscard]] std::string clock_text(double seconds);

}  // namespace parley::cli
