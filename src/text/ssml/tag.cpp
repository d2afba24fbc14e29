// SPDX-License-Identifier: Apache-2.0
#include "text/ssml/tag.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "text/character.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_name_byte(char c) {
  return is_letter(c) || is_digit(c) || is_beyond_ascii(c) || c == '-' || c == '_' || c == ':' ||
         c == '.';
}

Error wrong(std::string message) { return Error{ErrorCode::invalid_argument, std::move(message)}; }

std::string_view take_name(std::string_view& rest) {
  std::size_t end = 0;
  while (end < rest.size() && is_name_byte(rest[end])) ++end;
  const std::string_view name = rest.substr(0, end);
  rest.remove_prefix(end);
  return name;
}

void skip_space(std::string_view& rest) {
  while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
}

Result<std::string> resolved(std::string_view value) {
  std::string out;
  while (!value.empty()) {
    const std::size_t end = value.front() == '&' ? value.find(';') : std::string_view::npos;
    if (value.front() != '&') {
      out += value.front();
      value.remove_prefix(1);
      continue;
    }
    const std::optional<char32_t> code =
        end == std::string_view::npos ? std::nullopt : entity(value.substr(1, end - 1));
    if (!code) return wrong("an `&` that begins no known entity; write &amp;");
    append_utf8(out, *code);
    value.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string_view Tag::attribute(std::string_view wanted) const {
  for (const auto& [attribute_name, value] : attributes) {
    if (attribute_name == wanted) return value;
  }
  return {};
}

Result<Tag> parse_tag(std::string_view inside) {
  Tag tag;
  if (inside.starts_with('/')) {
    tag.is_end = true;
    inside.remove_prefix(1);
  }
  if (inside.ends_with('/')) {
    tag.is_empty = true;
    inside.remove_suffix(1);
  }
  tag.name = take_name(inside);
  if (tag.name.empty()) return wrong("a `<` that begins no tag; write &lt;");
  while (true) {
    const bool is_apart = !inside.empty() && is_space(inside.front());
    skip_space(inside);
    if (inside.empty()) break;
    const std::string name(take_name(inside));
    if (name.empty() || !is_apart || tag.is_end) return wrong(tag.name + ": not a tag");
    skip_space(inside);
    if (!inside.starts_with('=')) return wrong(tag.name + ": " + name + ": has no value");
    inside.remove_prefix(1);
    skip_space(inside);
    const char quote = inside.empty() ? ' ' : inside.front();
    const std::size_t end =
        quote == '"' || quote == '\'' ? inside.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos)
      return wrong(tag.name + ": " + name + ": the value is not in quotes");
    Result<std::string> value = resolved(inside.substr(1, end - 1));
    if (!value) return value.error().with_context(tag.name + ": " + name);
    tag.attributes.emplace_back(name, *std::move(value));
    inside.remove_prefix(end + 1);
  }
  if (tag.is_end && tag.is_empty) return wrong(tag.name + ": not a tag");
  return tag;
}

std::optional<char32_t> entity(std::string_view name) {
  struct Named {
    std::string_view name;
    char32_t code;
  };
  constexpr std::array kNamed = std::to_array<Named>(
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xA0}});
  const auto named = std::ranges::find(kNamed, name, &Named::name);
  if (named != kNamed.end()) return named->code;
  if (!name.starts_with('#') || name.size() < 2) return std::nullopt;
  const bool is_hex = name[1] == 'x';
  const std::string_view digits = name.substr(is_hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
  const bool is_scalar = code > 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  if (error != std::errc() || end != digits.data() + digits.size() || !is_scalar) {
    return std::nullopt;
  }
  return static_cast<char32_t>(code);
}

}  // namespace parley::text
