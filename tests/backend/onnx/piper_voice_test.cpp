// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/piper_voice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string voice_json(const std::string& ids, const std::string& extra = "") {
  return R"({"audio": {"sample_rate": 22050}, "espeak": {"voice": "en-us"},
    "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},)" +
         extra + R"("phoneme_id_map": )" + ids + "}";
}

constexpr const char* kIds = R"({"_": [0], "^": [1], "$": [2], " ": [3], "a": [14], "ˈ": [120]})";

TEST(PiperVoice, ReadsWhatSynthesisNeeds) {
  const auto voice = PiperVoice::parse(voice_json(kIds));
  ASSERT_TRUE(voice) << voice.error().message;
  EXPECT_EQ(voice->rate, 22'050);
  EXPECT_EQ(voice->language, "en-us");
  EXPECT_FLOAT_EQ(voice->noise_scale, 0.667F);
  EXPECT_FLOAT_EQ(voice->length_scale, 1.0F);
}

TEST(PiperVoice, PutsPadsBetweenPhonemesAndSkipsUnknownOnes) {
  const auto voice = PiperVoice::parse(voice_json(kIds));
  ASSERT_TRUE(voice);
  EXPECT_THAT(voice->ids("ˈaʘ a"), ElementsAre(1, 0, 120, 0, 14, 0, 3, 0, 14, 0, 2));
  EXPECT_THAT(voice->ids(""), IsEmpty());
  EXPECT_THAT(voice->ids("ʘ\xFF\xC3"), IsEmpty());
}

TEST(PiperVoice, RefusesWhatIsNoVoice) {
  EXPECT_THAT(PiperVoice::parse("not json").error().message, HasSubstr("not a Piper voice"));
  EXPECT_EQ(PiperVoice::parse("[]").error().code, ErrorCode::data_corrupt);
  EXPECT_EQ(PiperVoice::parse("{}").error().code, ErrorCode::data_corrupt);
  EXPECT_EQ(PiperVoice::parse(voice_json("[]")).error().code, ErrorCode::data_corrupt);
  EXPECT_THAT(PiperVoice::parse(voice_json(R"({"_": [0], "^": [1]})")).error().message,
              HasSubstr("'$'"));
  EXPECT_EQ(PiperVoice::load("/nowhere/voice.json").error().code, ErrorCode::not_found);
}

TEST(PiperVoice, KnowsItsSpeakersByNameAndNumber) {
  const auto voice = PiperVoice::parse(
      voice_json(kIds, R"("num_speakers": 3, "speaker_id_map": {"p225": 2, "amy": 1},)"));
  ASSERT_TRUE(voice) << voice.error().message;
  EXPECT_EQ(voice->speaker("p225"), 2);
  EXPECT_EQ(voice->speaker("1"), 1);
  for (const char* unknown : {"", "bob", "3", "-1", "1x", "99999999999999999999"}) {
    EXPECT_EQ(voice->speaker(unknown), 0) << unknown;
  }
  const auto alone = PiperVoice::parse(voice_json(kIds));
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->speaker("1"), std::nullopt);
  EXPECT_EQ(
      PiperVoice::parse(voice_json(kIds, R"("num_speakers": 2, "speaker_id_map": {"amy": 2},)"))
          .error()
          .code,
      ErrorCode::data_corrupt);
}

}  // namespace
}  // namespace parley::backend
