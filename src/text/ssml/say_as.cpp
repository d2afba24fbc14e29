// SPDX-License-Identifier: Apache-2.0
#include "text/ssml/say_as.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "text/character.h"
#include "text/normalise/chinese_numbers.h"
#include "text/normalise/english_dates.h"
#include "text/normalise/english_numbers.h"
#include "text/normalise/english_phones.h"
#include "text/normalise/french_numbers.h"
#include "text/normalise/spelling.h"

namespace parley::text {
namespace {

constexpr std::array kKinds = std::to_array<std::string_view>(
    {"cardinal", "number", "ordinal", "characters", "spell-out", "verbatim", "digits", "date",
     "time", "telephone", "currency", "unit", "fraction"});
constexpr std::array kDateFormats = std::to_array<std::string_view>(
    {"", "mdy", "dmy", "ymd", "ydm", "md", "dm", "ym", "my", "y", "m", "d"});

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \n\t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \n\t\r") - begin + 1);
}

std::string only_digits(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), is_digit);
  return digits;
}

std::optional<std::string> number(std::string_view content, bool is_ordinal, Language language) {
  const NumberMarks marks = language == Language::french ? kFrenchMarks : NumberMarks{};
  const std::optional<Number> value = parse_number(content, marks);
  if (!value) return std::nullopt;
  if (is_ordinal && !(value->is_whole() && value->sign == Number::Sign::none)) return std::nullopt;
  switch (language) {
    case Language::english:
      return is_ordinal ? english_ordinal(value->integer) : english_number(*value);
    case Language::french:
      return is_ordinal ? french_ordinal(value->integer) : french_number(*value);
    case Language::chinese:
      return is_ordinal ? "第" + chinese_cardinal(value->integer) : chinese_number(*value);
    case Language::other:
      return std::string(content);
  }
  return std::nullopt;
}

std::string digits_of(std::string_view digits, Language language) {
  switch (language) {
    case Language::english:
      return english_digits(digits);
    case Language::french:
      return french_digits(digits);
    case Language::chinese:
      return chinese_digits(digits);
    case Language::other:
      break;
  }
  std::string apart;
  for (const char c : digits) (apart += apart.empty() ? "" : " ") += c;
  return apart;
}

}  // namespace

Status check_say_as(std::string_view interpret_as, std::string_view format) {
  if (std::ranges::find(kKinds, interpret_as) == kKinds.end()) {
    std::string known;
    for (const std::string_view kind : kKinds) (known += known.empty() ? "" : ", ") += kind;
    return Error{
        ErrorCode::invalid_argument,
        "say-as: interpret-as: '" + std::string(interpret_as) + "' is not one of " + known};
  }
  if (interpret_as == "date" && std::ranges::find(kDateFormats, format) == kDateFormats.end()) {
    return Error{ErrorCode::invalid_argument, "say-as: format: '" + std::string(format) +
                                                  "' is not one of mdy, dmy, ymd, ydm, "
                                                  "md, dm, ym, my, y, m, d"};
  }
  return {};
}

Result<std::string> say_as(std::string_view content, std::string_view interpret_as,
                           std::string_view format, const Reader& reader) {
  content = trimmed(content);
  if (content.empty()) return std::string();
  std::optional<std::string> spoken;
  const std::string digits = only_digits(content);
  if (interpret_as == "cardinal" || interpret_as == "number") {
    spoken = number(content, false, reader.language);
  } else if (interpret_as == "ordinal") {
    spoken = number(content, true, reader.language);
  } else if (interpret_as == "digits") {
    if (!digits.empty()) spoken = digits_of(digits, reader.language);
  } else if (interpret_as == "characters" || interpret_as == "spell-out" ||
             interpret_as == "verbatim") {
    spoken = spelled_english(content);
  } else if (interpret_as == "telephone" && reader.language == Language::english) {
    if (digits.size() >= 3) spoken = english_phone(content);
  } else if (interpret_as == "date" && reader.language == Language::english) {
    spoken = english_date(content, format);
    if (!spoken && !digits.empty()) spoken = spoken_text(content, reader);
  } else if (!digits.empty()) {
    Reader plain = reader;
    plain.normalise = true;
    spoken = spoken_text(content, plain);
  }
  if (!spoken) {
    return Error{
        ErrorCode::invalid_argument,
        "say-as: '" + std::string(content) + "' cannot be read as " + std::string(interpret_as)};
  }
  return *std::move(spoken);
}

}  // namespace parley::text
