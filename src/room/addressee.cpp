// SPDX-License-Identifier: Apache-2.0
#include "room/addressee.h"

#include <cctype>
#include <cstddef>
#include <string>
#include <vector>

#include "base/edit_distance.h"

namespace parley::room {
namespace {

/// Letters of a name for each that may be wrong.
constexpr std::size_t kLettersPerError = 4;

/// Lower-case words without what stands between them; other bytes than ASCII are letters.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x80 || std::isalnum(byte) != 0) {
      words.back() += static_cast<char>(std::tolower(byte));
    } else if (!words.back().empty() && letter != '\'') {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

}  // namespace

bool is_named(std::string_view text, std::string_view name) {
  const std::vector<std::string> wanted = words_of(name);
  if (wanted.empty()) return false;
  std::string whole;
  for (const std::string& word : wanted) whole += word;
  const std::size_t wrong_max = whole.size() / kLettersPerError;
  const std::vector<std::string> words = words_of(text);
  for (std::size_t at = 0; at < words.size(); ++at) {
    // Recognition writes a name of two words as one, and one as two.
    std::string said;
    for (std::size_t count = 0; count <= wanted.size() && at + count < words.size(); ++count) {
      said += words[at + count];
      // What is so much longer or shorter differs by more: comparing is dear where names are long.
      if (said.size() > whole.size() + wrong_max) break;
      if (said.size() + wrong_max < whole.size()) continue;
      if (edit_distance(said, whole) <= wrong_max) return true;
    }
  }
  return false;
}

}  // namespace parley::room
