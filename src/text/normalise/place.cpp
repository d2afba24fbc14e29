// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/place.h"

#include <algorithm>

#include "text/character.h"

namespace parley::text {
namespace {

bool is_adjoining(const Token& token) {
  return token.lead.empty() && token.region == nullptr && !token.core.empty();
}

}  // namespace

bool Place::follows(std::size_t ahead) const {
  if (at + ahead >= tokens.size()) return false;
  return token(ahead - 1).trail.empty() && is_adjoining(token(ahead));
}

bool Place::follows_dot(std::size_t ahead) const {
  if (at + ahead >= tokens.size()) return false;
  const std::string_view trail = token(ahead - 1).trail;
  return (trail.empty() || trail == ".") && is_adjoining(token(ahead));
}

std::string_view Place::word(std::size_t ahead) const {
  return follows(ahead) ? token(ahead).core : std::string_view();
}

std::string Place::previous() const {
  if (at == 0 || !token(0).lead.empty()) return {};
  const Token& before = tokens[at - 1];
  if (!before.trail.empty() && before.trail != ".") return {};
  return before.region == nullptr ? lowered(before.core) : std::string();
}

void say(Words& words, const Place& place, std::size_t ahead, std::size_t count,
         std::string spoken) {
  const Token& first = place.token(ahead);
  const Token& last = place.token(ahead + count - 1);
  words.push_back({first.begin, last.end, std::move(spoken), first.is_spaced});
}

std::string lowered(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

}  // namespace parley::text
