// SPDX-License-Identifier: Apache-2.0
//
// One line per event on standard error, as JSON, through spdlog, which stays out of this header:
//   {"ts":"2026-01-31T12:00:00.000Z","level":"warn","event":"phonemizer died","pid":17}
// Values are strings or numbers; never audio, keys or whole prompts. A string longer than
// kValueBytesMax is cut, and bytes that are not UTF-8 become U+FFFD, so every line parses.
//
// Threads: any. Not for the audio path: it formats and locks.
//
//   log::warn("phonemizer died", {{"pid", pid}, {"restart_ms", 50}});
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace parley::log {

enum class Level : std::uint8_t { debug, info, warn, error, off };

/// The longest string value (or event) that a line carries; the rest is cut and marked with "…".
inline constexpr std::size_t kValueBytesMax = 2000;

using Value = std::variant<std::int64_t, double, bool, std::string>;
struct Field {
  template <typename T>
  Field(std::string_view name, T&& what) : key(name), value(make(std::forward<T>(what))) {}
  std::string_view key;
  Value value;

 private:
  template <typename T>
  static Value make(T&& what) {
    using Plain = std::remove_cvref_t<T>;
    if constexpr (std::is_same_v<Plain, bool>) {
      return what;
    } else if constexpr (std::is_integral_v<Plain>) {
      return static_cast<std::int64_t>(what);
    } else if constexpr (std::is_floating_point_v<Plain>) {
      return static_cast<double>(what);
    } else {
      return std::string(std::forward<T>(what));
    }
  }
};
using Fields = std::initializer_list<Field>;

/// Lines below `level` are dropped. The default is info.
void set_level(Level level);
void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) { write(Level::warn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::error, event, fields);
}

/// What `write` puts after the time: `"level":"warn","event":"…",…`, without the braces.
[[nodiscard]] std::string format_members(Level level, std::string_view event, Fields fields);

}  // namespace parley::log
