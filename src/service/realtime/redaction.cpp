// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/redaction.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace parley::service {
namespace {

constexpr std::string_view kInstead = "[redacted]";

struct Named {
  std::string_view name;
  const char* pattern;
};
// As people write them, and as recognition writes what they say: digits with anything between.
constexpr std::array<Named, 4> kNamed{{
    {"email", "[[:alnum:]._%+-]+(@| at )[[:alnum:]-]+((\\.| dot )[[:alnum:]-]+)+"},
    {"phone", "\\+?[0-9]([ ()./-]*[0-9]){6,14}"},
    {"card", "[0-9]([ -]?[0-9]){12,18}"},
    {"number", "[0-9]+"},
}};

std::string replaced(const regex_t& pattern, const std::string& text) {
  std::string out;
  std::size_t at = 0;
  regmatch_t found{};
  while (at < text.size() &&
         regexec(&pattern, text.c_str() + at, 1, &found, at == 0 ? 0 : REG_NOTBOL) == 0) {
    const std::size_t begin = at + static_cast<std::size_t>(found.rm_so);
    const std::size_t end = at + static_cast<std::size_t>(found.rm_eo);
    if (end == begin) {  // a pattern that matches nothing at all hides nothing
      out.append(text, at, begin + 1 - at);
      at = begin + 1;
      continue;
    }
    out.append(text, at, begin - at);
    out += kInstead;
    at = end;
  }
  return out.append(text, std::min(at, text.size()), std::string::npos);
}

}  // namespace

void Redaction::Free::operator()(regex_t* pattern) const noexcept {
  regfree(pattern);
  const std::unique_ptr<regex_t> owned(pattern);
}

Result<Redaction> Redaction::make(std::span<const std::string> patterns) {
  Redaction redaction;
  for (const std::string& wanted : patterns) {
    const auto named = std::ranges::find(kNamed, wanted, &Named::name);
    const char* const text = named == kNamed.end() ? wanted.c_str() : named->pattern;
    auto compiled = std::make_unique<regex_t>();
    const int failure = regcomp(compiled.get(), text, REG_EXTENDED | REG_ICASE);
    if (failure != 0) {
      std::array<char, 128> why{};
      regerror(failure, compiled.get(), why.data(), why.size());
      return Error{ErrorCode::invalid_argument,
                   "store.redact: '" + wanted +
                       "' is no pattern (POSIX extended regular expression): " + why.data()};
    }
    redaction.patterns_.emplace_back(compiled.release());
  }
  return redaction;
}

std::string Redaction::apply(std::string text) const {
  for (const auto& pattern : patterns_) text = replaced(*pattern, text);
  return text;
}

}  // namespace parley::service
