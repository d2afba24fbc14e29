// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/pinned_phrases.h"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "tests/backend/phrase_cache/hand_host.h"
#include "tests/backend/phrase_cache/scratch_folder.h"

namespace parley::backend {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const PinnedPhrase kDefaults{.text = {}, .voice = "joe", .speed = 1.0F};

TEST(PinnedFile, HasAPhraseInALineAndWhatSpeaksItBefore) {
  const auto phrases = parse_pinned(
      "# often said\n\nHello!\r\n  {voice=amy speed=1.25}  Please hold the line. \n"
      "{speed=0.5}Bye {now}",
      kDefaults);
  ASSERT_TRUE(phrases) << phrases.error().message;
  EXPECT_THAT(*phrases, ElementsAre(PinnedPhrase{"Hello!", "joe", 1.0F},
                                    PinnedPhrase{"Please hold the line.", "amy", 1.25F},
                                    PinnedPhrase{"Bye {now}", "joe", 0.5F}));
  EXPECT_TRUE(parse_pinned("", kDefaults)->empty());
}

TEST(PinnedFile, ErrorsNameTheLine) {
  for (const char* line : {"{voice=amy", "{speed=0.1} x", "{speed=fast} x", "{speed=5} x",
                           "{pitch=2} x", "{voice=amy}", "{} "}) {
    const auto phrases = parse_pinned(std::string("a\n") + line, kDefaults);
    ASSERT_FALSE(phrases) << line;
    EXPECT_EQ(phrases.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(phrases.error().message, HasSubstr("line 2: "));
  }
  test::ScratchFolder scratch;
  EXPECT_EQ(read_pinned(scratch.file("none"), kDefaults).error().code, ErrorCode::not_found);
  test::overwrite(scratch.file("p"), "{x} y");
  EXPECT_THAT(read_pinned(scratch.file("p"), kDefaults).error().message,
              HasSubstr("p: line 1: 'x'"));
  test::overwrite(scratch.file("p"), "y");
  EXPECT_EQ(read_pinned(scratch.file("p"), kDefaults)->size(), 1U);
}

class PinnedPhrasesTest : public ::testing::Test {
 protected:
  PinnedPhrasesTest() {
    CachingTtsOptions options;
    options.voice_of = [](std::string_view name) {
      return CachingTtsOptions::Voice{std::string(name), "m"};
    };
    host.emplace(hand, cache, std::move(options),
                 CachingTtsHost::Surroundings{runtime.executor, runtime.timers, runtime.clock});
    pinned.emplace(
        std::vector<PinnedPhrase>{{"one", "joe", 1.0F}, {"two", "amy", 1.5F}},
        PinnedPhrases::Surroundings{*host, cache, runtime.executor, runtime.timers, runtime.clock});
  }
  void finish(std::size_t index, Status status = {}) {
    if (status) hand.part(index, 0.5F);
    hand.finish(index, std::move(status));
    runtime.run_until_idle();
  }
  bool is_ready(const std::string& text, const std::string& voice, float speed) {
    auto call = std::make_shared<model::TtsCall>();
    call->text = text;
    call->voice = voice;
    call->speed = speed;
    call->any_seed = true;
    call->begin({}, Instant::never());
    return host->submit(call) && call->done();
  }

  exec::ManualRuntime runtime;
  Metrics metrics;
  test::HandHost hand;
  PhraseCache cache{
      {.memory_bytes_max = 1U << 20U, .disk = {}},
      DiskTier::Surroundings{runtime.executor, runtime.timers, runtime.clock, metrics}};
  std::optional<CachingTtsHost> host;
  std::optional<PinnedPhrases> pinned;
};

TEST_F(PinnedPhrasesTest, AreSpokenOneAfterAnotherInTheBackground) {
  runtime.run_until_idle();
  EXPECT_TRUE(hand.calls.empty());
  pinned->start();
  runtime.run_until_idle();
  ASSERT_EQ(hand.calls.size(), 1U);
  EXPECT_EQ(hand.calls[0]->qos, model::TtsQos::bulk);
  finish(0);
  ASSERT_EQ(hand.calls.size(), 2U);
  EXPECT_EQ(hand.calls[1]->voice, "amy");
  finish(1);
  EXPECT_EQ(hand.calls.size(), 2U);
  EXPECT_TRUE(is_ready("one", "joe", 1.0F));
  EXPECT_TRUE(is_ready("two", "amy", 1.5F));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_tts_cache_phrases{tier=\"memory\"} 2"));
  EXPECT_THAT(metrics.render(), ::testing::Not(HasSubstr("pinned_bytes 0")));
}

TEST_F(PinnedPhrasesTest, OneThatFailsDoesNotStopTheOthers) {
  pinned->start();
  runtime.run_until_idle();
  finish(0, Error{ErrorCode::internal, "no"});
  finish(1);
  EXPECT_TRUE(is_ready("two", "amy", 1.5F));
}

TEST_F(PinnedPhrasesTest, WaitForAHostThatHasNoRoom) {
  hand.is_full = true;
  pinned->start();
  runtime.run_for(1s);
  hand.is_full = false;
  runtime.run_for(100ms);
  EXPECT_EQ(hand.calls.size(), 1U);
}

TEST_F(PinnedPhrasesTest, StopWhenTheyGo) {
  pinned->start();
  runtime.run_until_idle();
  pinned.reset();
  EXPECT_THAT(hand.cancelled, ElementsAre("one"));
}

}  // namespace
}  // namespace parley::backend
