// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_words.h"

#include <algorithm>
#include <cmath>

#include <boost/json.hpp>

#include "backend/onnx/utf8_character.h"

namespace parley::backend {
namespace {

namespace json = boost::json;
using media::MediaTime;

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // ▁
constexpr std::string_view kGoesOn = "@@";
/// A piece whose length is not told lasts until the next one, and no longer than this.
constexpr MediaTime kPieceLength = MediaTime::from_ms(240);

MediaTime seconds(float value) { return MediaTime::from_ms(std::llround(value * 1000.0F)); }

/// True: there was a space before it, which is gone.
bool take_space(std::string_view& piece) {
  const bool has_mark = piece.starts_with(kSpaceMark);
  if (has_mark) piece.remove_prefix(kSpaceMark.size());
  if (!has_mark && piece.starts_with(' ')) {
    piece.remove_prefix(1);
    return true;
  }
  return has_mark;
}

bool is_byte(std::string_view piece) { return piece.starts_with("<0x") && piece.ends_with('>'); }

/// Han and kana, which are written without spaces.
bool is_spaceless(std::string_view piece) {
  const char32_t first = take_character(piece);
  return (first >= 0x2E80 && first <= 0x9FFF) || (first >= 0xF900 && first <= 0xFAFF);
}

}  // namespace

std::vector<media::WordTime> sherpa_words(const SherpaPieces& pieces, MediaTime end) {
  std::vector<media::WordTime> words;
  const std::span tokens = pieces.tokens;
  if (pieces.times.size() != tokens.size()) return words;
  const bool has_spaces =
      std::ranges::any_of(tokens, [](std::string_view piece) { return take_space(piece); });
  bool is_open = false;  // the last word takes more pieces
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::string_view piece = tokens[i];
    if (is_byte(piece)) return {};
    const bool has_space = take_space(piece);
    const bool goes_on = piece.ends_with(kGoesOn);
    if (goes_on) piece.remove_suffix(kGoesOn.size());
    const bool stands_alone = is_spaceless(piece);
    const MediaTime begin = std::min(end, seconds(pieces.times[i]));
    const MediaTime next = i + 1 < tokens.size() ? seconds(pieces.times[i + 1]) : end;
    const MediaTime length = pieces.lengths.size() == tokens.size() && pieces.lengths[i] > 0.0F
                                 ? seconds(pieces.lengths[i])
                                 : kPieceLength;
    if (!is_open || has_space || stands_alone)
      words.push_back({.text = {}, .begin = begin, .end = {}});
    words.back().text += piece;
    words.back().end = std::max(begin, std::min({end, next, begin + length}));
    is_open = !stands_alone && (has_spaces || goes_on);
  }
  std::erase_if(words, [](const media::WordTime& word) { return word.text.empty(); });
  return words;
}

std::vector<media::TokenScore> sherpa_scores(const char* text,
                                             std::span<const char* const> tokens) {
  if (text == nullptr) return {};
  boost::system::error_code failure;
  const json::value result = json::parse(text, failure);  // it may hold nan, which is no JSON
  if (failure || !result.is_object()) return {};
  const json::value* const found = result.get_object().if_contains("ys_probs");
  const json::array* const logprobs = found == nullptr ? nullptr : found->if_array();
  if (logprobs == nullptr || logprobs->size() != tokens.size()) return {};
  std::vector<media::TokenScore> scores;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    boost::system::error_code is_none;
    const double logprob = (*logprobs)[i].to_number<double>(is_none);
    if (is_none) return {};
    scores.push_back({tokens[i], std::min(logprob, 0.0)});
  }
  return scores;
}

std::string sherpa_label(const char* label) {
  std::string_view text = label == nullptr ? "" : label;
  if (text.starts_with("<|") && text.ends_with("|>") && text.size() >= 4) {
    text = text.substr(2, text.size() - 4);
  }
  const bool says_nothing = text == "EMO_UNKNOWN" || text == "Event_UNK" || text == "nospeech";
  return says_nothing ? std::string() : std::string(text);
}

std::string sherpa_text_of(const char* text) {
  std::string_view trimmed = text == nullptr ? "" : text;
  while (trimmed.starts_with(' ')) trimmed.remove_prefix(1);
  while (trimmed.ends_with(' ')) trimmed.remove_suffix(1);
  return std::string(trimmed);
}

}  // namespace parley::backend
