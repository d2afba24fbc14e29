// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_tts.h"
#include "model/fakes/fake_vad.h"

namespace parley::model {
namespace {

TEST(FakeVad, CallsLoudWindowsSpeech) {
  FakeVadModel model;
  VadCall quiet;
  VadCall loud;
  quiet.window.fill(0.005F);
  loud.window.fill(0.02F);
  const std::array<VadCall*, 2> batch{&quiet, &loud};
  model.infer(batch);
  EXPECT_EQ(quiet.probability, FakeVadModel::kSilence);
  EXPECT_EQ(loud.probability, FakeVadModel::kSpeech);
  EXPECT_EQ(loud.state.context.front(), 0.02F);
}

TEST(FakeAsr, TellsTheLengthOfTheAudio) {
  FakeAsrModel model;
  AsrCall call;
  call.audio.resize(19'500);
  model.transcribe(call);
  ASSERT_TRUE(call.status);
  EXPECT_EQ(call.text, "heard 1.2 seconds");
}

TEST(FakeAsr, ReadsItsScriptInTurn) {
  FakeAsrModel model({"hello", "goodbye"});
  AsrCall call;
  for (const char* expected : {"hello", "goodbye", "hello"}) {
    model.transcribe(call);
    EXPECT_EQ(call.text, expected);
  }
}

TEST(FakeTts, LastsAsLongAsTheTextAndRepeatsExactly) {
  FakeTtsModel model(24'000);
  TtsCall call;
  call.text = "h\xC3\xA9llo";  // five characters, six bytes
  call.seed = 7;
  synthesize_all(model, call);
  ASSERT_TRUE(call.status);
  const media::BufferRef first = call.audio;
  EXPECT_EQ(first.floats().size(), 5U * 60 * 24);
  synthesize_all(model, call);
  EXPECT_TRUE(std::equal(first.floats().begin(), first.floats().end(), call.audio.floats().begin(),
                         call.audio.floats().end()));
  call.speed = 2.0F;
  synthesize_all(model, call);
  EXPECT_EQ(call.audio.floats().size(), 5U * 30 * 24);
  call.text.clear();
  synthesize_all(model, call);
  EXPECT_TRUE(call.audio.empty());
  EXPECT_TRUE(call.status);
}

TEST(FakeTts, IsHeardByTheFakeVad) {
  FakeTtsModel tts(kVadRate);
  FakeVadModel vad;
  TtsCall said;
  said.text = "ab";
  synthesize_all(tts, said);
  VadCall heard;
  std::copy_n(said.audio.floats().begin(), kVadWindowSamples, heard.window.begin());
  const std::array<VadCall*, 1> batch{&heard};
  vad.infer(batch);
  EXPECT_EQ(heard.probability, FakeVadModel::kSpeech);
}

}  // namespace
}  // namespace parley::model
