// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/addresses.h"

#include <algorithm>
#include <array>

#include "text/character.h"
#include "text/normalise/english_numbers.h"
#include "text/normalise/number.h"
#include "text/normalise/place.h"
#include "text/normalise/spelling.h"

namespace parley::text {
namespace {

// Top-level domains that end a bare name in running text: "example.com" is one, "end.The" is not.
constexpr std::array kDomains = std::to_array<std::string_view>(
    {"ai", "app", "at",   "au",     "be",    "biz",  "br", "ca",     "cc",  "ch",
     "cn", "co",  "com",  "de",     "dev",   "edu",  "es", "eu",     "fm",  "fr",
     "gg", "gov", "ie",   "in",     "info",  "int",  "io", "it",     "jp",  "kr",
     "ly", "me",  "mil",  "museum", "net",   "nl",   "nz", "online", "org", "pl",
     "ru", "se",  "shop", "site",   "store", "tech", "tv", "uk",     "us",  "xyz"});
// Of those, what is said as a word; the others are spelled.
constexpr std::array kSaidDomains = std::to_array<std::string_view>(
    {"app", "biz", "co", "com", "dev", "gov", "info", "int", "mil", "museum", "net", "online",
     "org", "shop", "site", "store", "tech", "me"});

bool is_in(const auto& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

bool is_host_byte(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || is_beyond_ascii(c);
}

/// "example.com", "www.example.co.uk:8080".
bool is_host(std::string_view host) {
  const std::size_t colon = host.find(':');
  if (colon != std::string_view::npos) {
    if (!is_all_digits(host.substr(colon + 1))) return false;
    host = host.substr(0, colon);
  }
  const std::size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || host.find("..") != std::string_view::npos) {
    return false;
  }
  if (!std::ranges::all_of(host, is_host_byte) || host.front() == '-') return false;
  return is_in(kDomains, lowered(host.substr(dot + 1)));
}

std::string digits_in_address(std::string_view digits) {
  if (digits.size() <= 2 && digits.front() != '0') return english_cardinal(digits);
  const bool is_year = digits.size() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
  return is_year ? english_year(digits) : english_digits(digits);
}

std::string_view sign_in_address(char c, const AddressWords& words) {
  switch (c) {
    case '.':
      return words.dot;
    case '/':
      return words.slash;
    case '@':
      return words.at;
    case '-':
      return words.dash;
    default:
      return english_sign(static_cast<unsigned char>(c));
  }
}

/// Letters: words as they are, what has no vowel or two letters spelled.
std::string letters_in_address(std::string_view letters, bool is_domain) {
  const std::string low = lowered(letters);
  if (is_domain) return is_in(kSaidDomains, low) ? low : spelled_letters(letters);
  const bool has_vowel = low.find_first_of("aeiouy") != std::string::npos;
  const bool is_beyond = std::ranges::any_of(letters, is_beyond_ascii);
  const bool is_acronym =
      letters.size() > 1 && letters.size() < 5 && std::ranges::all_of(letters, is_upper);
  if (is_beyond || (has_vowel && letters.size() > 2 && !is_acronym)) return std::string(letters);
  constexpr std::array kShort = std::to_array<std::string_view>(
      {"a",  "an", "at", "be", "by", "do", "go", "he", "hi", "if", "in", "is",
       "it", "me", "my", "no", "of", "on", "or", "so", "to", "up", "us", "we"});
  if (letters.size() == 2 && is_in(kShort, low)) return low;
  return spelled_letters(letters);
}

}  // namespace

std::optional<std::string> spoken_address(std::string_view core, const AddressWords& words) {
  if (core.find('.') == std::string_view::npos && core.find("://") == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view rest = core;
  bool has_scheme = false;
  for (const std::string_view scheme : {"https://", "http://", "ftp://", "mailto:"}) {
    if (!lowered(rest.substr(0, scheme.size())).starts_with(scheme)) continue;
    rest.remove_prefix(scheme.size());
    has_scheme = true;
  }
  if (rest.empty()) return std::nullopt;
  const std::size_t path = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view host = rest.substr(0, path);
  const std::size_t at = host.find('@');
  const bool is_mail = at != std::string_view::npos && at > 0;
  const std::string_view domain = is_mail ? host.substr(at + 1) : host;
  const bool is_www = lowered(domain.substr(0, 4)) == "www.";
  if (!is_host(domain) && !(has_scheme && !domain.empty()) && !(is_www && domain.size() > 4)) {
    return std::nullopt;
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t host_end = std::min(path, rest.size());
  const std::size_t last_dot = rest.substr(0, host_end).rfind('.');
  std::string spoken;
  const auto add = [&](std::string_view word) {
    if (word.empty()) return;
    if (!spoken.empty()) spoken += ' ';
    spoken += word;
  };
  for (std::size_t begin = 0; begin < rest.size();) {
    const char c = rest[begin];
    std::size_t end = begin + 1;
    const bool is_text = is_letter(c) || is_beyond_ascii(c);
    while (end < rest.size() &&
           ((is_text && (is_letter(rest[end]) || is_beyond_ascii(rest[end]))) ||
            (is_digit(c) && is_digit(rest[end])))) {
      ++end;
    }
    const std::string_view run = rest.substr(begin, end - begin);
    if (is_text) {
      const bool is_domain =
          last_dot != std::string_view::npos && begin == last_dot + 1 && end <= host_end;
      // "co.uk": the part before the last is one as well when it is as short.
      const bool is_second =
          end == last_dot && run.size() <= 3 && is_in(kSaidDomains, lowered(run)) && begin > 0;
      add(letters_in_address(run, is_domain || is_second));
    } else if (is_digit(c)) {
      add(digits_in_address(run));
    } else {
      add(sign_in_address(c, words));
    }
    begin = end;
  }
  return spoken;
}

}  // namespace parley::text
