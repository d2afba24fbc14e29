// SPDX-License-Identifier: Apache-2.0
//
// The front door of `text`: text as people and language models write it goes in, in any pieces;
// chunks of words as people say them come out, each as soon as it is certain.
//
//   SpokenText text({.language = "en"});
//   PARLEY_TRY_STATUS(text.append("It costs $5 million, "));
//   while (auto chunk = text.next()) speak(chunk->spoken);  // "It costs five million dollars,"
//   PARLEY_TRY_STATUS(text.finish());
//   ...                                                     // and `next` again until it has none
//
// The chunks are the same however the text was cut into pieces: a piece that comes earlier can only
// make a chunk come earlier. A `flush` does change them, for it ends one.
//
// Memory: at most kPendingBytesMax of text that is not given out; `append` takes no more than that.
// A chunk is at most about kChunkBytesMax long, and so is the work that one `next` does.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "text/chunk_cutter.h"
#include "text/lexicon.h"

namespace parley::text {

/// Text that was appended and not given out. An `append` that would make it more fails with
/// resource_exhausted and takes nothing: the caller takes chunks with `next` before it goes on.
inline constexpr std::size_t kPendingBytesMax = 65'536;

/// Bytes of SpokenChunk::written and of SpokenChunk::spoken, each one word or what is said as one.
struct Span {
  std::size_t written_begin = 0;
  std::size_t written_end = 0;
  std::size_t spoken_begin = 0;
  std::size_t spoken_end = 0;
};

struct SpokenChunk {
  std::size_t offset = 0;  // of `written` in all that was appended
  std::string written;     // the stretch of the input that it stands for, markup inside included
  /// What the voice is given, with , . ! ? ; : for its melody; `[[ipa]]` stands for phonemes. Empty
  /// when there is only a pause, at the end of the text.
  std::string spoken;
  /// In order and without overlap. All of `spoken` but its spaces is in one of them, and so is
  /// every letter and digit of `written` that is not markup.
  std::vector<Span> spans;
  float rate = 1.0F;       // SSML prosody's, on top of the speed that the request asks for
  Millis pause_before{0};  // silence: a paragraph's, or an SSML break's
};

struct TextOptions {
  std::string language = "en";       // RFC 5646; en, fr and zh are read by rules of their own
  bool ssml = false;                 // else plain text or markdown, which nobody has to say
  bool normalise = true;             // false: numbers and signs are the voice's business
  const Lexicon* lexicon = nullptr;  // outlives the SpokenText
  First first = First::soon;
};

class SpokenText {
 public:
  explicit SpokenText(TextOptions options);
  ~SpokenText();
  SpokenText(SpokenText&&) noexcept;
  SpokenText& operator=(SpokenText&&) noexcept;

  /// More text. A character may be cut between two calls. invalid_argument: not UTF-8, or not SSML;
  /// the message names the offset in all that was appended. What came before that offset stays and
  /// every later call fails with the same error.
  [[nodiscard]] Status append(std::string_view utf8);
  /// What is there may be spoken now; the next chunk is a first one again.
  void flush();
  /// No more text. invalid_argument: it ends inside a character or an SSML element.
  [[nodiscard]] Status finish();
  /// The next chunk, or nothing until more text comes.
  [[nodiscard]] std::optional<SpokenChunk> next();
  /// Bytes of text not given out yet.
  [[nodiscard]] std::size_t pending() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::text
