// SPDX-License-Identifier: Apache-2.0
#include "protocol/form_reader.h"

#include <charconv>
#include <cmath>

#include "base/json_text.h"
#include "base/utf8.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kQuotedBytesMax = 100;  // of a client's value in a message
constexpr std::array<Choice<bool>, 6> kBooleans{{{"true", true},
                                                 {"false", false},
                                                 {"True", true},
                                                 {"False", false},
                                                 {"1", true},
                                                 {"0", false}}};

}  // namespace

const FormPart* FormReader::find(std::string_view name) {
  const FormPart* found = nullptr;
  for (const FormPart& part : form_.parts) {
    if (part.name != name) continue;
    if (found != nullptr) {
      problems_.report(invalid_value(
          std::string(name), "Invalid value for '" + std::string(name) + "': it is given twice."));
      break;
    }
    found = &part;
  }
  return found;
}

std::optional<std::string> FormReader::text(std::string_view name, std::size_t characters_max) {
  const FormPart* part = find(name);
  return part == nullptr ? std::nullopt : text_of(*part, characters_max);
}

std::optional<double> FormReader::number(std::string_view name, double min, double max) {
  const std::optional<std::string> word = text(name, 0);
  if (!word) return std::nullopt;
  const std::optional<double> number = number_of(*word);
  if (number && *number >= min && *number <= max) return number;
  std::string expected = "a number between ";
  json_text::append_number(expected, min);
  expected += " and ";
  json_text::append_number(expected, max);
  problems_.report(unexpected_text(name, expected, *word));
  return std::nullopt;
}

std::optional<bool> FormReader::boolean(std::string_view name) {
  const std::optional<std::string> word = text(name, 0);
  if (!word) return std::nullopt;
  const std::optional<bool> flag = value_of(*word, kBooleans);
  if (!flag) problems_.report(unexpected_text(name, "'true' or 'false'", *word));
  return flag;
}

std::vector<std::string> FormReader::texts(std::string_view name, std::size_t count_max,
                                           std::size_t characters_max) {
  const std::string list_name = std::string(name) + "[]";
  std::vector<std::string> list;
  for (const FormPart& part : form_.parts) {
    if (part.name != name && part.name != list_name) continue;
    std::optional<std::string> text = text_of(part, characters_max);
    if (!text) continue;
    if (list.size() == count_max) {
      problems_.report(invalid_value(
          std::string(name), "Invalid value for '" + std::string(name) + "': expected at most " +
                                 std::to_string(count_max) + " elements."));
      break;
    }
    list.push_back(std::move(*text));
  }
  return list;
}

std::optional<std::string> FormReader::text_of(const FormPart& part, std::size_t characters_max) {
  if (part.bytes.empty()) return std::nullopt;
  if (!is_utf8(part.bytes)) {
    problems_.report(
        invalid_value(part.name, "Invalid value for '" + part.name + "': expected text in UTF-8."));
    return std::nullopt;
  }
  const std::size_t length = characters_max == 0 ? 0 : characters_in(part.bytes);
  if (length > characters_max) {
    problems_.report(string_too_long(part.name, characters_max, length));
    return std::nullopt;
  }
  return std::string(part.bytes);
}

std::optional<double> number_of(std::string_view text) noexcept {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = failure == std::errc() && end == text.data() + text.size();
  return is_whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

ProtocolError unexpected_text(std::string_view name, std::string_view expected,
                              std::string_view got) {
  std::string message = "Invalid value for '" + std::string(name) + "': expected ";
  message += expected;
  message += ", but got '";
  message += got.substr(0, character_begin(got, kQuotedBytesMax));
  message += got.size() > kQuotedBytesMax ? "...' instead." : "' instead.";
  return invalid_value(std::string(name), std::move(message));
}

}  // namespace parley::protocol
