// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_codes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "text/character.h"
#include "text/normalise/english_acronyms.h"
#include "text/normalise/english_numbers.h"
#include "text/normalise/number.h"
#include "text/normalise/spelling.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

std::vector<std::string_view> dotted_parts(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find('.'), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string version_part(std::string_view digits) {
  return digits.size() > 1 && digits.front() == '0' ? english_digits(digits)
                                                    : english_cardinal(digits);
}

/// "192.168.1.1": four numbers of a byte each.
std::optional<std::string> machine_address(const std::vector<std::string_view>& parts) {
  if (parts.size() != 4) return std::nullopt;
  std::string words;
  for (const std::string_view part : parts) {
    if (part.size() > 3 || value_of(part) > 255) return std::nullopt;
    if (!words.empty()) words += " dot ";
    words += part.size() == 3 ? english_digits(part) : english_cardinal(part);
  }
  return words;
}

/// Digits inside of a code.
std::string code_digits(std::string_view digits) {
  if (digits.front() == '0' && digits.size() > 1) return english_digits(digits);
  return digits.size() <= 4 ? english_short_code(digits) : english_digits(digits);
}

/// Letters inside of a code: a single one and all that are upper case are spelled.
std::string code_letters(std::string_view letters, bool is_before_digits) {
  if (letters.size() == 1 && is_letter(letters.front())) {
    const char letter = upper(letters.front());
    return letter == 'A' && !is_before_digits ? "A." : std::string(1, letter);
  }
  return english_acronym(letters, Around::code).value_or(std::string(letters));
}

struct Name {
  std::string_view written;
  std::string_view spoken;
};
constexpr std::array kNames = std::to_array<Name>({{"C#", "C sharp"},
                                                   {"F#", "F sharp"},
                                                   {"G#", "G sharp"},
                                                   {".NET", "dot net"},
                                                   {"Node.js", "Node J.S."},
                                                   {"Next.js", "Next J.S."},
                                                   {"Vue.js", "Vue J.S."},
                                                   {"H2O", "H-two-O"},
                                                   {"CO2", "C.O. two"},
                                                   {"CO₂", "C.O. two"},
                                                   {"H₂O", "H-two-O"}});

struct Run {
  enum class Kind : std::uint8_t { letters, digits, sign } kind;
  std::string_view text;
};

std::vector<Run> runs_of(std::string_view core) {
  std::vector<Run> runs;
  for (std::size_t at = 0; at < core.size();) {
    const char c = core[at];
    const Decoded character = decode_utf8(core, at);
    const bool is_sign_beyond = is_beyond_ascii(c) && character.code >= 0x2000 &&
                                character.code < 0x2C00;  // punctuation, arrows, mathematics
    const bool is_text = is_letter(c) || c == '\'' || (is_beyond_ascii(c) && !is_sign_beyond);
    Run::Kind kind = Run::Kind::sign;
    if (is_digit(c)) kind = Run::Kind::digits;
    if (is_text) kind = Run::Kind::letters;
    const bool is_same = !runs.empty() && runs.back().kind == kind && kind != Run::Kind::sign;
    // "iPhone", "PowerPoint" are one word, but "GmbH2" has two runs.
    if (is_same) {
      runs.back().text =
          core.substr(static_cast<std::size_t>(runs.back().text.data() - core.data()),
                      runs.back().text.size() + character.size);
    } else {
      runs.push_back({kind, core.substr(at, character.size)});
    }
    at += character.size;
  }
  return runs;
}

/// What a sign between two runs is called; empty when it is not read.
std::string_view sign_between(std::string_view sign, const Run* before, const Run* after,
                              bool is_sum) {
  const bool is_numeric = before != nullptr && after != nullptr &&
                          before->kind == Run::Kind::digits && after->kind == Run::Kind::digits;
  const bool is_inside = before != nullptr && after != nullptr;
  if (sign == "-") return is_sum && after != nullptr ? "minus" : "";
  if (sign == "*") return is_numeric ? "times" : "";
  if (sign == "/") return is_sum && is_numeric ? "divided by" : "";
  if (sign == "." && is_inside) return is_numeric ? "point" : "dot";
  if (sign == "_" || sign == "," || sign == ";" || sign == "!" || sign == "?" || sign == "'" ||
      sign == "\"" || sign == "(" || sign == ")" || sign == "{" || sign == "}" || sign == "[" ||
      sign == "]" || sign == "|" || sign == "^" || sign == "`") {
    return "";
  }
  if (sign == ":" || sign == "." || sign == "~") return "";
  if (sign == "$" || sign == "£" || sign == "€")
    return is_inside ? "" : english_sign(decode_utf8(sign, 0).code);
  if (sign == "×") return "times";
  if (sign == "÷") return "divided by";
  if (sign == "→") return "to";
  if (sign == "±") return "plus or minus";
  if (sign == "–") return is_numeric ? "to" : "";
  if (sign == "°") return "degrees";
  if (sign == "≤") return "less than or equal to";
  if (sign == "≥") return "greater than or equal to";
  if (sign == "≠") return "is not equal to";
  if (sign == "≈") return "approximately";
  return sign.size() == 1 ? english_sign(decode_utf8(sign, 0).code) : std::string_view();
}

}  // namespace

Reading read_english_version(const Place& place, Words& words) {
  std::string_view core = place.token().core;
  const bool has_v =
      core.size() > 1 && (core.front() == 'v' || core.front() == 'V') && is_digit(core[1]);
  if (has_v) core.remove_prefix(1);
  std::size_t end = 0;
  while (end < core.size() && (is_digit(core[end]) || core[end] == '.')) ++end;
  std::string_view rest = core.substr(end);
  const std::string_view number = core.substr(0, end);
  if (number.empty() || number.back() == '.' || (!rest.empty() && rest.front() != '-')) return {};
  const std::vector<std::string_view> parts = dotted_parts(number);
  if (!std::ranges::all_of(parts, is_all_digits)) return {};
  constexpr std::array kBefore = std::to_array<std::string_view>(
      {"version", "release", "python", "ubuntu", "debian", "node", "ios", "android", "java", "php",
       "chapter", "section", "figure", "fig", "table", "exercise"});
  const bool is_named = std::ranges::find(kBefore, place.previous()) != kBefore.end();
  const bool is_version = has_v || parts.size() >= 3 || (is_named && parts.size() == 2);
  if (!is_version) return {};
  std::string spoken = has_v ? "version " : "";
  if (const auto address = has_v ? std::nullopt : machine_address(parts)) {
    spoken = *address;
  } else {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) spoken += " point ";
      spoken += version_part(parts[i]);
    }
  }
  if (rest.size() > 1) (spoken += ' ') += english_code(rest.substr(1));
  say(words, place, 0, 1, std::move(spoken));
  return {1};
}

std::string english_code(std::string_view core) {
  const auto known = std::ranges::find(kNames, core, &Name::written);
  if (known != kNames.end()) return std::string(known->spoken);
  const std::vector<Run> runs = runs_of(core);
  const bool is_sum = core.find('=') != std::string_view::npos;
  std::string words;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    const Run* before = i > 0 ? &runs[i - 1] : nullptr;
    const Run* after = i + 1 < runs.size() ? &runs[i + 1] : nullptr;
    std::string said;
    char joint = ' ';
    if (run.kind == Run::Kind::digits) {
      const bool is_fraction = before != nullptr && before->text == "." && i >= 2 &&
                               runs[i - 2].kind == Run::Kind::digits;
      said = is_fraction ? english_digits(run.text) : code_digits(run.text);
      // "B-twelve": a voice takes a bare "A" for the article.
      if (before != nullptr && before->kind == Run::Kind::letters && before->text.size() == 1)
        joint = '-';
    } else if (run.kind == Run::Kind::letters) {
      const bool is_before_digits = after != nullptr && after->kind == Run::Kind::digits;
      said = code_letters(run.text, is_before_digits);
      const bool is_hyphen = before != nullptr && before->text == "-" && i >= 2;
      if (is_hyphen && runs[i - 2].kind == Run::Kind::letters && !words.ends_with('.')) joint = '-';
      if (is_hyphen && runs[i - 2].kind == Run::Kind::digits && is_lower(run.text.front()))
        joint = '-';
    } else {
      said = sign_between(run.text, before, after, is_sum);
      // A run of one sign is a line or a row of stars.
      const bool is_row = before != nullptr && before->text == run.text && before->text != "+";
      if (is_row) said.clear();
    }
    if (said.empty()) continue;
    if (!words.empty()) words += joint;
    words += said;
  }
  return words;
}

}  // namespace parley::text
