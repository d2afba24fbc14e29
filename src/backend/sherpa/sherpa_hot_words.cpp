// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_hot_words.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "base/log.h"
#include "base/utf8.h"

namespace parley::backend {
namespace {

/// Between two words of a text.
constexpr char kNext = '/';
/// Sherpa's own marks, wherever they stand.
constexpr std::string_view kMarks = "/:#@";
constexpr std::string_view kCharacters = "cjkchar";
constexpr std::string_view kCharactersAndPieces = "cjkchar+bpe";

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
/// Of an ASCII letter.
void change_case(std::string& letter) { letter.front() = static_cast<char>(letter.front() ^ 0x20); }
bool is_ascii(std::string_view character) {
  return character.size() == 1 && static_cast<unsigned char>(character.front()) < 0x80;
}
/// What stands between words, or may be left out: blanks, punctuation, control characters.
bool is_no_letter(std::string_view character) {
  if (!is_ascii(character)) return false;
  const char c = character.front();
  return !is_upper(c) && !is_lower(c) && !(c >= '0' && c <= '9');
}
/// Sherpa takes characters of one byte or two for parts of a word, and others for words.
bool stands_alone(std::string_view character) { return character.size() >= 3; }

/// The valid character at the start; of what is none a byte, which no token has.
std::string_view take_one(std::string_view& rest) {
  const std::string_view one = rest.substr(0, std::max<std::size_t>(utf8_character_size(rest), 1));
  rest.remove_prefix(one.size());
  return one;
}

}  // namespace

Result<std::unique_ptr<const SherpaHotWords>> SherpaHotWords::make(const SherpaModel& model,
                                                                   std::vector<std::string> own) {
  std::string tokens;
  if (!model.modeling_unit.empty()) {
    const std::string& path = model.files.at("tokens");
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error{ErrorCode::not_found, path + ": it cannot be read"};
    tokens.assign(std::istreambuf_iterator<char>(file), {});
  }
  return std::make_unique<const SherpaHotWords>(tokens, model.modeling_unit, model.folder, own);
}

SherpaHotWords::SherpaHotWords(std::string_view tokens, std::string unit, std::string folder,
                               const std::vector<std::string>& own)
    : unit_(std::move(unit)), folder_(std::move(folder)) {
  std::istringstream lines{std::string(tokens)};
  bool has_upper = false;
  bool has_lower = false;
  for (std::string line; std::getline(lines, line);) {
    const std::string token = line.substr(0, line.find_first_of(" \t"));
    const bool is_mark = token.empty() || token.starts_with('<') || token.starts_with('#');
    if (is_mark) continue;
    has_upper = has_upper || std::ranges::any_of(token, is_upper);
    has_lower = has_lower || std::ranges::any_of(token, is_lower);
    tokens_.insert(token);
  }
  if (has_upper != has_lower) letters_ = has_upper ? Letters::upper : Letters::lower;
  if (!unit_.empty()) {
    append(own_, own);
  } else if (!own.empty()) {
    tell_that_it_takes_none();
  }
}

std::string SherpaHotWords::of(const model::AsrHintsRef& hints) const {
  if (hints == nullptr || hints->hot_words.empty()) return own_;
  if (unit_.empty()) {
    tell_that_it_takes_none();
    return {};
  }
  std::string text = own_;
  append(text, hints->hot_words);
  return text;
}

void SherpaHotWords::tell_that_it_takes_none() const {
  if (is_told_.exchange(true)) return;
  log::warn("this recogniser leans towards no hot words",
            {{"model", folder_}, {"why", "its sherpa.json has no modeling_unit"}});
}

void SherpaHotWords::append(std::string& text, const std::vector<std::string>& words) const {
  for (const std::string& word : words) {
    const std::optional<std::string> known = spelled(word);
    if (!known || known->empty()) continue;
    if (text.size() + known->size() + 1 > kSherpaHotWordsBytesMax) return;
    if (!text.empty()) text += kNext;
    text += *known;
  }
}

std::optional<std::string> SherpaHotWords::spelled(std::string_view word) const {
  std::string text;
  std::size_t run = 0;  // where the last one begins in `text`
  const auto close = [&] {
    const bool is_written = run == text.size() || writes(std::string_view(text).substr(run));
    if (!text.empty() && text.back() != ' ') text += ' ';
    run = text.size();
    return is_written;
  };
  while (!word.empty()) {
    std::string one(take_one(word));
    if (letters_ == Letters::upper && is_lower(one.front())) change_case(one);
    if (letters_ == Letters::lower && is_upper(one.front())) change_case(one);
    const bool is_mark = kMarks.find(one) != std::string_view::npos;
    if (is_mark || (is_no_letter(one) && !tokens_.contains(one))) {
      if (!close()) return std::nullopt;
    } else if (stands_alone(one)) {
      // Joined to what stands before it, as it is written; sherpa parts them.
      if (!writes(one)) return std::nullopt;
      if (run < text.size() && !writes(std::string_view(text).substr(run))) return std::nullopt;
      text += one;
      run = text.size();
    } else {
      text += one;
    }
  }
  if (!close()) return std::nullopt;
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

bool SherpaHotWords::writes(std::string_view run) const {
  const bool has_pieces = unit_ != kCharacters;
  const bool begins_with_letter = is_upper(run.front()) || is_lower(run.front());
  const bool is_cut = has_pieces && (unit_ != kCharactersAndPieces || begins_with_letter);
  if (!is_cut) return tokens_.contains(run);
  while (!run.empty()) {
    if (!tokens_.contains(take_one(run))) return false;
  }
  return true;
}

}  // namespace parley::backend
