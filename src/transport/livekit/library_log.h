// SPDX-License-Identifier: Apache-2.0
//
// What LiveKit's client library writes to its standard error, as lines of our log: its warnings as
// debug lines, because it warns at every join, its errors as warnings. Tokens are left out.
//
//   [2026-08-06T12:53:51Z WARN  livekit::rtc_engine] restarting connection... attempt: 1
//
// A line that does not begin so goes on with the one before. Threads: one owner.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/log.h"

namespace parley::transport {

class LibraryLog {
 public:
  /// Of one line; the rest is left out.
  static constexpr std::size_t kLineMax = 2'048;

  /// Bytes as they come.
  void take(std::string_view bytes);

 private:
  void write(std::string_view line);

  std::string line_;  // what has come of the next one
  log::Level level_ = log::Level::warn;
};

}  // namespace parley::transport
