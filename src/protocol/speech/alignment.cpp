// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/alignment.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace parley::protocol {
namespace {

using media::MediaTime;
using media::WordTime;

/// A monotone function through points, straight between them and constant outside.
class Curve {
 public:
  void add(double x, double y) {
    if (!points_.empty()) {
      x = std::max(x, points_.back().x);
      y = std::max(y, points_.back().y);
    }
    points_.push_back({x, y});
  }
  [[nodiscard]] bool empty() const { return points_.empty(); }
  /// REQUIRES: not empty. Where it jumps: the value after the jump.
  [[nodiscard]] double at(double x) const {
    const auto right = std::ranges::upper_bound(points_, x, {}, &Point::x);
    if (right == points_.begin()) return points_.front().y;
    if (right == points_.end()) return points_.back().y;
    const Point& left = *std::prev(right);
    const double part = (x - left.x) / (right->x - left.x);
    return left.y + part * (right->y - left.y);
  }

 private:
  struct Point {
    double x;
    double y;
  };
  std::vector<Point> points_;
};

std::size_t next_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return at;
}

/// Byte of `spoken` → flicks.
Curve time_curve(std::string_view spoken, std::span<const WordTime> words,
                 std::span<const WordTime> phonemes) {
  Curve curve;
  std::size_t cursor = 0;
  std::size_t phoneme = 0;
  for (const WordTime& word : words) {
    const std::size_t found = word.text.empty() ? spoken.npos : spoken.find(word.text, cursor);
    if (found == spoken.npos) continue;
    cursor = found + word.text.size();
    while (phoneme < phonemes.size() && phonemes[phoneme].begin < word.begin) ++phoneme;
    std::size_t last = phoneme;
    while (last < phonemes.size() && phonemes[last].begin < word.end) ++last;
    const auto begin = static_cast<double>(found);
    const auto length = static_cast<double>(word.text.size());
    const auto count = static_cast<double>(last - phoneme);
    curve.add(begin, static_cast<double>(word.begin.flicks));
    for (std::size_t i = phoneme + 1; i < last; ++i) {
      curve.add(begin + length * static_cast<double>(i - phoneme) / count,
                static_cast<double>(phonemes[i].begin.flicks));
    }
    curve.add(begin + length, static_cast<double>(word.end.flicks));
    phoneme = last;
  }
  return curve;
}

/// Byte of `written` → byte of `form.text`.
Curve byte_curve(std::string_view written, const media::SpokenForm& form) {
  Curve curve;
  curve.add(0.0, 0.0);
  for (const media::SpokenForm::Span& span : form.spans) {
    curve.add(static_cast<double>(span.written_begin), static_cast<double>(span.spoken_begin));
    curve.add(static_cast<double>(span.written_end), static_cast<double>(span.spoken_end));
  }
  curve.add(static_cast<double>(written.size()), static_cast<double>(form.text.size()));
  return curve;
}

MediaTime flicks(double value) { return {static_cast<std::int64_t>(std::llround(value))}; }

/// `time_at(byte)` is monotone.
template <typename TimeAt>
std::vector<TimedCharacter> characters_of(std::string_view text, TimeAt time_at) {
  std::vector<TimedCharacter> characters;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = next_character(text, at);
    characters.push_back(
        {std::string(text.substr(at, end - at)), flicks(time_at(at)), flicks(time_at(end))});
    at = end;
  }
  return characters;
}

}  // namespace

std::vector<TimedCharacter> align_spoken(std::string_view spoken, std::span<const WordTime> words,
                                         std::span<const WordTime> phonemes) {
  const Curve times = time_curve(spoken, words, phonemes);
  if (times.empty()) return {};
  return characters_of(spoken,
                       [&](std::size_t byte) { return times.at(static_cast<double>(byte)); });
}

std::vector<TimedCharacter> align_written(std::string_view written, const media::SpokenForm& form,
                                          std::span<const WordTime> words,
                                          std::span<const WordTime> phonemes) {
  const Curve times = time_curve(form.text, words, phonemes);
  if (times.empty()) return {};
  const Curve bytes = byte_curve(written, form);
  return characters_of(
      written, [&](std::size_t byte) { return times.at(bytes.at(static_cast<double>(byte))); });
}

void Alignment::append(std::vector<TimedCharacter> characters, MediaTime begin) {
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(next_));
  next_ = 0;
  for (TimedCharacter& one : characters) {
    one.begin += begin;
    one.end += begin;
    waiting_.push_back(std::move(one));
  }
}

std::vector<TimedCharacter> Alignment::take_before(MediaTime end) {
  std::vector<TimedCharacter> taken;
  for (; next_ < waiting_.size() && waiting_[next_].begin < end; ++next_) {
    taken.push_back(std::move(waiting_[next_]));
    taken.back().end = std::min(taken.back().end, end);
  }
  return taken;
}

}  // namespace parley::protocol
