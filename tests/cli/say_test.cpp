// SPDX-License-Identifier: Apache-2.0
#include "cli/say.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/fakes/fake_tts.h"
#include "server/engine.h"

namespace parley::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct SayTest : testing::Test {
  void SetUp() override {
    config.models.fake = true;
    auto loaded =
        server::Engine::load(config, metrics, {}, {.listening = false, .thinking = false});
    ASSERT_TRUE(loaded);
    engine = std::move(*loaded);
  }
  Status speak(const std::vector<std::string>& pieces, SayOptions options = {}) {
    audio.clear();
    return say(engine->tts(), engine->pool(), engine->clock(), pieces, options,
               [this](std::span<const float> samples) -> Status {
                 lengths.push_back(samples.size());
                 audio.insert(audio.end(), samples.begin(), samples.end());
                 return sink_status;
               });
  }

  Config config;
  Metrics metrics;
  std::unique_ptr<server::Engine> engine;
  Status sink_status;
  std::vector<std::size_t> lengths;
  std::vector<float> audio;
};

TEST(SpokenPieces, AreSentences) {
  EXPECT_THAT(spoken_pieces("Well, this is it. And so on!\nA heading\n"),
              ElementsAre("Well, this is it.", "And so on!", "A heading"));
  EXPECT_TRUE(spoken_pieces(" \n ").empty());
}

TEST_F(SayTest, SpeaksEveryPieceInOrder) {
  const std::vector<std::string> pieces = {"a", "bbbbbb", "cc", "dddd", "e"};
  ASSERT_TRUE(speak(pieces));
  ASSERT_EQ(lengths.size(), pieces.size());
  // The fake voice takes the same time for each character.
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(lengths[i], lengths[0] * pieces[i].size());
  }
}

TEST_F(SayTest, TheSameSeedGivesTheSameAudioAndAnotherAnother) {
  const std::vector<std::string> pieces = {"one", "two"};
  ASSERT_TRUE(speak(pieces));
  const std::vector<float> first = audio;
  ASSERT_TRUE(speak(pieces));
  EXPECT_EQ(audio, first);
  ASSERT_TRUE(speak(pieces, {.seed = 7}));
  EXPECT_NE(audio, first);
}

TEST_F(SayTest, WordTimesCountFromTheStartOfTheFile) {
  std::vector<media::WordTime> words;
  ASSERT_TRUE(speak({"one two", "three"}, {.words = &words}));
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[1].text, "two");
  EXPECT_EQ(words[1].begin.ms(), 4 * 60);
  EXPECT_EQ(words[2].text, "three");
  EXPECT_EQ(words[2].begin.ms(), 7 * 60);
}

TEST_F(SayTest, EndsWithTheErrorOfWhoeverTakesTheAudio) {
  sink_status = Error{ErrorCode::unavailable, "the disk is full"};
  const Status said = speak({"one", "two", "three"});
  ASSERT_FALSE(said);
  EXPECT_THAT(said.error().message, HasSubstr("disk is full"));
  EXPECT_EQ(lengths.size(), 1U);
}

}  // namespace
}  // namespace parley::cli
