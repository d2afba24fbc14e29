// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/whisper_asr.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/backend/onnx/whisper_toy.h"

namespace parley::backend {
namespace {

using test::WhisperToy;
using testing::HasSubstr;

/// "w1 w2 w3" in English.
WhisperToy speaker() {
  WhisperToy toy;
  toy.next = {
      {WhisperToy::begin, WhisperToy::english}, {WhisperToy::no_timestamps, 1}, {1, 2}, {2, 3}};
  return toy;
}

std::unique_ptr<WhisperAsr> load(const WhisperToy& toy) {
  auto model = WhisperAsr::load(toy.write());
  EXPECT_TRUE(model) << model.error().message;
  return model ? std::move(*model) : nullptr;
}

model::AsrCall& hear(WhisperAsr& asr, model::AsrCall& call, double seconds = 1.0) {
  call.audio.assign(static_cast<std::size_t>(seconds * model::kAsrRate), 0.1F);
  asr.transcribe(call);
  return call;
}

std::size_t words_in(const std::string& text) {
  return text.empty() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(text, ' '));
}

TEST(WhisperAsr, SaysWhatTheDecoderChooses) {
  const auto asr = load(speaker());
  model::AsrCall call;
  hear(*asr, call);
  ASSERT_TRUE(call.status) << call.status.error().message;
  EXPECT_EQ(call.text, "w1 w2 w3");
  EXPECT_EQ(call.detected_language, "en");
  ASSERT_EQ(call.tokens.size(), 3U);
  EXPECT_EQ(call.tokens[0].text, "w1");
  EXPECT_EQ(call.tokens[1].text, " w2");
  EXPECT_NEAR(call.tokens[1].logprob, 0.0, 1e-6);
  EXPECT_TRUE(call.words.empty()) << "this one does not tell where it listens";
}

TEST(WhisperAsr, FindsTheLanguageOrTakesTheOneThatIsGiven) {
  WhisperToy toy = speaker();
  toy.next[WhisperToy::begin] = WhisperToy::chinese;
  const auto asr = load(toy);
  model::AsrCall call;
  EXPECT_EQ(hear(*asr, call).detected_language, "zh");
  for (const char* code : {"en", "EN", "en-US", "en_GB"}) {
    call.language = code;
    EXPECT_EQ(hear(*asr, call).detected_language, "en") << code;
    EXPECT_EQ(call.text, "w1 w2 w3");
  }
  call.language = "tlh";
  hear(*asr, call);
  ASSERT_FALSE(call.status);
  EXPECT_EQ(call.status.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(call.status.error().message, HasSubstr("'tlh'"));
}

TEST(WhisperAsr, ALoopIsCutToOneCopy) {
  WhisperToy toy = speaker();
  toy.next[3] = 2;
  const auto asr = load(toy);
  model::AsrCall call;
  EXPECT_EQ(hear(*asr, call, 10.0).text, "w1 w2 w3");
}

TEST(WhisperAsr, ALongLoopEndsAtWhatTheAudioHasRoomFor) {
  WhisperToy toy = speaker();
  for (std::int64_t i = 0; i < 20; ++i) toy.next[i] = (i + 1) % 20;  // longer than repeated_tail's
  const auto asr = load(toy);
  model::AsrCall call;
  const auto most = [](double seconds) {
    return WhisperAsr::kTokensMargin +
           static_cast<std::size_t>(WhisperAsr::kTokensPerSecondMax * seconds);
  };
  EXPECT_EQ(words_in(hear(*asr, call, 0.5).text), most(0.5));
  EXPECT_EQ(words_in(hear(*asr, call, 2.0).text), most(2.0));
}

TEST(WhisperAsr, NeverReadsMoreThanTheDecoderCanLookAt) {
  WhisperToy toy = speaker();
  for (std::int64_t i = 0; i < 20; ++i) toy.next[i] = (i + 1) % 20;
  toy.positions = "20";
  const auto asr = load(toy);
  model::AsrCall call;
  EXPECT_EQ(words_in(hear(*asr, call, 20.0).text), 16U) << "the prompt has four";
}

TEST(WhisperAsr, WordsThatNobodySaidAreLeftOut) {
  WhisperToy toy = speaker();
  toy.next[WhisperToy::begin] = WhisperToy::no_speech;
  const auto sure = load(toy);
  model::AsrCall call;
  EXPECT_EQ(hear(*sure, call).text, "w1 w2 w3") << "no speech, but a likely text";
  for (const std::int64_t token : {std::int64_t{WhisperToy::no_timestamps}, std::int64_t{1},
                                   std::int64_t{2}, std::int64_t{3}}) {
    toy.sure[token] = 1.5F;
  }
  const auto unsure = load(toy);
  EXPECT_EQ(hear(*unsure, call).text, "");
  EXPECT_EQ(call.detected_language, "");
  EXPECT_TRUE(call.tokens.empty());
  toy.next[WhisperToy::begin] = WhisperToy::english;
  const auto speech = load(toy);
  EXPECT_NE(hear(*speech, call).text, "") << "an unlikely text, but speech";
}

TEST(WhisperAsr, SuppressedTokensAreNotSaid) {
  WhisperToy toy = speaker();
  toy.suppress_first = "1,24";
  EXPECT_EQ(toy.next[WhisperToy::no_timestamps], 1);
  const auto asr = load(toy);
  model::AsrCall call;
  EXPECT_FALSE(hear(*asr, call).text.starts_with("w1"));
  toy.suppress_first.clear();
  toy.suppress = "2,3,31";  // ids past the last text token are none of ours
  const auto other = load(toy);
  EXPECT_THAT(hear(*other, call).text, testing::Not(HasSubstr("w2")));
}

TEST(WhisperAsr, WordsHaveTimes) {
  WhisperToy toy = speaker();
  toy.aligns = true;
  const auto asr = load(toy);
  model::AsrCall call;
  hear(*asr, call);
  ASSERT_EQ(call.words.size(), 3U);
  EXPECT_EQ(call.words[1].text, "w2");
  EXPECT_EQ(call.words[1].begin.ms(), 30 * 20);  // frames of 20 ms
  call.translate = true;
  EXPECT_TRUE(hear(*asr, call).words.empty()) << "a translation has another order";
  toy.next[WhisperToy::begin] = WhisperToy::chinese;
  call.translate = false;
  EXPECT_TRUE(hear(*load(toy), call).words.empty()) << "words without spaces between them";
}

TEST(WhisperAsr, TakesSilenceAndScrapsOfAudio) {
  const auto asr = load(speaker());
  model::AsrCall call;
  for (const std::size_t samples : {0U, 1U, 399U, 16'000U}) {
    call.audio.assign(samples, 0.0001F);
    asr->transcribe(call);
    EXPECT_TRUE(call.status) << samples;
    EXPECT_EQ(call.text, "") << samples;
  }
  for (const std::size_t samples : {1U, 399U, 4801U}) {
    call.audio.assign(samples, 0.1F);
    asr->transcribe(call);
    EXPECT_TRUE(call.status) << samples;
    EXPECT_EQ(call.text, "w1 w2 w3") << samples;
  }
}

TEST(WhisperAsr, RefusesAudioThatIsTooLong) {
  const auto asr = load(speaker());
  model::AsrCall call;
  EXPECT_TRUE(hear(*asr, call, 30.0).status);
  call.audio.resize(WhisperAsr::kSamplesMax + 1);
  asr->transcribe(call);
  ASSERT_FALSE(call.status);
  EXPECT_EQ(call.status.error().code, ErrorCode::invalid_argument);
}

TEST(WhisperAsr, ACancelledCallSaysNothing) {
  const auto asr = load(speaker());
  model::AsrCall call;
  call.cancel();
  hear(*asr, call);
  ASSERT_FALSE(call.status);
  EXPECT_EQ(call.status.error().code, ErrorCode::cancelled);
  EXPECT_EQ(call.text, "");
  model::AsrCall next;
  EXPECT_EQ(hear(*asr, next).text, "w1 w2 w3");
}

TEST(WhisperAsr, SaysWhatIsWrongWithItsFiles) {
  namespace fs = std::filesystem;
  const auto error_of = [](const std::string& folder) {
    const auto model = WhisperAsr::load(folder);
    EXPECT_FALSE(model);
    return model ? Error{ErrorCode::already_exists, "it was loaded"} : model.error();
  };
  for (const char* name : {"encoder.onnx", "decoder.onnx", "tokens.bin"}) {
    const std::string folder = speaker().write();
    fs::remove(fs::path(folder) / name);
    EXPECT_EQ(error_of(folder).code, ErrorCode::not_found);
    EXPECT_THAT(error_of(folder).message, HasSubstr(name));
  }
  WhisperToy toy = speaker();
  toy.positions.clear();
  EXPECT_EQ(error_of(toy.write()).code, ErrorCode::data_corrupt);
  for (const char* wrong : {"some", "4"}) {
    toy.positions = wrong;
    EXPECT_EQ(error_of(toy.write()).code, ErrorCode::data_corrupt) << wrong;
  }
  toy = speaker();
  toy.suppress = "1,x";
  EXPECT_EQ(error_of(toy.write()).code, ErrorCode::data_corrupt);
  const std::string folder = speaker().write();
  fs::resize_file(fs::path(folder) / "tokens.bin", 60);
  EXPECT_THAT(error_of(folder).message, HasSubstr("tokens.bin"));
}

}  // namespace
}  // namespace parley::backend
