// SPDX-License-Identifier: Apache-2.0
#include "server/speech/eleven_labs_times.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::server {

using media::MediaTime;
using protocol::TimedCharacter;

namespace {

/// Chinese, Japanese and Korean writing, its punctuation and its wide forms.
bool has_no_spaces(char32_t character) {
  constexpr char32_t kFirst = 0x2E80;
  return character >= kFirst;
}

/// REQUIRES: one character of valid UTF-8.
char32_t code_point(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  if (lead < 0x80) return lead;
  char32_t point = lead & (0xFFU >> (character.size() + 1));
  for (const char next : character.substr(1)) {
    point = point << 6U | (static_cast<unsigned char>(next) & 0x3FU);
  }
  return point;
}

}  // namespace

void ElevenLabsTimes::add(const service::SpeechChunk& chunk) {
  std::shared_ptr<const media::SpokenForm> form = chunk.spoken;
  if (form == nullptr) {
    media::SpokenForm as_written;
    as_written.text = chunk.written;
    form = std::make_shared<const media::SpokenForm>(std::move(as_written));
  }
  std::vector<TimedCharacter> written =
      protocol::align_written(chunk.written, *form, chunk.words, chunk.phonemes);
  std::vector<TimedCharacter> spoken =
      protocol::align_spoken(form->text, chunk.words, chunk.phonemes);
  if (written.empty() || spoken.empty()) return;
  add_space(chunk.begin + written.front().begin, code_point(written.front().text));
  last_ = code_point(written.back().text);
  heard_ = chunk.begin + written.back().end;
  written_.append(std::move(written), chunk.begin);
  spoken_.append(std::move(spoken), chunk.begin);
}

void ElevenLabsTimes::add_space(MediaTime until, char32_t before_next) {
  if (last_ == 0 || has_no_spaces(last_) || has_no_spaces(before_next)) return;
  const std::vector<TimedCharacter> space{{" ", heard_, std::max(heard_, until)}};
  written_.append(space, MediaTime{});
  spoken_.append(space, MediaTime{});
}

ElevenLabsTimes::Piece ElevenLabsTimes::take_before(MediaTime end) {
  const MediaTime begin = std::exchange(told_, end);
  return {{.written = written_.take_before(end), .spoken = spoken_.take_before(end)}, begin};
}

ElevenLabsTimes::Piece ElevenLabsTimes::take_rest() {
  return take_before({std::numeric_limits<std::int64_t>::max()});
}

}  // namespace parley::server
