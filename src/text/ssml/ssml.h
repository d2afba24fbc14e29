// SPDX-License-Identifier: Apache-2.0
//
// A subset of SSML 1.1 (https://www.w3.org/TR/speech-synthesis11/), read as it comes:
//
//   speak                          may be left out
//   break time="500ms" | strength="weak"
//   say-as interpret-as="..."      say_as.h has the kinds
//   phoneme alphabet="ipa" ph="..."
//   sub alias="..."
//   prosody rate="slow" | "120%" | "+10%" | "0.8"
//   p, s
//
// Of every other element the content is read and nothing else. What is wrong is an error that names
// the element, the attribute and the value.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "text/normalise/normaliser.h"
#include "text/passage.h"
#include "text/ssml/tag.h"

namespace parley::text {

inline constexpr std::size_t kSsmlTagBytesMax = 2048;    // one tag with its attributes
inline constexpr std::size_t kSsmlDepthMax = 32;         // elements inside each other
inline constexpr std::size_t kSsmlRegionBytesMax = 512;  // inside say-as, phoneme or sub
inline constexpr Millis kSsmlBreakMax{10'000};           // one break

class Ssml {
 public:
  /// Writes to `out` and reads with `reader`, which outlive it.
  Ssml(Passage& out, const Reader& reader) : out_(out), reader_(reader) {}

  /// A character of the input, which is its bytes [begin, end).
  [[nodiscard]] Status put(char32_t code, std::size_t begin, std::size_t end);
  /// invalid_argument: something is not closed.
  [[nodiscard]] Status finish() const;

 private:
  enum class State : std::uint8_t { text, entity, tag, comment, cdata, instruction };
  struct Element {
    Tag tag;
    float rate;  // outside of it
  };

  void put_text(char32_t code, std::size_t begin, std::size_t end);
  Status put_entity(char32_t code, std::size_t end);
  Status put_tag(char32_t code, std::size_t end);
  Status take_tag(std::size_t end);
  Status open(Tag tag, std::size_t end);
  Status close(const Element& element, std::size_t end);
  Status open_break(const Tag& tag);
  Status open_prosody(const Tag& tag);
  Status open_region(const Tag& tag, std::size_t end);
  [[nodiscard]] Result<std::string> region_spoken(const Tag& tag) const;
  [[nodiscard]] Error at(Error error, std::size_t offset) const;

  Passage& out_;
  const Reader& reader_;
  State state_ = State::text;
  std::string held_;       // of a tag or an entity, or the last bytes of a comment
  std::size_t begin_ = 0;  // of what is held, in the input
  char quote_ = 0;         // inside an attribute's value
  std::vector<Element> elements_;
  float rate_ = 1.0F;
  bool in_region_ = false;
  std::size_t region_begin_ = 0;  // in the input
  std::string content_;           // of the region
};

}  // namespace parley::text
