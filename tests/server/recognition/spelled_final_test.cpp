// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/spelled_final.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace parley::server {
namespace {

using media::MediaTime;

/// Each word is 100 ms.
service::RecognizedText final_of(const std::vector<std::string>& words) {
  service::RecognizedText final;
  for (const std::string& word : words) {
    if (!final.text.empty()) final.text += ' ';
    final.text += word;
    const auto at = static_cast<std::int64_t>(100 * final.words.size());
    final.words.push_back({word, MediaTime::from_ms(at), MediaTime::from_ms(at + 100)});
  }
  return final;
}

/// "word@begin-end" with spaces between them.
std::string timed(const service::RecognizedText& final) {
  std::string all;
  for (const media::WordTime& word : final.words) {
    if (!all.empty()) all += ' ';
    all += word.text + "@" + std::to_string(word.begin.ms()) + "-" + std::to_string(word.end.ms());
  }
  return all;
}

TEST(SpelledFinal, WordsOfANumberShareItsTime) {
  const auto final = spelled_final(final_of({"We", "sold", "342", "boxes."}));
  EXPECT_EQ(final.text, "We sold three hundred forty-two boxes.");
  EXPECT_EQ(final.stable_bytes, final.text.size());
  EXPECT_EQ(timed(final),
            "We@0-100 sold@100-200 three@200-233 hundred@233-266 forty-two@266-300 "
            "boxes.@300-400");
}

TEST(SpelledFinal, ANumberOfSeveralWordsIsOne) {
  const auto final = spelled_final(final_of({"It", "is", "$5", "million,", "or", "6."}));
  EXPECT_EQ(final.text, "It is five million dollars, or six.");
  EXPECT_EQ(timed(final),
            "It@0-100 is@100-200 five@200-266 million@266-333 dollars,@333-400 or@400-500 "
            "six.@500-600");
}

TEST(SpelledFinal, WithoutDigitsNothingChanges) {
  const auto words = final_of({"Dr.", "Smith", "sold", "it."});
  EXPECT_EQ(spelled_final(words).text, words.text);
  EXPECT_EQ(spelled_final(words).words, words.words);
}

TEST(SpelledFinal, WordsThatAreNotOfTheTextStay) {
  auto final = final_of({"sold", "5"});
  final.text = "5 were bought";
  EXPECT_EQ(spelled_final(final).text, "five were bought");
  EXPECT_EQ(spelled_final(final).words, final.words);
  final.words.clear();
  EXPECT_TRUE(spelled_final(final).words.empty());
}

}  // namespace
}  // namespace parley::server
