// SPDX-License-Identifier: Apache-2.0
#include "server/phrases.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "model/fakes/fake_tts.h"
#include "model/model_host.h"
#include "server/engine.h"

namespace parley::server {
namespace {

using ::testing::HasSubstr;

class PhrasesTest : public ::testing::Test {
 protected:
  PhrasesTest() {
    config.models.fake = true;
    config.tts.cache.use = "on";
    config.tts.cache.path = "";
  }
  Result<std::unique_ptr<Phrases>> make() {
    return Phrases::make(config, voice,
                         {.executor = runtime.executor,
                          .timers = runtime.timers,
                          .clock = runtime.clock,
                          .metrics = metrics});
  }
  static bool speak(model::TtsHost& host, const std::string& text) {
    auto call = std::make_shared<model::TtsCall>();
    call->text = text;
    call->any_seed = true;
    call->begin({}, Instant::never());
    return host.submit(call) && call->done();
  }
  std::string file(const std::string& name, const std::string& text) {
    std::string path = testing::TempDir() + "/parley_phrases_test_" + name;
    std::ofstream(path) << text;
    return path;
  }

  Config config;
  exec::ManualRuntime runtime;
  Metrics metrics;
  model::FakeTtsModel model;
  std::array<exec::Executor*, 1> threads{&runtime.executor};
  model::TtsModelHost voice{model, {.name = "tts"}, threads, runtime.clock, metrics};
};

TEST_F(PhrasesTest, AreKeptUnlessTheVoiceIsAStandIn) {
  config.tts.cache.use = "auto";
  EXPECT_EQ(*make(), nullptr);
  config.tts.cache.use = "off";
  EXPECT_EQ(*make(), nullptr);
  config.tts.cache.use = "on";
  EXPECT_NE(*make(), nullptr);
}

TEST_F(PhrasesTest, AnswerWhatTheVoiceSaidBefore) {
  const auto phrases = std::move(*make());
  EXPECT_FALSE(speak(phrases->host(), "Hello."));
  runtime.run_until_idle();
  EXPECT_TRUE(speak(phrases->host(), "Hello."));
  EXPECT_FALSE(phrases->trouble());
}

TEST_F(PhrasesTest, SpeakWhatIsPinnedOnceTheyAreTold) {
  config.tts.cache.pinned = file("pinned", "Hello.\n**Hello!** How can I help?\n");
  const auto phrases = std::move(*make());
  runtime.run_until_idle();
  EXPECT_FALSE(speak(phrases->host(), "Hello."));
  phrases->speak_pinned();
  runtime.run_until_idle();
  EXPECT_TRUE(speak(phrases->host(), "Hello!"));
  EXPECT_TRUE(speak(phrases->host(), "How can I help?"));  // as the voice is given it
  config.tts.cache.pinned = file("wrong", "{x} Hello.\n");
  EXPECT_THAT(make().error().message, HasSubstr("line 1"));
  config.tts.cache.pinned = "no such file";
  EXPECT_EQ(make().error().code, ErrorCode::not_found);
}

TEST_F(PhrasesTest, AreThoseOfTheVoiceThatANameStandsFor) {
  config.tts.voice = "joe";
  config.tts.voices = {"vctk"};
  config.tts.voice_map = {"nova=vctk#p225", "ash=vctk#p226"};
  const auto phrases = std::move(*make());
  const auto key = [&](const std::string& name) {
    model::TtsCall call;
    call.text = "Hello.";
    call.voice = name;
    return phrases->host().key_of(call);
  };
  EXPECT_EQ(key("joe"), key("whatever"));
  EXPECT_EQ(key("nova"), key("vctk#p225"));
  EXPECT_NE(key("joe"), key("vctk"));
  EXPECT_NE(key("vctk"), key("nova"));
  EXPECT_NE(key("ash"), key("nova"));
}

TEST_F(PhrasesTest, NeedTheVoicesFilesToTellThemApart) {
  config.models.fake = false;
  config.models.path = "no such folder";
  EXPECT_EQ(make().error().code, ErrorCode::not_found);
}

TEST_F(PhrasesTest, TheEngineHasThemWhereItIsAskedTo) {
  Metrics counts;
  const auto forgets = Engine::load(config, counts, {});
  ASSERT_TRUE(forgets) << forgets.error().message;
  EXPECT_EQ((*forgets)->phrases(), nullptr);
  Metrics other_counts;
  const auto remembers = Engine::load(config, other_counts, {}, {.remembering = true});
  ASSERT_TRUE(remembers) << remembers.error().message;
  ASSERT_NE((*remembers)->phrases(), nullptr);
  EXPECT_EQ(&(*remembers)->tts(), &(*remembers)->phrases()->host());
  EXPECT_TRUE(default_settings(config).any_seed);
  config.tts.cache.any_seed = false;
  EXPECT_FALSE(default_settings(config).any_seed);
}

}  // namespace
}  // namespace parley::server
