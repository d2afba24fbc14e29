// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_synthesizer.h"

#include "tests/backend/sherpa/tiny_voice.h"

namespace parley::backend {
namespace {

[[maybe_unused]] const auto* const kModels =
    ::testing::AddGlobalTestEnvironment(std::make_unique<TinyModels>().release());

struct SherpaSynthesizerTest : NeedsTinyModels {};

TEST_F(SherpaSynthesizerTest, SaysSentenceAfterSentence) {
  const SherpaVoice voice = *SherpaVoice::load(tiny_voices() + "/good");
  const auto opened = SherpaSynthesizer::open(sherpa_library(), voice);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ((*opened)->rate(), 16'000);
  const SherpaText text{
      .text = {}, .phonemes = {'a', 'n', 'a', '.', 'o', 'n', '.'}, .sentence_lengths = {4, 3}};
  std::vector<std::size_t> sizes;
  const auto listen = [&](std::span<const float> samples) {
    sizes.push_back(samples.size());
    return true;
  };
  EXPECT_TRUE((*opened)->speak(text, 0, 1.0F, listen));
  // Begin, end, and each of the phonemes with a pad behind it: 100 samples each.
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1'100, 900}));
  sizes.clear();
  EXPECT_TRUE((*opened)->speak(text, 0, 2.0F, listen));
  EXPECT_EQ(sizes, (std::vector<std::size_t>{550, 450}));
}

TEST_F(SherpaSynthesizerTest, StopsBetweenSentences) {
  const SherpaVoice voice = *SherpaVoice::load(tiny_voices() + "/good");
  const auto opened = SherpaSynthesizer::open(sherpa_library(), voice);
  ASSERT_TRUE(opened) << opened.error().message;
  const SherpaText text{.text = {}, .phonemes = {'a', '.', 'o', '.'}, .sentence_lengths = {2, 2}};
  int heard = 0;
  const Status status = (*opened)->speak(text, 0, 1.0F, [&](std::span<const float>) {
    ++heard;
    return false;
  });
  EXPECT_TRUE(status);
  EXPECT_EQ(heard, 1);
}

TEST_F(SherpaSynthesizerTest, ALibraryThatIsNotThereIsAnError) {
  const SherpaVoice voice = *SherpaVoice::load(tiny_voices() + "/good");
  const auto opened = SherpaSynthesizer::open("/nonexistent/libsherpa.so", voice);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::not_found);
  const auto other = SherpaSynthesizer::open("libm.so.6", voice);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::failed_precondition);
}

}  // namespace
}  // namespace parley::backend
