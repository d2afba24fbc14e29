// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_tts.h"

#include <fstream>
#include <thread>
#include <vector>

#include "tests/backend/sherpa/tiny_voice.h"

namespace parley::backend {
namespace {

/// Says "ana." for every sentence and "ana" for every word.
struct ScriptedPhonemizer final : Phonemizer {
  Result<std::string> phonemes(std::string_view text, std::string_view voice) override {
    if (voice != "en-us") return Error{ErrorCode::not_found, "no such language"};
    if (text.starts_with("...")) return std::string();
    return "ana, ona. ano.\x1F"
           "ana,\x1F"
           "ona.\x1F"
           "ano." +
           std::string();
  }
};

struct SherpaTtsTest : NeedsTinyModels {
  void SetUp() override {
    NeedsTinyModels::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto loaded = SherpaTts::load(sherpa_library(), tiny_voices() + "/good", phonemizer);
    ASSERT_TRUE(loaded) << loaded.error().message;
    tts = std::move(*loaded);
  }
  void say(model::TtsCall& call, bool stream) {
    call.text = "Anna, Oona. Anno.";
    call.stream = stream;
    model::synthesize_all(*tts, call);
  }
  ScriptedPhonemizer phonemizer;
  std::unique_ptr<SherpaTts> tts;
};

TEST_F(SherpaTtsTest, SaysAllOfACall) {
  model::TtsCall whole;
  say(whole, false);
  ASSERT_TRUE(whole.status) << whole.status.error().message;
  EXPECT_GT(whole.audio.floats().size(), 2'000U);
  model::TtsCall streamed;
  say(streamed, true);
  ASSERT_TRUE(streamed.status);
  std::vector<float> joined;
  while (const auto part = streamed.parts.try_pop()) {
    joined.insert(joined.end(), part->floats().begin(), part->floats().end());
  }
  EXPECT_TRUE(std::ranges::equal(joined, whole.audio.floats()));
  EXPECT_EQ(streamed.samples_made, static_cast<std::int64_t>(joined.size()));
  EXPECT_EQ(streamed.samples_expected, streamed.samples_made);
}

TEST_F(SherpaTtsTest, TellsAboutWhenWordsAreHeard) {
  model::TtsCall call;
  say(call, false);
  ASSERT_EQ(call.words.size(), 3U);
  EXPECT_EQ(call.words[0].text, "Anna,");
  EXPECT_EQ(call.words[2].text, "Anno.");
  const auto end = media::MediaTime::from_samples(
      static_cast<std::int64_t>(call.audio.floats().size()), tts->rate());
  for (std::size_t i = 1; i < 3; ++i) EXPECT_GE(call.words[i].begin, call.words[i - 1].end);
  EXPECT_LE(call.words[2].begin, end);
  EXPECT_EQ(call.phonemes.size(), 9U);
}

TEST_F(SherpaTtsTest, NothingToSayIsNoFailure) {
  for (const char* text : {"", "  ", "..."}) {
    model::TtsCall call;
    call.text = text;
    model::synthesize_all(*tts, call);
    EXPECT_TRUE(call.status);
    EXPECT_TRUE(call.audio.empty());
  }
}

TEST_F(SherpaTtsTest, ACancelledCallSaysSo) {
  model::TtsCall call;
  call.cancel();
  say(call, true);
  ASSERT_FALSE(call.status);
  EXPECT_EQ(call.status.error().code, ErrorCode::cancelled);
}

TEST_F(SherpaTtsTest, RefusesASpeedThatMakesNoSense) {
  model::TtsCall call;
  call.speed = 100.0F;
  say(call, false);
  ASSERT_FALSE(call.status);
  EXPECT_EQ(call.status.error().code, ErrorCode::invalid_argument);
}

TEST_F(SherpaTtsTest, SeveralSpeakAtOnce) {
  model::TtsCall expected;
  say(expected, false);
  std::vector<std::thread> threads;
  std::vector<model::TtsCall> calls(4);
  for (model::TtsCall& call : calls) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) say(call, false);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const model::TtsCall& call : calls) {
    EXPECT_TRUE(std::ranges::equal(call.audio.floats(), expected.audio.floats()));
  }
}

TEST_F(SherpaTtsTest, ASpeakerThatIsNotThereIsAnError) {
  const std::string folder = tiny_voices() + "/speakers";
  std::filesystem::copy(tiny_voices() + "/good", folder);
  std::ofstream(folder + "/sherpa.json")
      << R"({"family": "vits", "language": "en-us", "speakers": {"x": 9},
             "files": {"model": "model.onnx", "tokens": "tokens.txt"}})";
  const auto loaded = SherpaTts::load(sherpa_library(), folder, phonemizer);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("speakers.x"), std::string::npos);
}

}  // namespace
}  // namespace parley::backend
