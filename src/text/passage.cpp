// SPDX-License-Identifier: Apache-2.0
#include "text/passage.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "text/character.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

constexpr Millis kParagraphPause{350};
// A line at least this long was probably ended by a width, not by its writer.
constexpr std::size_t kWrappedBytesMin = 50;
constexpr std::size_t kCompactBytes = 4096;

bool ends_clause(char c) { return c == '.' || c == '!' || c == '?' || c == ':' || c == ';'; }

}  // namespace

void Passage::input(char byte) {
  if (input_.empty()) input_.push_back({offset_, {}});
  ++offset_;
  input_.back().bytes += byte;
  if (offset_ - spoken_until_ <= kSilentBytesMax) return;
  // Silent for long: only what may still be written is kept.
  std::string& bytes = input_.back().bytes;
  if (spoken_until_ > input_.back().offset && head() != end()) {
    const std::string held = bytes.substr(bytes.size() - kHeldBytesMax);
    bytes.resize(spoken_until_ - input_.back().offset);
    input_.push_back({offset_ - kHeldBytesMax, held});
    end_chunk(false);
  } else if (bytes.size() > 2 * kHeldBytesMax) {
    const std::size_t surplus = bytes.size() - kHeldBytesMax;
    bytes.erase(0, surplus);
    input_.back().offset += surplus;
  }
}

void Passage::put(char32_t code, std::size_t begin, std::size_t end) {
  const CharacterKind kind = kind_of(code);
  if (kind == CharacterKind::dropped || kind == CharacterKind::emoji) return;
  if (kind == CharacterKind::space || kind == CharacterKind::line) {
    put_space(kind == CharacterKind::line ? '\n' : ' ', {begin, end});
    return;
  }
  // Letters and digits of full width, which East Asian keyboards write, are read as narrow ones.
  if (code >= 0xFF01 && code <= 0xFF5E && kind == CharacterKind::other) code -= 0xFEE0;
  std::string bytes;
  append_utf8(bytes, code);
  if (const auto space = std::exchange(region_space_, {})) append_space(' ', *space);
  settle_line_end(bytes);
  const bool is_apart = std::exchange(is_spaced_, false) && line_bytes_ > 0;
  line_bytes_ += bytes.size() + (is_apart ? 1 : 0);
  append(bytes, {begin, end});
}

void Passage::append(std::string_view bytes, Origin origin) {
  text_ += bytes;
  origins_.insert(origins_.end(), bytes.size(), origin);
  spoken_until_ = std::max(spoken_until_, origin.end);
}

void Passage::append_space(char space, Origin origin) {
  text_ += space;
  origins_.push_back(origin);
}

void Passage::put_space(char space, Origin origin) {
  is_spaced_ = true;
  if (in_region_) {
    if (end() > regions_.back().begin && !region_space_) region_space_ = origin;
    return;
  }
  if (space == '\n' && ++line_ends_ == 2) end_paragraph();
  const bool has_last = !is_last_settled();
  if (has_last && text_.back() == '\n') return;
  if (has_last && text_.back() == ' ') {
    if (space == ' ') return;
    text_.back() = '\n';
  } else {
    append_space(space, origin);
  }
  if (space == '\n') is_line_settled_ = false;
}

/// What is written last may have been given out, or may be at any moment.
bool Passage::is_last_settled() const noexcept {
  return text_.size() == head_ || (!marks_.empty() && marks_.back().at == end());
}

// Wrapped lines go on in lower case, or are long and stop anywhere.
void Passage::settle_line_end(std::string_view next) {
  if (line_ends_ == 0) return;
  const bool is_single = line_ends_ == 1 && !is_line_settled_;
  line_ends_ = 0;
  is_line_settled_ = false;
  const std::size_t length = std::exchange(line_bytes_, 0);
  if (is_last_settled() || text_.size() < head_ + 2 || text_.back() != '\n' || !is_single) return;
  const bool is_wrapped = length >= kWrappedBytesMin && !ends_clause(text_[text_.size() - 2]);
  if (is_lower(next.front()) || is_wrapped) text_.back() = ' ';
}

void Passage::end_line() {
  if (line_ends_ == 0) put_space('\n', {offset_, offset_});
  is_line_settled_ = true;
}

void Passage::end_paragraph() { marks_.push_back({Mark::Kind::paragraph, end(), kParagraphPause}); }
void Passage::pause(Millis length) { marks_.push_back({Mark::Kind::pause, end(), length}); }
void Passage::rate(float factor) { marks_.push_back({Mark::Kind::rate, end(), Millis{0}, factor}); }
void Passage::end_chunk(bool flush) {
  marks_.push_back({flush ? Mark::Kind::flush : Mark::Kind::end, end()});
}

void Passage::begin_region() {
  regions_.push_back({end(), end(), {}});
  in_region_ = true;
}

void Passage::end_region(std::string spoken) {
  PARLEY_CHECK(in_region_);
  in_region_ = false;
  regions_.back().end = end();
  regions_.back().spoken = std::move(spoken);
  if (const auto space = std::exchange(region_space_, {})) put_space(' ', *space);
}

void Passage::skip_space() {
  while (head_ < text_.size() && (text_[head_] == ' ' || text_[head_] == '\n')) ++head_;
  pass_marks();
}

void Passage::pass_marks() {
  for (; !marks_.empty() && marks_.front().at <= head(); marks_.pop_front()) {
    const Mark& mark = marks_.front();
    switch (mark.kind) {
      case Mark::Kind::end:
        break;
      case Mark::Kind::flush:
        before_.flushed = true;
        break;
      case Mark::Kind::rate:
        rate_ = mark.rate;
        break;
      case Mark::Kind::paragraph:
        if (!before_.asked) before_.pause = mark.pause;
        break;
      case Mark::Kind::pause:
        before_.pause = before_.asked ? before_.pause + mark.pause : mark.pause;
        before_.asked = true;
        break;
    }
  }
}

std::size_t Passage::next_end() const noexcept {
  return marks_.empty() ? kNone : marks_.front().at - head();
}

std::vector<Region> Passage::regions(std::size_t size) const {
  std::vector<Region> inside;
  for (const Region& region : regions_) {
    if (region.begin >= head() + size) break;
    if (region.end <= head()) continue;
    inside.push_back({region.begin - head(), region.end - head(), region.spoken});
  }
  return inside;
}

bool Passage::is_inside_region(std::size_t at) const noexcept {
  const std::size_t position = head() + at;
  const auto after = std::ranges::lower_bound(regions_, position, {}, &Region::begin);
  if (after == regions_.begin()) return false;
  const Region& region = *(after - 1);
  return (in_region_ && &region == &regions_.back()) || position < region.end;
}

std::size_t Passage::written_begin(std::size_t begin) const {
  return origins_[head_ + begin].begin;
}
std::size_t Passage::written_end(std::size_t end) const { return origins_[head_ + end - 1].end; }

std::string Passage::written(std::size_t begin, std::size_t end) const {
  const std::size_t from = written_begin(begin);
  const std::size_t to = written_end(end);
  for (const Stretch& stretch : input_) {
    if (from < stretch.offset + stretch.bytes.size()) {
      PARLEY_CHECK(from >= stretch.offset && to >= from);
      return stretch.bytes.substr(from - stretch.offset, to - from);
    }
  }
  return {};
}

Before Passage::take_before() noexcept { return std::exchange(before_, {}); }

void Passage::take(std::size_t size) {
  PARLEY_CHECK(size <= text_.size() - head_);
  if (size > 0) {
    const std::size_t until = written_end(size);
    while (input_.size() > 1 && input_[1].offset <= until) input_.pop_front();
    Stretch& first = input_.front();
    if (until - first.offset > kCompactBytes && until > first.offset) {
      first.bytes.erase(0, until - first.offset);
      first.offset = until;
    }
  }
  head_ += size;
  while (!regions_.empty() && regions_.front().end <= head() &&
         !(in_region_ && regions_.size() == 1)) {
    regions_.pop_front();
  }
  if (head_ < kCompactBytes || head_ * 2 < text_.size()) return;
  text_.erase(0, head_);
  origins_.erase(origins_.begin(), origins_.begin() + static_cast<std::ptrdiff_t>(head_));
  base_ += head_;
  head_ = 0;
}

}  // namespace parley::text
