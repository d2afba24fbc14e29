// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/whisper_vocabulary.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "backend/utf8_assembler.h"

namespace parley::backend {
namespace {

constexpr std::string_view kOpen = "<|";
constexpr std::string_view kClose = "|>";
constexpr std::size_t kWordBytesMax = 256;

// Where the model's code is not that of ISO 639-1, or a caller may use another one.
struct OtherCode {
  std::string_view iso;
  std::string_view model;
};
constexpr std::array<OtherCode, 3> kOtherCodes{{{"jv", "jw"}, {"nb", "no"}, {"iw", "he"}}};

/// The ids of "1,2,3" that are below `end`: others are not looked at.
Result<std::vector<std::int64_t>> read_ids(std::string_view list, std::int64_t end) {
  std::vector<std::int64_t> ids;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::int64_t id = 0;
    const auto [stop, error] = std::from_chars(list.data(), list.data() + comma, id);
    if (error != std::errc() || stop != list.data() + comma || id < 0) {
      return Error{ErrorCode::data_corrupt, "not the expected model: a list of suppressed tokens"};
    }
    if (id <= end) ids.push_back(id);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return ids;
}

}  // namespace

Result<WhisperVocabulary> WhisperVocabulary::make(TokenTable tokens, const Suppressed& suppressed) {
  WhisperVocabulary made(std::move(tokens));
  made.end_ = made.find("endoftext");
  made.begin_ = made.find("startoftranscript");
  made.transcribe_ = made.find("transcribe");
  made.translate_ = made.find("translate");
  made.no_timestamps_ = made.find("notimestamps");
  made.previous_ = made.find("startofprev");
  made.no_speech_ = std::max(made.find("nospeech"), made.find("nocaptions"));
  const auto special = {made.begin_, made.translate_, made.transcribe_, made.no_speech_,
                        made.no_timestamps_};
  if (made.end_ < 0 || std::ranges::any_of(special, [&](auto id) { return id <= made.end_; })) {
    return Error{ErrorCode::data_corrupt, "not the tokens of a multilingual Whisper"};
  }
  // The languages stand between the two.
  for (std::int64_t id = made.begin_ + 1; id < std::min(made.translate_, made.transcribe_); ++id) {
    made.languages_.push_back(id);
  }
  if (made.languages_.empty()) {
    return Error{ErrorCode::data_corrupt, "not the tokens of a multilingual Whisper"};
  }
  for (std::int64_t id = 0; id < made.end_; ++id) {
    if (!made.tokens_.bytes(id).empty()) made.by_bytes_.push_back(id);
  }
  std::ranges::stable_sort(made.by_bytes_, {},
                           [&made](std::int64_t id) { return made.tokens_.bytes(id); });
  PARLEY_TRY(made.never_, read_ids(suppressed.always, made.end_));
  PARLEY_TRY(made.never_first_, read_ids(suppressed.first, made.end_));
  return made;
}

/// -1 when there is none.
std::int64_t WhisperVocabulary::find(std::string_view special) const noexcept {
  // Special tokens come last.
  for (auto id = static_cast<std::int64_t>(tokens_.size()) - 1; id >= 0; --id) {
    std::string_view name = tokens_.bytes(id);
    if (!name.starts_with(kOpen) || !name.ends_with(kClose)) continue;
    name.remove_prefix(kOpen.size());
    name.remove_suffix(kClose.size());
    if (name == special) return id;
  }
  return -1;
}

std::optional<std::int64_t> WhisperVocabulary::language(std::string_view code) const {
  std::string wanted(code.substr(0, code.find_first_of("-_")));
  std::ranges::transform(wanted, wanted.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto other = std::ranges::find(kOtherCodes, wanted, &OtherCode::iso);
  if (other != kOtherCodes.end()) wanted = other->model;
  const std::int64_t id = find(wanted);
  if (std::ranges::find(languages_, id) == languages_.end()) return std::nullopt;
  return id;
}

std::string WhisperVocabulary::code(std::int64_t language) const {
  std::string_view name = tokens_.bytes(language);
  if (name.size() < kOpen.size() + kClose.size()) return {};
  name.remove_prefix(kOpen.size());
  name.remove_suffix(kClose.size());
  return std::string(name == "jw" ? "jv" : name);
}

std::int64_t WhisperVocabulary::likeliest_language(std::span<const float> scores) const noexcept {
  return *std::ranges::max_element(
      languages_, {}, [scores](std::int64_t id) { return scores[static_cast<std::size_t>(id)]; });
}

double WhisperVocabulary::no_speech(std::span<const float> scores) const noexcept {
  const auto top = static_cast<double>(*std::ranges::max_element(scores));
  double sum = 0.0;
  for (const float score : scores) sum += std::exp(static_cast<double>(score) - top);
  const auto own = static_cast<double>(scores[static_cast<std::size_t>(no_speech_)]);
  return std::exp(own - top) / sum;
}

std::optional<std::int64_t> WhisperVocabulary::previous() const noexcept {
  return previous_ > end_ ? std::optional(previous_) : std::nullopt;
}

std::int64_t WhisperVocabulary::id_of(std::string_view bytes) const noexcept {
  const auto found = std::ranges::lower_bound(
      by_bytes_, bytes, {}, [this](std::int64_t id) { return tokens_.bytes(id); });
  return found == by_bytes_.end() || tokens_.bytes(*found) != bytes ? -1 : *found;
}

std::vector<std::int64_t> WhisperVocabulary::encode(std::string_view text) const {
  std::vector<std::int64_t> ids;
  while (!text.empty()) {
    // A word has the space before it.
    const std::size_t end = std::min(text.find(' ', 1), text.size());
    encode_word(text.substr(0, end), ids);
    text.remove_prefix(end);
  }
  return ids;
}

void WhisperVocabulary::encode_word(std::string_view word, std::vector<std::int64_t>& ids) const {
  if (word.size() > kWordBytesMax) return;  // no word: merging takes the square of its length
  std::vector<std::string_view> parts;
  for (std::size_t i = 0; i < word.size(); ++i) parts.push_back(word.substr(i, 1));
  while (true) {
    std::size_t best = 0;
    std::int64_t best_id = -1;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const std::int64_t id = id_of({parts[i].data(), parts[i].size() + parts[i + 1].size()});
      if (id < 0 || (best_id >= 0 && id >= best_id)) continue;
      best = i;
      best_id = id;
    }
    if (best_id < 0) break;
    parts[best] = {parts[best].data(), parts[best].size() + parts[best + 1].size()};
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  for (const std::string_view part : parts) {
    const std::int64_t id = id_of(part);
    if (id >= 0) ids.push_back(id);
  }
}

void WhisperVocabulary::suppress(std::span<float> scores, bool is_first) const noexcept {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (const std::int64_t id : never_) scores[static_cast<std::size_t>(id)] = kNever;
  if (!is_first) return;
  for (const std::int64_t id : never_first_) scores[static_cast<std::size_t>(id)] = kNever;
}

std::string_view WhisperVocabulary::piece(std::int64_t id) const noexcept {
  return id < end_ ? tokens_.bytes(id) : std::string_view();
}

std::string WhisperVocabulary::text(std::span<const std::int64_t> ids) const {
  std::string out;
  Utf8Assembler characters;  // never told that it is over: what is not whole is left out
  for (const std::int64_t id : ids) characters.push(piece(id), out);
  const std::size_t first = out.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

}  // namespace parley::backend
