// SPDX-License-Identifier: Apache-2.0
//
// The rules of continuous batching, with a model of a few lines: no threads, no time.
#include "backend/llama/llama_scheduler.h"

#include <gtest/gtest.h>

#include "tests/backend/listener.h"
#include "tests/backend/llama/fake_decoder.h"

namespace parley::backend {
namespace {

using model::LlmCall;
using Next = LlamaScheduler::Next;
using Role = model::LlmMessage::Role;

/// Says "abcdefgh" after each head of an assistant's turn, then ends it.
Token alphabet(const std::string& text) {
  const std::string head = "<assistant\n";
  const std::size_t said = text.size() - text.rfind(head) - head.size();
  return said < 8 ? static_cast<Token>('a' + said) : kEndToken;
}
/// Never ends.
Token chatter(const std::string& text) { return static_cast<Token>('a' + text.size() % 17); }

class Scheduling : public testing::Test {
 protected:
  void start(FakeDecoder::Next next, SchedulerOptions options = {}, std::size_t cells = 100'000) {
    decoder = std::make_unique<FakeDecoder>(std::move(next), cells);
    scheduler =
        std::make_unique<LlamaScheduler>(std::move(options), *decoder, vocabulary, renderer, clock);
  }
  std::shared_ptr<LlmCall> submit(std::uint64_t session, const std::string& user,
                                  std::int32_t tokens_max = 0) {
    auto call = make_call(session, "System.", user);
    call->output_tokens_max = tokens_max;
    call->begin({}, Instant::never());
    scheduler->submit(call);
    return call;
  }
  Next step() {
    return scheduler->step(
        {.must_stop = [this] { return must_stop; }, .has_urgent = [this] { return has_urgent; }});
  }
  void run() {
    for (int i = 0; i < 5000; ++i) {
      if (step() == Next::wait) return;
    }
    FAIL() << "never idle";
  }
  static std::string text(LlmCall& call) {
    Outcome outcome;
    take_deltas(call, outcome);
    return outcome.text;
  }

  FakeVocabulary vocabulary;
  ChatRenderer renderer{vocabulary};
  ManualClock clock;
  std::unique_ptr<FakeDecoder> decoder;
  std::unique_ptr<LlamaScheduler> scheduler;
  bool must_stop = false;
  bool has_urgent = false;
};

TEST_F(Scheduling, WritesAReply) {
  start(alphabet);
  const auto call = submit(1, "Hello.");
  run();
  ASSERT_TRUE(call->done());
  EXPECT_TRUE(call->status);
  EXPECT_EQ(text(*call), "abcdefgh");
  EXPECT_EQ(call->finish_reason, LlmCall::Finish::stop);
  EXPECT_EQ(call->usage.output_tokens, 8);
  EXPECT_EQ(call->usage.cached_tokens, 0);
}

TEST_F(Scheduling, ReadsAtMostSoManyPromptTokensInAStep) {
  start(alphabet, {.prefill_tokens = 10});
  submit(1, std::string(100, 'x'));
  submit(2, std::string(50, 'y'));
  run();
  for (const auto& batch : decoder->batches) {
    const auto decoding = std::count_if(batch.begin(), batch.end(),
                                        [](const BatchEntry& entry) { return entry.wants_logits; });
    EXPECT_LE(static_cast<std::ptrdiff_t>(batch.size()) - decoding, 10);
  }
}

TEST_F(Scheduling, LetsRepliesGoOnWhileAPromptIsRead) {
  start(chatter, {.prefill_tokens = 8});
  const auto first = submit(1, "x", 60);
  for (int i = 0; i < 10; ++i) step();
  text(*first);
  submit(2, std::string(200, 'y'), 1);
  for (int i = 0; i < 5; ++i) step();
  EXPECT_EQ(text(*first).size(), 5U) << "a token in each step";
}

TEST_F(Scheduling, LetsRepliesThatAreAheadOfTheirSpeechStandBack) {
  start(chatter, {.beginning_tokens = 5, .lead_tokens = 10, .spoken_tokens_per_second = 4});
  const auto first = submit(1, "x", 100);
  while (decoder->batches.size() < 30) step();
  text(*first);
  submit(2, "y", 5);
  for (int i = 0; i < 5; ++i) step();
  EXPECT_EQ(text(*first), "") << "while the second begins";
  for (int i = 0; i < 6; ++i) step();
  EXPECT_EQ(text(*first).size(), 6U) << "afterwards at full speed";
  clock.advance(std::chrono::seconds(60));
  submit(3, "z", 5);
  for (int i = 0; i < 6; ++i) step();
  EXPECT_EQ(text(*first).size(), 6U) << "nor when all that was written has been spoken";
}

TEST_F(Scheduling, FindsTheConversationAgain) {
  start(alphabet);
  const auto first = submit(1, "Hello.");
  run();
  auto second = make_call(1, "System.", "Hello.");
  second->prompt.messages.push_back(message(Role::assistant, "abcdefgh"));
  second->prompt.messages.push_back(message(Role::user, "Go on."));
  second->begin({}, Instant::never());
  scheduler->submit(second);
  run();
  EXPECT_GE(second->usage.cached_tokens, first->usage.input_tokens + 8);
  EXPECT_EQ(text(*second), "abcdefgh");
}

TEST_F(Scheduling, SharesABeginningThatIsStillBeingWritten) {
  start(alphabet);
  const auto first = submit(1, "Hello.");
  const auto second = submit(2, "Hullo.");
  run();
  EXPECT_EQ(first->usage.cached_tokens, 0);
  EXPECT_EQ(second->usage.cached_tokens, 24) << "<system System.> <user H";
  EXPECT_EQ(text(*second), "abcdefgh");
}

TEST_F(Scheduling, ServesTheUrgentFirst) {
  start(alphabet, {.prefill_tokens = 4});
  const auto late = submit(1, "late");
  auto urgent = make_call(2, "Other.", "urgent");
  urgent->begin({}, Instant{Nanos(5)});
  scheduler->submit(urgent);
  while (!urgent->done()) step();
  EXPECT_FALSE(late->done());
  run();
  EXPECT_TRUE(late->done());
}

TEST_F(Scheduling, ReadsWhatIsAnnounced) {
  start(alphabet);
  model::LlmPrompt prompt;
  prompt.session = 1;
  prompt.messages = {message(Role::system, "System.")};
  scheduler->prepare(prompt);
  run();
  const auto call = submit(1, "Hello.");
  run();
  EXPECT_EQ(call->usage.cached_tokens, 23) << "<system System.> and the head <user";
}

TEST_F(Scheduling, ReadsNothingAnnouncedWhileAReplyBegins) {
  start(chatter, {.beginning_tokens = 5});
  const auto call = submit(1, "Hello.", 20);
  model::LlmPrompt prompt;
  prompt.session = 2;
  prompt.messages = {message(Role::system, std::string(500, 'z'))};
  scheduler->prepare(prompt);
  step();
  step();
  const std::size_t before = decoder->used_cells();
  step();
  EXPECT_EQ(decoder->used_cells(), before + 1);
  run();
  EXPECT_GT(decoder->used_cells(), 500U) << "but later";
}

TEST_F(Scheduling, GivesAnnouncedPromptsUpForAReply) {
  start(alphabet);
  model::LlmPrompt prompt;
  prompt.session = 2;
  prompt.messages = {message(Role::system, std::string(100, 'z'))};
  scheduler->prepare(prompt);
  has_urgent = true;
  step();
  EXPECT_EQ(decoder->used_cells(), 0U) << "the computation was ended";
  has_urgent = false;
  run();
  EXPECT_GT(decoder->used_cells(), 100U);
}

TEST_F(Scheduling, EndsACancelledReplyAndNoOther) {
  start(chatter);
  const auto first = submit(1, "x", 100);
  const auto second = submit(2, "y", 30);
  for (int i = 0; i < 6; ++i) step();
  first->cancel();
  step();
  ASSERT_TRUE(first->done());
  EXPECT_EQ(first->status.error().code, ErrorCode::cancelled);
  run();
  EXPECT_TRUE(second->status);
  EXPECT_EQ(second->finish_reason, LlmCall::Finish::length);
  EXPECT_EQ(second->usage.output_tokens, 30);
}

TEST_F(Scheduling, AbortsAComputationThatNobodyWants) {
  start(chatter);
  const auto call = submit(1, "x", 100);
  decoder->during_decode = [&] { call->cancel(); };
  step();
  EXPECT_EQ(decoder->used_cells(), 0U);
  run();
  EXPECT_TRUE(call->done());
}

TEST_F(Scheduling, EndsAWaitingCallThatIsCancelled) {
  start(chatter, {.sequences = 1});
  const auto first = submit(1, "x", 50);
  const auto second = submit(2, "y", 5);
  step();
  second->cancel();
  step();
  EXPECT_TRUE(second->done());
  EXPECT_FALSE(first->done());
}

TEST_F(Scheduling, EvictsTheLongestUnusedFromAFullPool) {
  start(alphabet, {}, 160);
  for (std::uint64_t session = 1; session <= 6; ++session) {
    const auto call = submit(session, std::string(30, static_cast<char>('a' + session)));
    run();
    ASSERT_TRUE(call->status);
    EXPECT_EQ(text(*call), "abcdefgh");
  }
  EXPECT_GT(scheduler->counts().evictions, 0U);
}

TEST_F(Scheduling, SetsRepliesAsideWhenThePoolIsFullAndLosesNothing) {
  start(chatter, {.prefill_tokens = 16}, 200);
  std::vector<std::shared_ptr<LlmCall>> calls;
  for (std::uint64_t session = 1; session <= 5; ++session) {
    calls.push_back(submit(session, std::string(30, static_cast<char>('a' + session)), 60));
  }
  run();
  EXPECT_GT(scheduler->counts().set_aside, 0U);
  start(chatter);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    ASSERT_TRUE(calls[i]->status) << calls[i]->status.error().message;
    const auto alone = submit(i + 1, std::string(30, static_cast<char>('b' + i)), 60);
    run();
    EXPECT_EQ(text(*calls[i]), text(*alone)) << "the same as without disturbance";
  }
}

TEST_F(Scheduling, FailsACallThatThePoolCanNeverHold) {
  start(chatter, {}, 50);
  const auto call = submit(1, std::string(100, 'x'), 60);
  run();
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(decoder->used_cells(), 0U);
}

TEST_F(Scheduling, SurvivesAFailureOfTheLibrary) {
  start(alphabet);
  const auto lost = submit(1, "x");
  decoder->fails = true;
  run();
  EXPECT_EQ(lost->status.error().code, ErrorCode::internal);
  decoder->fails = false;
  const auto next = submit(1, "x");
  run();
  EXPECT_EQ(text(*next), "abcdefgh");
}

TEST_F(Scheduling, PausesAReplyWhoseRingIsFull) {
  start(chatter, {.reply = {.loop_times = 0}});
  const auto slow = submit(1, "x", 400);
  const auto other = submit(2, "y", 300);
  Next next = Next::step;
  std::string heard;
  while (!other->done()) {
    next = step();
    heard += text(*other);
  }
  EXPECT_FALSE(slow->done());
  for (int i = 0; i < 3; ++i) next = step();
  EXPECT_EQ(next, Next::poll);
  std::string all;
  for (int i = 0; i < 1000 && !slow->done(); ++i) {
    all += text(*slow);
    step();
  }
  all += text(*slow);
  EXPECT_EQ(all.size(), 400U);
  EXPECT_EQ(heard.size(), 300U);
}

TEST_F(Scheduling, CutsAReplyAtTheEndOfTheContext) {
  start(chatter, {.limits = {.context_tokens = 64, .reply_tokens = 16}});
  const auto call = submit(1, "x", 500);
  run();
  EXPECT_TRUE(call->status);
  EXPECT_EQ(call->finish_reason, LlmCall::Finish::length);
  EXPECT_LE(call->usage.input_tokens + call->usage.output_tokens, 64);
}

TEST_F(Scheduling, ForgetsAllButTheHead) {
  start(alphabet);
  submit(1, "A secret.");
  run();
  scheduler->forget(1);
  EXPECT_EQ(decoder->used_cells(), 17U) << "<system System.> stays for the next session";
}

TEST_F(Scheduling, FailsEverythingWhenItIsTold) {
  start(chatter);
  const auto running = submit(1, "x", 50);
  step();
  step();
  const auto waiting = submit(2, "y", 50);
  EXPECT_EQ(scheduler->waiting_count(), 1U);
  scheduler->fail_all({ErrorCode::unavailable, "gone"});
  EXPECT_EQ(running->status.error().code, ErrorCode::unavailable);
  EXPECT_EQ(waiting->status.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace parley::backend
