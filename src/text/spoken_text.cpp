// SPDX-License-Identifier: Apache-2.0
#include "text/spoken_text.h"

#include <algorithm>
#include <utility>

#include "text/markdown.h"
#include "text/normalise/normaliser.h"
#include "text/passage.h"
#include "text/ssml/ssml.h"
#include "text/utf8.h"

namespace parley::text {

struct SpokenText::State {
  explicit State(TextOptions wanted)
      : options(std::move(wanted)),
        reader{language_of(options.language), options.normalise, options.lexicon},
        cutter(options.first),
        markdown(passage),
        ssml(passage, reader) {}

  Status put(char32_t code, std::size_t begin, std::size_t end) {
    if (options.ssml) return ssml.put(code, begin, end);
    markdown.put(code, begin, end);
    return {};
  }

  Status fail(Error why) {
    error = std::move(why);
    return *error;
  }

  void note(const Before& more) {
    // As in Passage::pass_marks: what a text asks for takes the place of a paragraph's.
    if (more.asked) {
      before.pause = before.asked ? before.pause + more.pause : more.pause;
    } else if (!before.asked) {
      before.pause = std::max(before.pause, more.pause);
    }
    before.asked = before.asked || more.asked;
    if (more.flushed) cutter.restart();
  }

  /// Before the first word only a pause that the text asks for is one.
  Millis take_pause() {
    const Before taken = std::exchange(before, {});
    return std::exchange(has_spoken, true) || taken.asked ? taken.pause : Millis{0};
  }

  const TextOptions options;
  const Reader reader;
  Passage passage;
  ChunkCutter cutter;
  Markdown markdown;
  Ssml ssml;
  Utf8Reader bytes;
  std::optional<Error> error;
  Before before;  // of the next chunk with something to say
  bool has_spoken = false;
  bool is_finished = false;
};

SpokenText::SpokenText(TextOptions options) : state_(std::make_unique<State>(std::move(options))) {}
SpokenText::~SpokenText() = default;
SpokenText::SpokenText(SpokenText&&) noexcept = default;
SpokenText& SpokenText::operator=(SpokenText&&) noexcept = default;

Status SpokenText::append(std::string_view utf8) {
  State& s = *state_;
  if (s.error) return *s.error;
  if (s.is_finished) return Error{ErrorCode::failed_precondition, "text: it was finished before"};
  if (utf8.size() > kPendingBytesMax - std::min(kPendingBytesMax, pending())) {
    return Error{
        ErrorCode::resource_exhausted,
        "text: more than " + std::to_string(kPendingBytesMax) + " bytes are waiting to be spoken"};
  }
  for (const char c : utf8) {
    s.passage.input(c);
    const Result<std::optional<char32_t>> character = s.bytes.push(static_cast<unsigned char>(c));
    if (!character) return s.fail(character.error());
    if (!*character) continue;
    const Status put = s.put(**character, s.bytes.character_offset(), s.bytes.offset());
    if (!put) return s.fail(put.error());
  }
  return {};
}

void SpokenText::flush() {
  State& s = *state_;
  if (!s.options.ssml) s.markdown.flush();
  s.passage.end_chunk(true);
}

Status SpokenText::finish() {
  State& s = *state_;
  if (s.is_finished) return {};
  s.is_finished = true;
  if (!s.options.ssml) s.markdown.flush();
  s.passage.end_chunk(false);
  if (s.error) return *s.error;
  if (Status whole = s.bytes.finish(); !whole) return s.fail(whole.error());
  if (!s.options.ssml) return {};
  if (Status whole = s.ssml.finish(); !whole) return s.fail(whole.error());
  return {};
}

std::optional<SpokenChunk> SpokenText::next() {
  State& s = *state_;
  while (true) {
    s.passage.skip_space();
    s.note(s.passage.take_before());
    const std::optional<std::size_t> end = s.cutter.next_end(s.passage);
    if (!end) break;
    const std::vector<Region> regions = s.passage.regions(*end);
    const Words words = spoken_words(s.passage.text().substr(0, *end), regions, s.reader);
    SpokenChunk chunk;
    if (!words.empty()) {
      const std::size_t begin = words.front().begin;
      chunk.offset = s.passage.written_begin(begin);
      chunk.written = s.passage.written(begin, words.back().end);
      for (const Word& word : words) {
        const std::size_t at = append_word(chunk.spoken, word);
        chunk.spans.push_back({s.passage.written_begin(word.begin) - chunk.offset,
                               s.passage.written_end(word.end) - chunk.offset, at,
                               chunk.spoken.size()});
      }
      chunk.rate = s.passage.current_rate();
      chunk.pause_before = s.take_pause();
    }
    s.passage.take(*end);
    s.cutter.taken(!chunk.spoken.empty());
    if (!chunk.spoken.empty()) return chunk;
  }
  if (!s.is_finished || !s.before.asked) return std::nullopt;
  SpokenChunk silence;
  silence.offset = s.bytes.offset();
  silence.pause_before = s.take_pause();
  return silence;
}

std::size_t SpokenText::pending() const {
  return state_->passage.text().size() + state_->bytes.held();
}

}  // namespace parley::text
