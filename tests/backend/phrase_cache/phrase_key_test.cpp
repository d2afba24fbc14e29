// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/phrase_key.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "backend/phrase_cache/recent_keys.h"

namespace parley::backend {
namespace {

TEST(PhraseKey, DependsOnEachFieldAndOnWhereItEnds) {
  const std::vector<PhraseText> different{
      {.text = "ab", .voice = "c", .model_hash = "d"},
      {.text = "a", .voice = "bc", .model_hash = "d"},
      {.text = "ab", .voice = "", .model_hash = "cd"},
      {.text = "abcd", .voice = "", .model_hash = ""},
      {.text = "ab", .voice = "c", .model_hash = "e"},
      {.text = "ab", .voice = "c", .model_hash = "d", .speed = 1.01F},
      {.text = "ab", .voice = "c", .model_hash = "d", .speed = 1.0F, .seed = 0},
      {.text = "ab", .voice = "c", .model_hash = "d", .speed = 1.0F, .seed = 1},
  };
  std::set<PhraseKey> keys;
  for (const PhraseText& text : different) keys.insert(phrase_key(text));
  EXPECT_EQ(keys.size(), different.size());
  EXPECT_EQ(phrase_key(different[0]), phrase_key({.text = "ab", .voice = "c", .model_hash = "d"}));
}

// What is on disks would be lost if this changed by mistake.
TEST(PhraseKey, StaysTheSame) {
  EXPECT_EQ(phrase_key({.text = "Hello.", .voice = "joe", .model_hash = "m"}).hex(),
            "e95ca40fb2fde09fb2b9c370b373ee28ff2b5299d8ceb49dfff6f4da12d9df02");
}

TEST(PhraseKey, IsReadBackFromItsDigits) {
  const PhraseKey key = phrase_key({.text = "x", .voice = {}, .model_hash = {}});
  EXPECT_EQ(PhraseKey::from_hex(key.hex()), key);
  EXPECT_FALSE(PhraseKey::from_hex(""));
  EXPECT_FALSE(PhraseKey::from_hex(key.hex().substr(1)));
  EXPECT_FALSE(PhraseKey::from_hex(std::string(64, 'A')));
  EXPECT_FALSE(PhraseKey::from_hex(std::string(63, 'a') + "g"));
}

TEST(RecentKeys, KnowsWhatItSawAndForgetsOnlyForNewerOnes) {
  RecentKeys recent;
  PhraseKey key = phrase_key({.text = "x", .voice = {}, .model_hash = {}});
  EXPECT_FALSE(recent.note(key));
  EXPECT_TRUE(recent.note(key));
  PhraseKey same_place = key;
  same_place.digest[7] ^= std::byte{1};  // the slot is in the lower bytes
  EXPECT_FALSE(recent.note(same_place));
  EXPECT_FALSE(recent.note(key));
}

}  // namespace
}  // namespace parley::backend
