// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english.h"

#include <array>
#include <string>

#include "text/normalise/english_quantities.h"

namespace parley::text {

Reading read_english(const Place& place, Words& words) {
  constexpr std::array<Rule, 1> kRules = {read_english_quantity};
  for (const Rule rule : kRules) {
    if (const Reading reading = rule(place, words); reading.tokens > 0) return reading;
  }
  say(words, place, 0, 1, std::string(place.token().core));
  return {1};
}

}  // namespace parley::text
