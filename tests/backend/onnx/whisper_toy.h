// SPDX-License-Identifier: Apache-2.0
//
// A Whisper of a few bytes that says what a test wants: the next token depends on the last one
// only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace parley::test {

struct WhisperToy {
  static constexpr std::int64_t kWords = 24;  // " w0" to " w23" are the ids 0 to 23
  enum Special : std::int64_t {
    end = kWords,
    begin,
    english,
    chinese,
    translate,
    transcribe,
    no_speech,
    no_timestamps,
    count
  };
  std::map<std::int64_t, std::int64_t> next;  // token -> token; else `end`
  std::map<std::int64_t, float> sure;         // by how much its score is above all others; else 20
  std::string suppress;
  std::string suppress_first;
  std::string positions = "448";
  bool aligns = false;  // it listens at frame 10 * (token + 1)

  /// Writes the three files into a fresh folder, whose path it returns.
  [[nodiscard]] std::string write() const;
};

}  // namespace parley::test
