// SPDX-License-Identifier: Apache-2.0
//
// The real program, over its pipe: what it makes of punctuation, and that it comes back.
#include <cstdlib>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "backend/phonemizer/phonemizer_process.h"

namespace parley::backend {
namespace {

struct PhonemizerProgram : testing::Test {
  void SetUp() override {
    const char* folder = std::getenv("PARLEY_BIN_DIR");
    const auto found =
        find_phonemizer(std::string(folder == nullptr ? "." : folder) + "/parley-phonemizer");
    if (found) {
      phonemizer.emplace(PhonemizerOptions{.program = *found}, metrics);
      return;
    }
    const char* required = std::getenv("PARLEY_REQUIRE_MODELS");
    if (required != nullptr && std::string(required) == "1") FAIL() << found.error().message;
    GTEST_SKIP() << found.error().message;
  }
  std::string say(std::string_view text) {
    auto said = phonemizer->phonemes(text, "en-us");
    return said ? *said : said.error().message;
  }
  Metrics metrics;
  std::optional<PhonemizerProcess> phonemizer;
};

TEST_F(PhonemizerProgram, KeepsTheMarkThatEndsAClause) {
  const std::pair<const char*, const char*> cases[] = {
      {"Hello, world.", "həlˈoʊ, wˈɜːld."}, {"Wait... what?", "wˈeɪt. wˌʌt?"},
      {"\"Really?!\" Yes", "ɹˈiəli? jˈɛs"}, {"Stop (now); run!", "stˈɑːp nˈaʊ; ɹˈʌn!"},
      {"“Yes.” No…", "jˈɛs. nˈoʊ."},        {"One\n\ntwo", "wˈʌn tˈuː"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(say(text), expected) << text;
}

TEST_F(PhonemizerProgram, DoesNotPauseAtAbbreviationsAndNumbers) {
  EXPECT_EQ(say("Mr. Smith paid 3.5 dollars."), "mˈɪstɚ smˈɪθ pˈeɪd θɹˈiː pɔɪnt fˈaɪv dˈɑːlɚz.");
  EXPECT_EQ(say("Dr. No said no."), "dˈɑːktɚ nˈoʊ sˈɛd nˈoʊ.");
}

TEST_F(PhonemizerProgram, SaysNothingForNothing) {
  for (const char* text : {"", "   ", "...", "\"\""}) EXPECT_EQ(say(text), "") << text;
  EXPECT_EQ(say(std::string_view("a\0b", 3)), say("a b"));
}

TEST_F(PhonemizerProgram, NamesAVoiceThatIsNotThere) {
  const auto said = phonemizer->phonemes("a", "xx-none");
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(said.error().message, testing::HasSubstr("xx-none"));
  EXPECT_EQ(say("Hello"), "həlˈoʊ");
}

TEST_F(PhonemizerProgram, ComesBackAfterAKill) {
  EXPECT_EQ(say("Hello"), "həlˈoʊ");
  ASSERT_EQ(::kill(*phonemizer->pid(), SIGKILL), 0);
  EXPECT_EQ(say("Hello"), "həlˈoʊ");
}

}  // namespace
}  // namespace parley::backend
