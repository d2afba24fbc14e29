// SPDX-License-Identifier: Apache-2.0
//
// A conversation from file to file with stand-in models, through all of `parley talk` but the sound
// card.
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "cli/cli.h"
#include "cli/talk_command.h"
#include "cli/talk_device.h"
#include "cli/talk_files.h"
#include "cli/talk_lines.h"
#include "cli/talk_session.h"
#include "codec/audio_file.h"
#include "codec/wav_writer.h"
#include "server/engine.h"
#include "tests/cli/run_command.h"
#include "tests/support/audio.h"

namespace parley::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::size_t kMs = kTalkRate / 1000;

/// `turns` tones of half a second, a second of silence after each.
std::vector<float> questions(int turns) {
  std::vector<float> samples(200 * kMs);
  for (int i = 0; i < turns; ++i) {
    const auto tone = test::sine(500 * kMs, 220.0, kTalkRate, 0.3);
    samples.insert(samples.end(), tone.begin(), tone.end());
    samples.resize(samples.size() + 1000 * kMs);
  }
  return samples;
}

class TalkTest : public ::testing::Test {
 protected:
  TalkTest() {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("parley_talk_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
    in = (folder_ / "in.wav").string();
    out = (folder_ / "out.wav").string();
  }
  ~TalkTest() override { std::filesystem::remove_all(folder_); }

  struct Outcome {
    int status = 0;
    std::vector<std::string> lines;
    std::string err;
  };
  Outcome talk(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"talk", "--in", in, "--out", out};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"--set", "models.fake=true"});
    test::CommandOutcome command = test::run_command(words);
    Outcome outcome{.status = command.status, .lines = {}, .err = std::move(command.err)};
    std::istringstream text(command.out);
    for (std::string line; std::getline(text, line);) outcome.lines.push_back(line);
    return outcome;
  }
  void put(const std::vector<float>& samples) {
    ASSERT_TRUE(codec::write_wav(in, kTalkRate, samples));
  }

  std::string in;
  std::string out;

 private:
  std::filesystem::path folder_;
};

/// The values of `key` in the objects of this type.
std::vector<std::string> texts_of(const std::vector<std::string>& lines, std::string_view type,
                                  std::string_view key) {
  std::vector<std::string> texts;
  for (const std::string& line : lines) {
    const auto value = boost::json::parse(line);
    if (value.at("type").as_string() == type) {
      texts.emplace_back(value.at(key).as_string().c_str());
    }
  }
  return texts;
}

TEST_F(TalkTest, EveryQuestionOfAFileIsAnswered) {
  put(questions(3));
  const Outcome outcome = talk({"--json"});
  EXPECT_EQ(outcome.status, kDone) << outcome.err;
  EXPECT_THAT(texts_of(outcome.lines, "transcript", "text"), SizeIs(3));
  const auto replies = texts_of(outcome.lines, "reply", "text");
  ASSERT_THAT(replies, SizeIs(3));
  std::size_t letters = 0;
  for (const std::string& reply : replies) letters += reply.size();
  const auto clip = codec::read_audio_file(out);
  ASSERT_TRUE(clip) << clip.error().message;
  EXPECT_EQ(clip->rate, kTalkRate);
  // The stand-in voice takes 60 ms for a character.
  EXPECT_NEAR(clip->seconds(), 0.06 * static_cast<double>(letters), 0.2);
}

TEST_F(TalkTest, TheTimelineIsInTheReply) {
  put(questions(1));
  const Outcome outcome = talk({"--json"});
  ASSERT_FALSE(outcome.lines.empty());
  EXPECT_EQ(boost::json::parse(outcome.lines.front()).at("type").as_string(), "session");
  const auto reply = boost::json::parse(outcome.lines.back());
  EXPECT_EQ(reply.at("type").as_string(), "reply");
  EXPECT_EQ(reply.at("status").as_string(), "completed");
  EXPECT_LE(reply.at("timeline").at("speech_end_ms").as_int64(), -400);
  EXPECT_GE(reply.at("timeline").at("first_audio_ms").as_int64(), 0);
}

TEST_F(TalkTest, ForPeople) {
  put(questions(1));
  const Outcome outcome = talk();
  ASSERT_THAT(outcome.lines, SizeIs(3));
  EXPECT_THAT(outcome.lines[0], HasSubstr("you:    heard"));
  EXPECT_THAT(outcome.lines[1], HasSubstr("parley: "));
  EXPECT_THAT(outcome.lines[2], HasSubstr("first audio"));
}

TEST_F(TalkTest, AFileThatEndsInTheMiddleOfSpeechIsAnsweredToo) {
  put(test::sine(900 * kMs, 220.0, kTalkRate, 0.3));
  EXPECT_THAT(texts_of(talk({"--json"}).lines, "reply", "text"), SizeIs(1));
}

TEST_F(TalkTest, SilenceHasNoAnswer) {
  put(std::vector<float>(3000 * kMs));
  const Outcome outcome = talk({"--json"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_THAT(outcome.lines, SizeIs(1));
  EXPECT_EQ(codec::read_audio_file(out)->samples.size(), 0U);
}

TEST_F(TalkTest, WhatDoesNotWorkIsNamed) {
  EXPECT_THAT(talk().err, HasSubstr("in.wav"));
  put(questions(1));
  out = "/nowhere/out.wav";
  const Outcome outcome = talk();
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("/nowhere/out.wav"));
  out.clear();
  EXPECT_EQ(talk().status, kFailed);
}

TEST(TalkDevice, AMachineWithoutOneSaysWhatToDo) {
  const auto device = TalkDevice::open();
  if (device) GTEST_SKIP() << "this machine has a microphone and a speaker";
  EXPECT_EQ(device.error().code, ErrorCode::unavailable);
  EXPECT_THAT(device.error().message, HasSubstr("--in question.wav"));
}

TEST(TalkLines, FailuresAreSaidAndKept) {
  std::vector<std::string> lines;
  const auto print = [&lines](std::string line) { lines.push_back(std::move(line)); };
  TalkLines people(print, false);
  EXPECT_FALSE(people.has_failed());
  people.session_started("tiny", true);
  people.failed({ErrorCode::unavailable, "no voice"});
  EXPECT_TRUE(people.has_failed());
  TalkLines programs(print, true);
  programs.transcription_failed("item", {ErrorCode::internal, "no ears"});
  EXPECT_TRUE(programs.has_failed());
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[0], HasSubstr("only exercises the pipeline"));
  EXPECT_EQ(lines[1], "error:  no voice");
  EXPECT_EQ(lines[2], R"({"type":"error","message":"no ears"})");
}

/// A user who speaks again while the reply plays.
class Interrupter final : public TalkAudio {
 public:
  Interrupter() {
    for (const float sample : questions(1))
      samples_.push_back(static_cast<std::int16_t>(sample * 30'000));
  }
  bool read(std::span<std::int16_t> frame) override {
    // The second question begins when the first reply is on its way; until then there is nothing.
    if (is_said()) return false;
    for (std::int16_t& sample : frame) sample = is_said() ? std::int16_t{0} : samples_[at_++];
    return true;
  }
  [[nodiscard]] bool at_end() const override { return is_said() && asked_twice_; }
  [[nodiscard]] Instant next_frame(Instant now) const override { return now + Millis(5); }
  void begin_reply() override {}
  void play(std::span<const std::int16_t>) override {
    if (!std::exchange(asked_twice_, true)) at_ = 0;
  }
  std::int64_t stop_playing() override {
    ++stops;
    return kTalkRate / 10;
  }

  int stops = 0;

 private:
  [[nodiscard]] bool is_said() const { return at_ == samples_.size(); }

  std::vector<std::int16_t> samples_;
  std::size_t at_ = 0;
  bool asked_twice_ = false;
};

TEST(TalkSession, SpeechStopsAReply) {
  Config config;
  config.models.fake = true;
  Metrics metrics;
  const auto engine = server::Engine::load(config, metrics, {});
  ASSERT_TRUE(engine);
  agent::AgentSettings settings = server::default_settings(config);
  settings.playout_lead = Millis(100);  // the reply is still under way when the user speaks
  Interrupter user;
  std::vector<std::string> lines;  // of the strand; read when it has ended
  {
    const auto session =
        TalkSession::start((*engine)->agent_context(), (*engine)->pool(), settings, {.json = true},
                           user, [&lines](std::string line) { lines.push_back(std::move(line)); });
    ASSERT_TRUE(session) << session.error().message;
    ASSERT_TRUE((*session)->wait((*engine)->clock().now() + Millis(60'000)));
    EXPECT_FALSE((*session)->has_failed());
  }
  EXPECT_EQ(user.stops, 1);
  const auto statuses = texts_of(lines, "reply", "status");
  EXPECT_EQ(statuses, (std::vector<std::string>{"cancelled", "completed"}));
}

}  // namespace
}  // namespace parley::cli
