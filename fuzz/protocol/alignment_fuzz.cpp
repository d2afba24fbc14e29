// SPDX-License-Identifier: Apache-2.0
//
// Any words, phonemes and spans for any text: characters spell the text, touch, and no time falls;
// what is given out piece by piece is all of it.
//
// The first line is what was written, the second what is said; then words of three bytes each: how
// many bytes of the spoken text, when it begins, how long it lasts. Every third is a span instead.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/speech/alignment.h"

namespace {

using namespace parley;  // NOLINT: one file, one subject
using protocol::TimedCharacter;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

struct Given {
  std::string written;
  media::SpokenForm form;
  std::vector<media::WordTime> words;
};

Given read(std::string_view bytes) {
  Given given;
  given.written = take_line(bytes);
  given.form.text = take_line(bytes);
  std::size_t cursor = 0;
  for (std::size_t i = 0; bytes.size() >= 3; ++i, bytes.remove_prefix(3)) {
    const auto a = static_cast<std::uint8_t>(bytes[0]);
    const auto b = static_cast<std::uint8_t>(bytes[1]);
    const auto c = static_cast<std::uint8_t>(bytes[2]);
    if (i % 3 == 2) {
      given.form.spans.push_back({a, std::size_t{a} + c, b, std::size_t{b} + c % 8});
      continue;
    }
    const std::size_t length = a % 8;
    const std::string word =
        cursor < given.form.text.size() ? given.form.text.substr(cursor, length) : "?";
    cursor += length + a % 2;
    given.words.push_back(
        {word, media::MediaTime::from_ms(b * 10), media::MediaTime::from_ms(b * 10 + c)});
  }
  return given;
}

void check(const std::vector<TimedCharacter>& characters, std::string_view text, bool has_words) {
  if (!has_words) return require(characters.empty());
  std::string spelt;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    spelt += characters[i].text;
    require(characters[i].begin <= characters[i].end);
    if (i > 0) require(characters[i].begin == characters[i - 1].end);
  }
  require(characters.empty() || spelt == text);
}

void give_out(const std::vector<TimedCharacter>& characters) {
  protocol::Alignment alignment;
  alignment.append(characters, media::MediaTime::from_ms(5));
  std::size_t given = 0;
  media::MediaTime before;
  for (int ms = 1; ms < 4'000; ms += 97) {
    const media::MediaTime end = media::MediaTime::from_ms(ms);
    for (const TimedCharacter& one : alignment.take_before(end)) {
      require(one.begin >= before && one.begin <= one.end && one.end <= end);
      before = one.begin;
      ++given;
    }
  }
  require(given == characters.size() && alignment.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Given given = read({reinterpret_cast<const char*>(data), size});
  const auto spoken = protocol::align_spoken(given.form.text, given.words, given.words);
  check(spoken, given.form.text, !given.words.empty());
  const auto written = protocol::align_written(given.written, given.form, given.words, given.words);
  check(written, given.written, !given.words.empty());
  give_out(spoken);
  give_out(written);
  return 0;
}
