// SPDX-License-Identifier: Apache-2.0
#include "text/ssml/ssml.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "text/character.h"
#include "text/ssml/say_as.h"
#include "text/ssml/values.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

constexpr std::size_t kEntityBytesMax = 10;
constexpr char32_t kPlaceholder = 0xFFFC;  // of an element that says something and holds nothing

Error wrong(std::string message) { return Error{ErrorCode::invalid_argument, std::move(message)}; }

bool is_region(std::string_view name) {
  return name == "say-as" || name == "phoneme" || name == "sub";
}
bool is_paragraph(std::string_view name) { return name == "p" || name == "paragraph"; }
bool is_sentence(std::string_view name) { return name == "s" || name == "sentence"; }

}  // namespace

Status Ssml::put(char32_t code, std::size_t begin, std::size_t end) {
  switch (state_) {
    case State::text:
      if (in_region_ && end - region_begin_ > kSsmlRegionBytesMax) {
        return at(wrong(elements_.back().tag.name + ": more than " +
                        std::to_string(kSsmlRegionBytesMax) + " bytes inside"),
                  region_begin_);
      }
      if (code == '<' || code == '&') {
        state_ = code == '<' ? State::tag : State::entity;
        held_.clear();
        begin_ = begin;
        quote_ = 0;
      } else {
        put_text(code, begin, end);
      }
      return {};
    case State::entity:
      return put_entity(code, end);
    case State::tag:
      return put_tag(code, end);
    case State::comment:
    case State::instruction:
    case State::cdata:
      break;
  }
  // Until "-->", "?>" or "]]>": the last bytes are enough to see it.
  const std::string_view ending = state_ == State::comment ? "-->"
                                  : state_ == State::cdata ? "]]>"
                                                           : "?>";
  append_utf8(held_, code);
  if (held_.ends_with(ending)) {
    state_ = State::text;
    return {};
  }
  if (held_.size() < ending.size()) return {};
  if (state_ == State::cdata) {
    // What can no longer be part of the ending is text.
    const std::size_t keep = held_.ends_with("]]") ? 2 : held_.ends_with("]") ? 1 : 0;
    for (std::size_t i = 0; i < held_.size() - keep;) {
      const Decoded c = decode_utf8(held_, i);
      i += c.size;
      const std::size_t to = end - (held_.size() - i);
      put_text(c.code, to - c.size, to);
    }
    held_.erase(0, held_.size() - keep);
    return {};
  }
  held_.erase(0, character_begin(held_, held_.size() - ending.size() + 1));
  return {};
}

void Ssml::put_text(char32_t code, std::size_t begin, std::size_t end) {
  out_.put(code, begin, end);
  if (in_region_) append_utf8(content_, code);
}

Status Ssml::put_entity(char32_t code, std::size_t end) {
  const bool is_name = code < 0x80 && (is_letter(static_cast<char>(code)) ||
                                       is_digit(static_cast<char>(code)) || code == '#');
  if (code == ';') {
    const std::optional<char32_t> resolved = entity(held_);
    if (!resolved) return at(wrong("'&" + held_ + ";' is no entity that SSML has"), begin_);
    state_ = State::text;
    put_text(*resolved, begin_, end);
    return {};
  }
  if (!is_name || held_.size() >= kEntityBytesMax) {
    return at(wrong("an `&` that begins no entity; write &amp;"), begin_);
  }
  append_utf8(held_, code);
  return {};
}

Status Ssml::put_tag(char32_t code, std::size_t end) {
  if (code == '>' && quote_ == 0) return take_tag(end);
  if (code == '<') return at(wrong("a `<` inside a tag; write &lt;"), begin_);
  append_utf8(held_, code);
  if (held_.size() > kSsmlTagBytesMax) {
    return at(wrong("a tag of more than " + std::to_string(kSsmlTagBytesMax) + " bytes"), begin_);
  }
  if (held_ == "!--" || held_ == "![CDATA[" || held_ == "?") {
    state_ = held_ == "!--" ? State::comment : held_ == "?" ? State::instruction : State::cdata;
    held_.clear();
    return {};
  }
  if (held_.front() == '!') return {};
  if (quote_ != 0) {
    if (code == static_cast<unsigned char>(quote_)) quote_ = 0;
  } else if (code == '"' || code == '\'') {
    quote_ = static_cast<char>(code);
  }
  return {};
}

Status Ssml::take_tag(std::size_t end) {
  state_ = State::text;
  if (held_.starts_with('!')) {
    if (held_.starts_with("!DOCTYPE") && held_.find('[') == std::string::npos) return {};
    return at(wrong("'<" + held_ + ">' is not read in SSML"), begin_);
  }
  Result<Tag> tag = parse_tag(held_);
  if (!tag) return at(tag.error(), begin_);
  if (!tag->is_end) {
    const bool is_empty = tag->is_empty;
    Status opened = open(*std::move(tag), end);
    if (!opened) return at(opened.error(), begin_);
    if (!is_empty) return {};
  } else if (elements_.empty() || elements_.back().tag.name != tag->name) {
    return at(wrong("</" + tag->name + ">: " +
                    (elements_.empty() ? "no element is open"
                                       : "<" + elements_.back().tag.name + "> is still open")),
              begin_);
  }
  const Element element = std::move(elements_.back());
  elements_.pop_back();
  Status closed = close(element, end);
  if (!closed) return at(closed.error(), begin_);
  return {};
}

Status Ssml::open(Tag tag, std::size_t end) {
  if (elements_.size() >= kSsmlDepthMax) {
    return wrong(tag.name + ": more than " + std::to_string(kSsmlDepthMax) +
                 " elements inside each other");
  }
  const bool does_something = is_region(tag.name) || is_paragraph(tag.name) ||
                              is_sentence(tag.name) || tag.name == "break" || tag.name == "prosody";
  if (in_region_ && does_something) {
    return wrong(tag.name + ": cannot be inside " + elements_.back().tag.name);
  }
  const float rate = rate_;
  if (is_paragraph(tag.name)) out_.end_paragraph();
  if (is_sentence(tag.name)) out_.end_line();
  if (tag.name == "break") PARLEY_TRY_STATUS(open_break(tag));
  if (tag.name == "prosody") PARLEY_TRY_STATUS(open_prosody(tag));
  if (is_region(tag.name)) PARLEY_TRY_STATUS(open_region(tag, end));
  elements_.push_back({std::move(tag), rate});
  return {};
}

Status Ssml::close(const Element& element, std::size_t end) {
  const std::string& name = element.tag.name;
  if (is_paragraph(name)) out_.end_paragraph();
  if (is_sentence(name)) out_.end_line();
  if (rate_ != element.rate) out_.rate(rate_ = element.rate);
  if (!is_region(name)) return {};
  in_region_ = false;
  Result<std::string> spoken = region_spoken(element.tag);
  if (!spoken) return spoken.error();
  if (content_.find_first_not_of(" \n\t\r") == std::string::npos && !spoken->empty()) {
    out_.put(kPlaceholder, end - 1, end);
  }
  out_.end_region(*std::move(spoken));
  return {};
}

Status Ssml::open_break(const Tag& tag) {
  Result<Millis> length = break_length(tag.attribute("time"), tag.attribute("strength"));
  if (!length) return length.error().with_context("break");
  if (*length > Millis{0}) out_.pause(*length);
  return {};
}

Status Ssml::open_prosody(const Tag& tag) {
  if (tag.attribute("rate").empty()) return {};  // pitch and volume are not the text's
  Result<float> rate = prosody_rate(tag.attribute("rate"), rate_);
  if (!rate) return rate.error().with_context("prosody");
  if (*rate != rate_) out_.rate(rate_ = *rate);
  return {};
}

Status Ssml::open_region(const Tag& tag, std::size_t end) {
  if (tag.name == "say-as") {
    PARLEY_TRY_STATUS(check_say_as(tag.attribute("interpret-as"), tag.attribute("format")));
  }
  if (tag.name == "sub" && tag.attribute("alias").empty()) return wrong("sub: alias: is missing");
  if (tag.name == "phoneme") {
    const std::string_view alphabet = tag.attribute("alphabet");
    if (!alphabet.empty() && alphabet != "ipa") {
      return wrong("phoneme: alphabet: '" + std::string(alphabet) + "' is not 'ipa'");
    }
    const std::string_view ph = tag.attribute("ph");
    if (ph.empty()) return wrong("phoneme: ph: is missing");
    if (ph.find_first_of("[]") != std::string_view::npos) {
      return wrong("phoneme: ph: '" + std::string(ph) + "' has square brackets");
    }
  }
  in_region_ = true;
  region_begin_ = end;
  content_.clear();
  out_.begin_region();
  return {};
}

Result<std::string> Ssml::region_spoken(const Tag& tag) const {
  if (tag.name == "phoneme") return "[[" + std::string(tag.attribute("ph")) + "]]";
  if (tag.name == "sub") return spoken_text(tag.attribute("alias"), reader_);
  return say_as(content_, tag.attribute("interpret-as"), tag.attribute("format"), reader_);
}

Status Ssml::finish() const {
  if (state_ != State::text)
    return at(wrong("a tag, an entity or a comment is not closed"), begin_);
  if (!elements_.empty()) {
    return wrong("text: ssml: <" + elements_.back().tag.name + "> is not closed");
  }
  return {};
}

Error Ssml::at(Error error, std::size_t offset) const {
  error.message = "text: ssml: " + error.message + " (at byte " + std::to_string(offset) + ")";
  return error;
}

}  // namespace parley::text
