// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/hot_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> words(HotWordsResult result) {
  if (const auto* error = std::get_if<ProtocolError>(&result)) return {"error: " + error->message};
  return std::get<std::vector<std::string>>(std::move(result));
}

TEST(HotWords, AreSeparatedByCommas) {
  EXPECT_THAT(words(parse_hot_words("hot_words", "Parley, Svea Lindqvist ,,")),
              ElementsAre("Parley", "Svea Lindqvist"));
  EXPECT_THAT(words(parse_hot_words("hot_words", "")), IsEmpty());
}

TEST(HotWords, OfFunasrAreAnObjectOrAList) {
  EXPECT_THAT(words(parse_funasr_hot_words("hotwords", R"({"阿里巴巴": 20, "New York": 1})")),
              ElementsAre("阿里巴巴", "New York"));
  EXPECT_THAT(words(parse_funasr_hot_words("hotwords", "Parley Svea\n")),
              ElementsAre("Parley", "Svea"));
  EXPECT_THAT(words(parse_funasr_hot_words("hotwords", "")), IsEmpty());
  EXPECT_THAT(words(parse_funasr_hot_words("hotwords", "{\"a\":")),
              ElementsAre(HasSubstr("JSON object")));
}

TEST(HotWords, HaveLimits) {
  std::string many;
  for (std::size_t i = 0; i <= kHotWordListMax; ++i) many += "w,";
  EXPECT_THAT(words(parse_hot_words("hot_words", many)), ElementsAre(HasSubstr("at most 500")));
  many.erase(0, 2);
  EXPECT_EQ(words(parse_hot_words("hot_words", many)).size(), kHotWordListMax);
  EXPECT_THAT(words(parse_hot_words("hot_words", std::string(257, 'a'))),
              ElementsAre(HasSubstr("hot_words")));
  EXPECT_FALSE(hot_words_problem("names", {std::string(kHotWordLengthMax, 'a')}));
  EXPECT_EQ(hot_words_problem("names", std::vector<std::string>(501, "a"))->param, "names");
}

}  // namespace
}  // namespace parley::protocol
