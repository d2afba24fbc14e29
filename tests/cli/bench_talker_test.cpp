// SPDX-License-Identifier: Apache-2.0
//
// One client against a scripted server, in virtual time.
#include "cli/bench_talker.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::cli {
namespace {

using protocol::ReceivedEvent;

class BenchTalkerTest : public ::testing::Test {
 protected:
  BenchTalkerTest() { options.clips = &clips; }

  void open() {
    talker.emplace(options);
    talker->start(now);
    say("session.created");
  }
  /// Lets time pass, frame by frame.
  void run(Millis length) {
    const Instant end = now + length;
    while (talker->next_tick() <= end && !talker->over()) {
      now = talker->next_tick();
      if (const auto text = talker->tick(now)) {
        ++frames;
        if (text->find("append") == std::string_view::npos) ADD_FAILURE() << *text;
      }
    }
    now = end;
  }
  std::optional<std::string> say(const std::string& type) {
    ReceivedEvent event;
    event.type = type;
    event.response_id = response;
    return talker->receive(event, now);
  }
  void say_audio(Millis length) {
    ReceivedEvent event;
    event.type = "response.output_audio.delta";
    event.response_id = response;
    event.audio.resize(static_cast<std::size_t>(length.count()) * 48);
    static_cast<void>(talker->receive(event, now));
  }
  void end_reply(const std::string& status = "completed") {
    ReceivedEvent event;
    event.type = "response.done";
    event.response_id = response;
    event.response.status = status;
    event.response.reason = "because";
    event.response.timeline.first_audio_ms = 90;
    static_cast<void>(talker->receive(event, now));
  }
  void answer(Millis audio) {
    say("input_audio_buffer.speech_stopped");
    say("response.created");
    run(Millis(100));
    say_audio(audio);
    end_reply();
  }

  // A second of speech.
  std::vector<BenchClip> clips{
      {.name = "one", .samples = std::vector<std::int16_t>(kBenchRate, 1000)},
      {.name = "two", .samples = std::vector<std::int16_t>(kBenchRate, 1000)}};
  BenchTalkerOptions options;
  std::optional<BenchTalker> talker;
  Instant now{Nanos(1'000'000'000)};
  std::string response = "resp_1";
  int frames = 0;
};

TEST_F(BenchTalkerTest, TimesATurn) {
  options.turns = 1;
  open();
  run(Millis(1000));
  const Instant speech_end = now;
  say("input_audio_buffer.speech_started");
  run(Millis(500));
  answer(Millis(300));
  ASSERT_TRUE(talker->over());
  const BenchTurn& turn = talker->turns().at(0);
  EXPECT_EQ(turn.problem, "");
  EXPECT_EQ(turn.clip, "one");
  EXPECT_EQ(turn.speech_end, speech_end);
  EXPECT_EQ(*turn.stopped - turn.speech_end, Millis(500));
  EXPECT_EQ(*turn.first_audio - *turn.stopped, Millis(100));
  EXPECT_EQ(turn.timeline.first_audio_ms, 90);
  EXPECT_FALSE(turn.split);
  EXPECT_EQ(frames, 80) << "silence follows the question, without a gap";
}

TEST_F(BenchTalkerTest, TheNextQuestionWaitsUntilTheReplyWasPlayed) {
  options.turns = 2;
  options.pause = Millis(2000);
  open();
  run(Millis(1500));
  answer(Millis(3000));
  EXPECT_FALSE(talker->over());
  run(Millis(4980));
  EXPECT_EQ(talker->turns().size(), 1U);
  run(Millis(40));
  ASSERT_EQ(talker->turns().size(), 2U);
  EXPECT_EQ(talker->turns()[1].clip, "two");
}

TEST_F(BenchTalkerTest, SettingsAreSentFirstAndAwaited) {
  options.update = "{}";
  talker.emplace(options);
  talker->start(now);
  EXPECT_EQ(say("session.created"), "{}");
  run(Millis(100));
  EXPECT_EQ(frames, 0);
  say("session.updated");
  run(Millis(100));
  EXPECT_EQ(frames, 5);
}

TEST_F(BenchTalkerTest, AQuestionInTwoTurnsIsSplit) {
  open();
  run(Millis(600));
  say("input_audio_buffer.speech_stopped");
  say("response.created");
  run(Millis(100));
  say("input_audio_buffer.speech_started");
  end_reply("cancelled");
  run(Millis(800));
  EXPECT_FALSE(talker->over());
  response = "resp_2";
  answer(Millis(100));
  ASSERT_TRUE(talker->over());
  EXPECT_TRUE(talker->turns()[0].split);
  EXPECT_EQ(talker->turns()[0].problem, "");
}

TEST_F(BenchTalkerTest, AnAnswerBeforeTheQuestionEndedIsSplitToo) {
  open();
  run(Millis(600));
  answer(Millis(100));
  EXPECT_FALSE(talker->over());
  run(Millis(4000));
  ASSERT_TRUE(talker->over());
  EXPECT_TRUE(talker->turns()[0].split);
  EXPECT_EQ(talker->turns()[0].problem, "");
}

TEST_F(BenchTalkerTest, SaysWhatIsMissing) {
  options.answer_limit = Millis(5000);
  open();
  run(Millis(7000));
  ASSERT_TRUE(talker->over());
  EXPECT_EQ(talker->turns()[0].problem, "no end of the turn was heard");

  open();
  run(Millis(1500));
  say("input_audio_buffer.speech_stopped");
  run(Millis(6000));
  EXPECT_EQ(talker->turns()[0].problem, "no answer came");
}

TEST_F(BenchTalkerTest, FailedAndSilentRepliesAreNoAnswers) {
  options.turns = 2;
  options.pause = Millis(0);
  open();
  run(Millis(1500));
  say("input_audio_buffer.speech_stopped");
  say("response.created");
  end_reply("failed");
  run(Millis(1500));
  say("input_audio_buffer.speech_stopped");
  response = "resp_2";
  say("response.created");
  end_reply();
  ASSERT_TRUE(talker->over());
  EXPECT_EQ(talker->turns()[0].problem, "the reply failed: because");
  EXPECT_EQ(talker->turns()[1].problem, "the reply has no audio");
}

TEST_F(BenchTalkerTest, ALostConnectionIsATurnWithoutAnAnswer) {
  talker.emplace(options);
  talker->start(now);
  talker->lose("refused");
  EXPECT_TRUE(talker->over());
  EXPECT_EQ(talker->turns().at(0).problem, "refused");

  open();
  run(Millis(200));
  talker->lose("gone");
  EXPECT_EQ(talker->turns().at(0).clip, "one");
  EXPECT_EQ(talker->turns().at(0).problem, "gone");
}

TEST_F(BenchTalkerTest, NoQuestionBeginsAfterTheLastMoment) {
  options.turns = 0;
  options.last_question = now + Millis(3000);
  open();
  run(Millis(1500));
  answer(Millis(100));
  EXPECT_TRUE(talker->over()) << "the pause ends after it";
}

}  // namespace
}  // namespace parley::cli
