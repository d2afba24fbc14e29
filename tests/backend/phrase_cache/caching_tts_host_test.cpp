// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/caching_tts_host.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "model/fakes/fake_tts.h"
#include "model/model_host.h"
#include "tests/backend/phrase_cache/hand_host.h"
#include "tests/backend/phrase_cache/phrases.h"
#include "tests/backend/phrase_cache/scratch_folder.h"

namespace parley::backend {
namespace {

using namespace std::chrono_literals;
using model::TtsCall;
using model::TtsQos;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using CallRef = std::shared_ptr<TtsCall>;

class CachingTtsHostTest : public ::testing::Test {
 protected:
  CachingTtsHostTest() { open(); }

  static CachingTtsOptions options_of(const std::string& model_hash) {
    CachingTtsOptions options;
    options.voice_of = [model_hash](std::string_view name) {
      return CachingTtsOptions::Voice{name == "joe" ? "joe" : "default", model_hash};
    };
    return options;
  }
  void open(const std::string& model_hash = "m1") {
    host.reset();
    cache.reset();
    PhraseCacheOptions options{.memory_bytes_max = 16U << 20U, .disk = DiskOptions()};
    options.disk->path = root;
    cache.emplace(std::move(options),
                  DiskTier::Surroundings{disk_thread, runtime.timers, runtime.clock, metrics});
    disk_thread.run_until_idle();  // the first look
    host.emplace(hand, *cache, options_of(model_hash), around);
  }

  struct Given {
    bool stream = true;
    TtsQos qos = TtsQos::interactive;
    Instant deadline = Instant::never();
    std::uint64_t seed = 0;
    bool any_seed = true;
    std::string voice = {};
    float speed = 1.0F;
  };
  CallRef make(const std::string& text, Given given) {
    auto call = std::make_shared<TtsCall>();
    call->text = text;
    call->stream = given.stream;
    call->qos = given.qos;
    call->seed = given.seed;
    call->any_seed = given.any_seed;
    call->voice = given.voice;
    call->speed = given.speed;
    call->begin({}, given.deadline);
    return call;
  }
  CallRef submit(const std::string& text, Given given) {
    CallRef call = make(text, given);
    EXPECT_TRUE(host->submit(call));
    return call;
  }
  CallRef submit(const std::string& text) { return submit(text, Given()); }
  void settle() {
    do {
      runtime.run_until_idle();
    } while (disk_thread.run_until_idle() > 0);
  }
  /// The values of the parts that came since the last look.
  static std::vector<float> parts_of(const CallRef& call) {
    std::vector<float> values;
    while (auto part = call->parts.try_pop()) values.push_back(part->floats().front());
    return values;
  }
  void part(std::size_t index, float value) {
    hand.part(index, value);
    settle();
  }
  void finish(std::size_t index, Status status = {}) {
    hand.finish(index, std::move(status));
    settle();
  }
  /// Made once and kept.
  void make_known(const std::string& text) {
    const CallRef call = submit(text);
    settle();
    part(hand.calls.size() - 1, 0.25F);
    part(hand.calls.size() - 1, 0.5F);
    finish(hand.calls.size() - 1);
    ASSERT_TRUE(call->done() && call->status);
  }
  std::string count(const std::string& series) const {
    const std::string text = metrics.render();
    const std::size_t at = text.find("\nparley_tts_cache_" + series + " ");
    if (at == std::string::npos) return "none";
    const std::size_t value = text.find(' ', at) + 1;
    return text.substr(value, text.find('\n', value) - value);
  }

  test::ScratchFolder scratch;
  const std::string root = scratch.file("phrases");
  exec::ManualRuntime runtime;
  exec::ManualExecutor disk_thread;
  Metrics metrics;
  test::HandHost hand;
  const CachingTtsHost::Surroundings around{runtime.executor, runtime.timers, runtime.clock};
  std::optional<PhraseCache> cache;
  std::optional<CachingTtsHost> host;
};

// --- one caller
// -----------------------------------------------------------------------------------

TEST_F(CachingTtsHostTest, AMissIsMadeAndGivenOnPartByPart) {
  const CallRef call = submit("hello", {.qos = TtsQos::bulk, .voice = "joe", .speed = 1.5F});
  ASSERT_EQ(hand.calls.size(), 1U);
  EXPECT_EQ(hand.calls[0]->text, "hello");
  EXPECT_EQ(hand.calls[0]->voice, "joe");
  EXPECT_EQ(hand.calls[0]->speed, 1.5F);
  EXPECT_EQ(hand.calls[0]->qos, TtsQos::bulk);
  EXPECT_TRUE(hand.calls[0]->stream);
  part(0, 0.25F);
  EXPECT_FALSE(call->done());
  EXPECT_THAT(parts_of(call), ElementsAre(0.25F));
  ASSERT_EQ(call->words.size(), 1U);
  EXPECT_EQ(call->words[0].text, "hello");
  EXPECT_EQ(call->phonemes.size(), 1U);
  EXPECT_EQ(call->samples_expected, 1000);
  part(0, 0.5F);
  finish(0);
  EXPECT_THAT(parts_of(call), ElementsAre(0.5F));
  EXPECT_TRUE(call->done());
  EXPECT_TRUE(call->status);
  EXPECT_EQ(count("misses_total"), "1");
}

TEST_F(CachingTtsHostTest, AHitIsDoneAtOnceAndSharesItsAudio) {
  make_known("hello");
  const CallRef first = submit("hello");
  const CallRef second = submit("hello", {.stream = false});
  EXPECT_TRUE(first->done());
  EXPECT_TRUE(second->done());
  EXPECT_EQ(hand.calls.size(), 1U);
  EXPECT_EQ(first->samples_expected, 20);
  EXPECT_EQ(first->words, second->words);
  EXPECT_EQ(second->phonemes.size(), 1U);
  const auto part = first->parts.try_pop();
  ASSERT_TRUE(part);
  EXPECT_EQ(part->floats().data(), second->audio.floats().data());  // the same block
  EXPECT_EQ(second->audio.floats().size(), 20U);
  EXPECT_EQ(second->audio.floats()[0], 0.25F);
  EXPECT_EQ(second->audio.floats()[19], 0.5F);
  EXPECT_EQ(count("hits_total{tier=\"memory\"}"), "2");
}

TEST_F(CachingTtsHostTest, AnOldAnswerIsGoneFromACallThatIsUsedAgain) {
  make_known("hello");
  const CallRef call = submit("hello");
  call->text = "hello";
  call->begin({}, Instant::never());
  ASSERT_TRUE(host->submit(call));  // its parts were never taken
  EXPECT_EQ(call->parts.size(), 1U);
  call->text = "other";
  call->begin({}, Instant::never());
  ASSERT_TRUE(host->submit(call));
  EXPECT_THAT(call->words, IsEmpty());
  EXPECT_EQ(call->parts.size(), 0U);
}

TEST_F(CachingTtsHostTest, TextVoiceSpeedAndModelMakeAnotherPhrase) {
  make_known("hello");
  submit("hello.");
  submit("hello", {.voice = "joe"});
  submit("hello", {.speed = 1.1F});
  EXPECT_EQ(hand.calls.size(), 4U);
  EXPECT_TRUE(submit("hello", {.voice = "a name for the default voice"})->done());
  open("m2");
  submit("hello");
  EXPECT_EQ(hand.calls.size(), 5U);
}

TEST_F(CachingTtsHostTest, WhoWantsItsOwnNoiseNeverGetsAnothers) {
  make_known("hello");  // takes any
  submit("hello", {.seed = 1, .any_seed = false});
  submit("hello", {.seed = 2, .any_seed = false});
  ASSERT_EQ(hand.calls.size(), 3U);
  EXPECT_EQ(hand.calls[1]->seed, 1U);
  EXPECT_EQ(hand.calls[2]->seed, 2U);
  hand.part(1, 0.125F);
  finish(1);
  const CallRef same = submit("hello", {.stream = false, .seed = 1, .any_seed = false});
  ASSERT_TRUE(same->done());
  EXPECT_EQ(same->audio.floats()[0], 0.125F);
  const CallRef any = submit("hello", {.stream = false, .seed = 1});
  EXPECT_EQ(any->audio.floats()[0], 0.25F);
}

TEST_F(CachingTtsHostTest, WhatTakesAnySeedSoundsTheSameWhoeverAsksFirst) {
  submit("hello", {.seed = 1});
  open();
  submit("hello", {.seed = 2});
  ASSERT_EQ(hand.calls.size(), 2U);
  EXPECT_EQ(hand.calls[0]->seed, hand.calls[1]->seed);
  submit("other", {.seed = 2});
  EXPECT_NE(hand.calls[2]->seed, hand.calls[1]->seed);
}

TEST_F(CachingTtsHostTest, WithoutAnySeedEachSeedCounts) {
  CachingTtsOptions options = options_of("m1");
  options.any_seed = false;
  host.emplace(hand, *cache, std::move(options), around);
  submit("hello", {.seed = 1});
  submit("hello", {.seed = 2});
  ASSERT_EQ(hand.calls.size(), 2U);
  EXPECT_EQ(hand.calls[1]->seed, 2U);
}

TEST_F(CachingTtsHostTest, LongTextsPassThrough) {
  const CallRef call = submit(std::string(1001, 'x'));
  ASSERT_EQ(hand.calls.size(), 1U);
  EXPECT_EQ(hand.calls[0], call);
  submit("");
  EXPECT_EQ(hand.calls.size(), 2U);
  EXPECT_EQ(host->rate(), test::kRate);
  EXPECT_EQ(host->backlog(), Millis(7));
}

TEST_F(CachingTtsHostTest, AFullHostRefuses) {
  hand.is_full = true;
  const CallRef call = make("hello", {});
  EXPECT_FALSE(host->submit(call));
  EXPECT_EQ(count("misses_total"), "0");
  hand.is_full = false;
  EXPECT_TRUE(host->submit(call));
  EXPECT_EQ(hand.calls.size(), 1U);
}

TEST_F(CachingTtsHostTest, WhatFailedIsNotKept) {
  const CallRef call = submit("hello");
  part(0, 0.25F);
  finish(0, Error{ErrorCode::internal, "broken"});
  EXPECT_TRUE(call->done());
  EXPECT_EQ(call->status.error().message, "broken");
  EXPECT_FALSE(submit("hello")->done());
  EXPECT_EQ(hand.calls.size(), 2U);
}

TEST_F(CachingTtsHostTest, WhatWasCancelledIsNotKept) {
  const CallRef call = submit("hello");
  part(0, 0.25F);
  call->cancel();
  EXPECT_TRUE(call->done());
  EXPECT_EQ(call->status.error().code, ErrorCode::cancelled);
  EXPECT_THAT(hand.cancelled, ElementsAre("hello"));
  settle();
  EXPECT_FALSE(submit("hello")->done());
  EXPECT_EQ(hand.calls.size(), 2U);
}

TEST_F(CachingTtsHostTest, ACancelBeforeItIsSubmittedCounts) {
  const CallRef call = make("hello", {});
  call->cancel();
  EXPECT_TRUE(host->submit(call));
  EXPECT_TRUE(call->done());
  EXPECT_EQ(call->status.error().code, ErrorCode::cancelled);
  EXPECT_EQ(hand.cancelled.size(), 1U);
}

TEST_F(CachingTtsHostTest, TextWithoutSoundIsAPhraseToo) {
  const CallRef call = submit("...");
  finish(0);
  EXPECT_TRUE(call->status);
  const CallRef again = submit("...");
  EXPECT_TRUE(again->done());
  EXPECT_EQ(again->parts.size(), 0U);
}

// --- several callers
// ------------------------------------------------------------------------------

TEST_F(CachingTtsHostTest, WhoComesLaterGetsWhatIsThereAndThenTheRest) {
  const CallRef first = submit("hello");
  part(0, 1.0F);
  part(0, 2.0F);
  const CallRef late = submit("hello");
  EXPECT_EQ(hand.calls.size(), 1U);
  EXPECT_EQ(late->words, first->words);
  const auto shared = late->parts.try_pop();
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->floats().data(), first->parts.try_pop()->floats().data());  // no copy
  EXPECT_THAT(parts_of(late), ElementsAre(2.0F));
  part(0, 3.0F);
  EXPECT_THAT(parts_of(late), ElementsAre(3.0F));
  EXPECT_THAT(parts_of(first), ElementsAre(2.0F, 3.0F));
  finish(0);
  EXPECT_TRUE(first->done());
  EXPECT_TRUE(late->done());
  EXPECT_EQ(count("joined_total"), "1");
  EXPECT_EQ(count("misses_total"), "1");
}

TEST_F(CachingTtsHostTest, WhoDoesNotStreamGetsTheWholeFromOneWhoDoes) {
  const CallRef first = submit("hello");
  const CallRef whole = submit("hello", {.stream = false});
  part(0, 1.0F);
  EXPECT_TRUE(whole->audio.empty());
  part(0, 2.0F);
  finish(0);
  ASSERT_TRUE(whole->done());
  EXPECT_EQ(whole->audio.floats().size(), 20U);
  EXPECT_EQ(whole->words, first->words);
  EXPECT_EQ(whole->parts.size(), 0U);
}

TEST_F(CachingTtsHostTest, WhoStreamsGetsPartsOfTheWhole) {
  submit("hello", {.stream = false});
  const CallRef stream = submit("hello");
  EXPECT_FALSE(hand.calls[0]->stream);
  hand.part(0, 1.0F);
  finish(0);
  ASSERT_TRUE(stream->done());
  EXPECT_THAT(parts_of(stream), ElementsAre(1.0F));
  EXPECT_EQ(stream->words.size(), 1U);
}

TEST_F(CachingTtsHostTest, AllHearOfAFailure) {
  const std::array<CallRef, 3> calls{submit("hello"), submit("hello"),
                                     submit("hello", {.stream = false})};
  part(0, 1.0F);
  finish(0, Error{ErrorCode::unavailable, "gone"});
  for (const CallRef& call : calls) {
    ASSERT_TRUE(call->done());
    EXPECT_EQ(call->status.error().message, "gone");
    EXPECT_TRUE(call->audio.empty());
  }
}

/// Three callers leave in every order, at every moment; the model is stopped by the last one only.
TEST_F(CachingTtsHostTest, ItGoesOnUntilTheLastCallerHasCancelled) {
  std::array<int, 3> order{0, 1, 2};
  do {
    for (const int moment : {0, 1, 2}) {
      open();
      hand.calls.clear();
      hand.cancelled.clear();
      const std::string text =
          "text " + std::to_string(order[0]) + std::to_string(order[1]) + std::to_string(moment);
      std::array<CallRef, 3> calls{submit(text), submit(text), submit(text)};
      for (int i = 0; i < 3; ++i) {
        if (i == moment) part(0, 1.0F);
        EXPECT_THAT(hand.cancelled, IsEmpty());
        calls[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]->cancel();
        settle();
      }
      EXPECT_THAT(hand.cancelled, ElementsAre(text));
      for (const CallRef& call : calls) {
        ASSERT_TRUE(call->done());
        EXPECT_EQ(call->status.error().code, ErrorCode::cancelled);
      }
      // Whoever comes now does not join what is being stopped.
      EXPECT_FALSE(submit(text)->done());
      EXPECT_EQ(hand.calls.size(), 2U);
    }
  } while (std::ranges::next_permutation(order).found);
}

TEST_F(CachingTtsHostTest, WhoStaysIsServedThoughTheFirstOneLeft) {
  const CallRef first = submit("hello");
  const CallRef second = submit("hello");
  part(0, 1.0F);
  first->cancel();
  EXPECT_TRUE(first->done());
  part(0, 2.0F);
  finish(0);
  EXPECT_THAT(hand.cancelled, IsEmpty());
  EXPECT_THAT(parts_of(second), ElementsAre(1.0F, 2.0F));
  EXPECT_TRUE(second->status);
  EXPECT_THAT(parts_of(first), ElementsAre(1.0F));
  EXPECT_TRUE(submit("hello")->done());
}

TEST_F(CachingTtsHostTest, ACancelWhileItLandsLosesNothing) {
  const CallRef call = submit("hello");
  hand.part(0, 1.0F);
  hand.finish(0);
  call->cancel();  // before the strand has looked
  settle();
  EXPECT_TRUE(call->done());
  EXPECT_EQ(call->status.error().code, ErrorCode::cancelled);
}

TEST_F(CachingTtsHostTest, WhoIsInMoreOfAHurryHurriesAll) {
  submit("hello", {.qos = TtsQos::bulk, .deadline = Instant{5s}});
  EXPECT_EQ(hand.calls[0]->urgent_qos(), TtsQos::bulk);
  submit("hello", {.qos = TtsQos::bulk, .deadline = Instant{9s}});
  EXPECT_EQ(hand.calls[0]->urgent_deadline(), Instant{5s});
  submit("hello", {.deadline = Instant{2s}});
  EXPECT_EQ(hand.calls[0]->urgent_qos(), TtsQos::interactive);
  EXPECT_EQ(hand.calls[0]->urgent_deadline(), Instant{2s});
}

TEST_F(CachingTtsHostTest, WhenItGoesAllHearThatItIsGone) {
  const CallRef making = submit("hello");
  const CallRef joined = submit("hello");
  host.reset();
  for (const CallRef& call : {making, joined}) {
    ASSERT_TRUE(call->done());
    EXPECT_EQ(call->status.error().code, ErrorCode::unavailable);
    call->cancel();  // of no interest to anybody any more
  }
  EXPECT_THAT(hand.cancelled, ElementsAre("hello"));
}

// --- the disk
// -------------------------------------------------------------------------------------

class CachingTtsDiskTest : public CachingTtsHostTest {
 protected:
  /// On the disk, and nowhere else.
  void put_on_disk(const std::string& text) {
    make_known(text);
    submit(text);
    settle();
    open();
    hand.calls.clear();
    ASSERT_EQ(test::files_in(root).size(), 1U);
  }
};

TEST_F(CachingTtsDiskTest, ReadsItWithoutTheModel) {
  put_on_disk("hello");
  const CallRef call = submit("hello");
  const CallRef joined = submit("hello", {.stream = false});
  EXPECT_FALSE(call->done());  // nobody waits for the disk
  settle();
  EXPECT_TRUE(call->done());
  EXPECT_THAT(parts_of(call), ElementsAre(0.25F));
  EXPECT_EQ(call->words.size(), 1U);
  EXPECT_EQ(joined->audio.floats().size(), 20U);
  EXPECT_THAT(hand.calls, IsEmpty());
  EXPECT_EQ(count("hits_total{tier=\"disk\"}"), "1");
  EXPECT_TRUE(submit("hello")->done());  // from memory now
}

TEST_F(CachingTtsDiskTest, MakesAnewWhatIsCorrupt) {
  put_on_disk("hello");
  test::overwrite(test::files_in(root).front(), "not a phrase");
  const CallRef call = submit("hello");
  settle();
  ASSERT_EQ(hand.calls.size(), 1U);
  part(0, 1.0F);
  finish(0);
  EXPECT_TRUE(call->status);
  EXPECT_EQ(count("corrupt_total{tier=\"disk\"}"), "1");
}

TEST_F(CachingTtsDiskTest, DoesNotWaitLongForADiskThatHangs) {
  put_on_disk("hello");
  const CallRef call = submit("hello");
  runtime.run_for(49ms);
  EXPECT_THAT(hand.calls, IsEmpty());
  runtime.run_for(1ms);
  ASSERT_EQ(hand.calls.size(), 1U);
  disk_thread.run_until_idle();  // it answers after all
  part(0, 1.0F);
  finish(0);
  EXPECT_THAT(parts_of(call), ElementsAre(1.0F));
  EXPECT_EQ(count("late_total{tier=\"disk\"}"), "1");
}

TEST_F(CachingTtsDiskTest, AFullHostAfterTheDiskIsAskedAgain) {
  put_on_disk("hello");
  test::overwrite(test::files_in(root).front(), "not a phrase");
  hand.is_full = true;
  const CallRef call = submit("hello", {.qos = TtsQos::bulk, .deadline = Instant{9s}});
  settle();
  submit("hello", {.deadline = Instant{1s}});
  runtime.run_for(25ms);
  EXPECT_FALSE(call->done());
  hand.is_full = false;
  runtime.run_for(10ms);
  ASSERT_EQ(hand.calls.size(), 1U);
  EXPECT_EQ(hand.calls[0]->qos, TtsQos::interactive);
  EXPECT_EQ(hand.calls[0]->deadline(), Instant{1s});
}

TEST_F(CachingTtsDiskTest, ACancelStopsTheRead) {
  put_on_disk("hello");
  const CallRef call = submit("hello");
  call->cancel();
  EXPECT_TRUE(call->done());
  settle();
  EXPECT_THAT(hand.calls, IsEmpty());
  EXPECT_EQ(count("hits_total{tier=\"disk\"}"), "0");
  const CallRef reading = submit("hello");
  host.reset();  // while it is read
  EXPECT_EQ(reading->status.error().code, ErrorCode::unavailable);
  settle();
}

TEST_F(CachingTtsDiskTest, ACancelWhileItLandsKeepsTheWhole) {
  put_on_disk("hello");
  const CallRef call = submit("hello");
  disk_thread.run_until_idle();
  call->cancel();
  settle();
  const CallRef again = submit("hello", {.stream = false});
  settle();
  ASSERT_TRUE(again->done());
  EXPECT_EQ(again->audio.floats().size(), 20U);
}

// --- with a voice behind
// --------------------------------------------------------------------------

TEST(Answer, PartsBeginShortAndAreAtMostAsManyAsACallHas) {
  media::BufferPool buffers;
  for (const std::size_t seconds : {1U, 3U, 20U, 1000U}) {
    const std::size_t samples = seconds * test::kRate + 1;
    const Phrase phrase = test::make_phrase(buffers, samples);
    TtsCall call;
    call.stream = true;
    answer(call, phrase);
    std::vector<std::size_t> sizes;
    std::vector<float> all;
    while (auto part = call.parts.try_pop()) {
      sizes.push_back(part->floats().size());
      all.insert(all.end(), part->floats().begin(), part->floats().end());
    }
    EXPECT_EQ(sizes.front(), static_cast<std::size_t>(test::kRate) / 5);
    EXPECT_LE(sizes.size(), model::kTtsPartsMax);
    EXPECT_TRUE(std::ranges::equal(all, phrase.audio.floats()));
  }
}

TEST(CachingTts, SoundsTheSameWithAndWithoutIt) {
  exec::ManualRuntime runtime;
  Metrics metrics;
  model::FakeTtsModel voice;
  const std::array<exec::Executor*, 1> voice_thread{&runtime.executor};
  model::TtsModelHost behind(voice, {.name = "tts"}, voice_thread, runtime.clock, metrics);
  PhraseCache cache(
      {.memory_bytes_max = 16U << 20U, .disk = {}},
      DiskTier::Surroundings{runtime.executor, runtime.timers, runtime.clock, metrics});
  CachingTtsOptions options;
  options.voice_of = [](std::string_view) { return CachingTtsOptions::Voice{"tone", "1"}; };
  CachingTtsHost host(behind, cache, std::move(options),
                      {runtime.executor, runtime.timers, runtime.clock});
  const auto speak = [&](model::TtsHost& by, bool stream) {
    auto call = std::make_shared<TtsCall>();
    call->text = "The same sentence.";
    call->seed = 5;
    call->stream = stream;
    call->begin({}, Instant::never());
    EXPECT_TRUE(by.submit(call));
    runtime.run_until_idle();
    EXPECT_TRUE(call->done() && call->status);
    std::vector<float> audio(call->audio.floats().begin(), call->audio.floats().end());
    while (auto part = call->parts.try_pop()) {
      audio.insert(audio.end(), part->floats().begin(), part->floats().end());
    }
    return std::pair(audio, call->words);
  };
  const auto expected = speak(behind, false);
  EXPECT_FALSE(expected.first.empty());
  for (const bool stream : {true, false, true}) EXPECT_EQ(speak(host, stream), expected);
}

}  // namespace
}  // namespace parley::backend
