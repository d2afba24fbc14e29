// SPDX-License-Identifier: Apache-2.0
#include "protocol/header_value.h"

#include <algorithm>
#include <cstddef>

namespace parley::protocol {
namespace {

constexpr std::string_view kBlanks = " \t";

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// RFC 8187: charset, language, percent-encoded bytes. Nothing unless it is UTF-8 and whole.
std::optional<std::string> extended_value(std::string_view text) {
  const std::size_t charset = text.find('\'');
  if (charset == std::string_view::npos) return std::nullopt;
  const std::size_t language = text.find('\'', charset + 1);
  if (language == std::string_view::npos) return std::nullopt;
  if (lower_case(text.substr(0, charset)) != "utf-8") return std::nullopt;
  text.remove_prefix(language + 1);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

/// Takes a quoted string off the front of `text`, which begins with its quote. A backslash hides
/// only a quote or a backslash: browsers leave those of `C:\new.wav` alone.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    const bool is_hidden =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (is_hidden) ++i;
    out += text[i];
  }
  return std::nullopt;
}

std::string_view take_until(std::string_view& text, std::string_view ends) {
  const std::size_t end = std::min(text.find_first_of(ends), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return without_blanks(taken);
}

void drop_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
}

/// One `name=value`, of which `text` is the rest behind the semicolon.
bool take_parameter(std::string_view& text, HeaderValue& value) {
  std::string name = lower_case(take_until(text, "=;"));
  if (text.empty() || text.front() == ';') return name.empty();  // `; ;` is harmless
  if (name.empty()) return false;
  text.remove_prefix(1);
  drop_blanks(text);
  std::string content;
  if (!text.empty() && text.front() == '"') {
    std::optional<std::string> quoted = take_quoted(text);
    if (!quoted || !take_until(text, ";").empty()) return false;
    content = std::move(*quoted);
  } else {
    content = take_until(text, ";");
  }
  if (!name.ends_with('*')) {
    value.parameters.emplace_back(std::move(name), std::move(content));
    return true;
  }
  name.pop_back();
  if (std::optional<std::string> decoded = extended_value(content)) {
    value.parameters.insert(value.parameters.begin(), {std::move(name), std::move(*decoded)});
  }
  return true;  // one that we cannot read is passed over: the plain one is beside it
}

}  // namespace

const std::string* HeaderValue::parameter(std::string_view name) const {
  const auto found = std::ranges::find_if(
      parameters, [&](const auto& parameter) { return parameter.first == name; });
  return found == parameters.end() ? nullptr : &found->second;
}

std::optional<HeaderValue> parse_header_value(std::string_view text) {
  HeaderValue value{.word = lower_case(take_until(text, ";")), .parameters = {}};
  while (!text.empty()) {
    text.remove_prefix(1);  // the semicolon
    if (!take_parameter(text, value)) return std::nullopt;
  }
  return value;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

std::string_view without_blanks(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace parley::protocol
