// SPDX-License-Identifier: Apache-2.0
//
// What transcripts cannot say: bursts, full mailboxes, split samples, ends of all kinds.
#include "service/realtime/realtime_session.h"

#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/realtime/realtime_fixture.h"

namespace parley::test {
namespace {

using service::PushResult;
using ::testing::HasSubstr;

std::vector<std::byte> pcm16(const std::vector<float>& samples) {
  std::vector<std::byte> bytes(samples.size() * 2);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto sample = static_cast<std::int16_t>(samples[i] * 32767.0F);
    std::memcpy(&bytes[2 * i], &sample, 2);
  }
  return bytes;
}

std::vector<std::byte> tone(Millis length) {
  return pcm16(sine(static_cast<std::size_t>(length.count()) * 24U, 220.0, 24'000, 0.3));
}

std::vector<std::byte> quiet(Millis length) {
  return std::vector<std::byte>(static_cast<std::size_t>(length.count()) * 48U);
}

void operator+=(std::vector<std::byte>& to, const std::vector<std::byte>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

int count(const RealtimeFixture& call, const std::string& type) {
  int found = 0;
  for (const std::string& frame : call.link->frames) {
    found += frame.find("{\"type\":\"" + type + "\"") == 0 ? 1 : 0;
  }
  return found;
}

std::string last(const RealtimeFixture& call, const std::string& type) {
  std::string found;
  for (const std::string& frame : call.link->frames) {
    if (frame.find("{\"type\":\"" + type + "\"") == 0) found = frame;
  }
  return found;
}

const std::string kPushToTalk =
    R"({"type":"session.update","session":{"type":"realtime","audio":{"input":)"
    R"({"turn_detection":null,"transcription":{"model":"x"}}}}})";
const std::string kTranscribe =
    R"({"type":"session.update","session":{"type":"realtime","output_modalities":["text"],)"
    R"("audio":{"input":{"transcription":{"model":"x"}}}}})";
const std::string kCommit = R"({"type":"input_audio_buffer.commit"})";

TEST(RealtimeSession, SaysSessionCreatedFirstAndOnlyOnce) {
  RealtimeFixture call;
  call.open();
  ASSERT_EQ(call.link->frames.size(), 1U);
  EXPECT_THAT(call.link->frames[0], HasSubstr("session.created"));
  EXPECT_THAT(call.link->frames[0], HasSubstr(call.session->id()));
}

TEST(RealtimeSession, JoinsSamplesThatAreSplitBetweenAppends) {
  RealtimeFixture call;
  call.open();
  call.client(kPushToTalk);
  const std::vector<std::byte> audio = tone(Millis(200));
  // One byte, then chunks of odd length: every second one begins within a sample.
  for (std::size_t at = 0; at < audio.size();) {
    const std::size_t length = at == 0 ? 1 : std::min<std::size_t>(333, audio.size() - at);
    call.client(RealtimeFixture::append_frame(std::span(audio).subspan(at, length)));
    at += length;
  }
  call.client(kCommit);
  call.rest(Millis(100));
  EXPECT_EQ(count(call, "error"), 0);
  const std::string added = last(call, "conversation.item.added");
  const std::string id = added.substr(added.find("\"id\":\"") + 6, 26);
  call.client(R"({"type":"conversation.item.retrieve","item_id":")" + id + "\"}");
  const std::string retrieved = last(call, "conversation.item.retrieved");
  const std::size_t begin = retrieved.find("\"audio\":\"") + 9;
  const std::string text = retrieved.substr(begin, retrieved.find('"', begin) - begin);
  std::vector<std::byte> heard(*base64_decoded_size(text));
  ASSERT_TRUE(base64_decode(text, heard));
  // Down to 16 kHz and up again; a lost byte would make noise of everything after it.
  const std::size_t common = std::min(heard.size(), audio.size()) / 2;
  EXPECT_GE(common, audio.size() / 2 - 48);
  int far = 0;
  for (std::size_t i = 200; i + 200 < common; ++i) {
    std::int16_t a = 0;
    std::int16_t b = 0;
    std::memcpy(&a, &audio[2 * i], 2);
    std::memcpy(&b, &heard[2 * i], 2);
    far += std::abs(a - b) > 400 ? 1 : 0;
  }
  EXPECT_EQ(far, 0);
}

// A client may send a recording as fast as the line takes it.
TEST(RealtimeSession, HearsAWholeRecordingSentAtOnce) {
  RealtimeFixture call({.llm = {.replies = {{.text = "Yes."}}}});
  call.open();
  call.client(kTranscribe);
  std::vector<std::byte> audio = quiet(Millis(8000));
  audio += tone(Millis(1200));
  audio += quiet(Millis(3000));
  audio += tone(Millis(900));
  audio += quiet(Millis(9000));
  call.client(RealtimeFixture::append_frame(audio));
  call.rest(Millis(1000));
  EXPECT_EQ(count(call, "input_audio_buffer.speech_started"), 2);
  EXPECT_EQ(count(call, "input_audio_buffer.committed"), 2);
  ASSERT_EQ(count(call, "conversation.item.input_audio_transcription.completed"), 2);
  // The fake tells how much audio it was given: the padding, the speech and a little after it.
  std::vector<std::string> heard;
  for (const std::string& frame : call.link->frames) {
    const std::size_t at = frame.find("transcription.completed");
    if (at == std::string::npos) continue;
    const std::size_t begin = frame.find("\"transcript\":\"") + 14;
    heard.push_back(frame.substr(begin, frame.find('"', begin) - begin));
  }
  EXPECT_THAT(heard[0], ::testing::AnyOf("heard 1.6 seconds", "heard 1.7 seconds"));
  EXPECT_THAT(heard[1], ::testing::AnyOf("heard 1.3 seconds", "heard 1.4 seconds"));
}

TEST(RealtimeSession, KeepsCommitsBehindTheAudioBeforeThem) {
  RealtimeFixture call;
  call.open();
  call.client(kPushToTalk);
  const auto push = [&](const std::string& frame) {
    EXPECT_EQ(call.session->push(protocol::parse_client_event(frame, call.buffers)),
              PushResult::accepted);
  };
  for (int i = 0; i < 5; ++i) {
    push(RealtimeFixture::append_frame(tone(Millis(2000))));
    push(kCommit);
  }
  call.rest(Millis(3000));
  EXPECT_EQ(count(call, "error"), 0);
  ASSERT_EQ(count(call, "conversation.item.input_audio_transcription.completed"), 5);
  for (const std::string& frame : call.link->frames) {
    if (frame.find("transcription.completed") == std::string::npos) continue;
    EXPECT_THAT(frame, HasSubstr("heard 2.0 seconds"));
  }
}

TEST(RealtimeSession, LetsOthersRunWhenItsEventsTakeLong) {
  RealtimeFixture call;
  call.open();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(call.session->push(protocol::parse_client_event("not JSON", call.buffers)),
              PushResult::accepted);
  }
  call.link->frames.clear();
  call.link->on_send = [&] { call.runtime.clock.advance(Micros(700)); };
  ASSERT_TRUE(call.runtime.executor.run_one());
  EXPECT_EQ(count(call, "error"), 3) << "2 ms of them";
  call.runtime.run_until_idle();
  EXPECT_EQ(count(call, "error"), 10);
}

TEST(RealtimeSession, RefusesWhenFullAndSaysWhenThereIsRoom) {
  RealtimeFixture call;
  call.open();
  call.link->frames.clear();
  std::size_t taken = 0;
  protocol::ParsedEvent event;
  do {
    event = protocol::parse_client_event(R"({"type":"conversation.item.retrieve","event_id":"e)" +
                                             std::to_string(taken) + R"(","item_id":"x"})",
                                         call.buffers);
  } while (call.session->push(std::move(event)) == PushResult::accepted && ++taken < 10'000);
  EXPECT_EQ(taken, service::kEventsWaitingMax);
  EXPECT_EQ(call.link->resumed, 0);
  call.runtime.run_until_idle();
  EXPECT_GE(call.link->resumed, 1);
  // What was refused is whole and may be offered again; nothing was lost or moved.
  EXPECT_EQ(call.session->push(std::move(event)), PushResult::accepted);
  call.runtime.run_until_idle();
  ASSERT_EQ(call.link->frames.size(), taken + 1);
  for (std::size_t i = 0; i < call.link->frames.size(); ++i) {
    EXPECT_THAT(call.link->frames[i], HasSubstr("\"event_id\":\"e" + std::to_string(i) + "\""));
  }
}

TEST(RealtimeSession, LimitsTheAudioThatWaits) {
  RealtimeFixture call;
  call.open();
  call.client(kPushToTalk);
  const std::string frame =
      RealtimeFixture::append_frame(std::vector<std::byte>(service::kAudioWaitingBytesMax * 5 / 8));
  // One event of any size is taken; the second waits for it.
  EXPECT_EQ(call.session->push(protocol::parse_client_event(frame, call.buffers)),
            PushResult::accepted);
  protocol::ParsedEvent second = protocol::parse_client_event(frame, call.buffers);
  EXPECT_EQ(call.session->push(std::move(second)), PushResult::full);
  call.runtime.run_until_idle();
  EXPECT_GE(call.link->resumed, 1);
  EXPECT_EQ(call.session->push(std::move(second)), PushResult::accepted);
  call.runtime.run_until_idle();
  EXPECT_EQ(count(call, "error"), 0);
}

TEST(RealtimeSession, GoesWhenTheClientHasGone) {
  RealtimeFixture call({.llm = {.replies = {{.text = "A long answer that takes its time."}},
                                .token_delay = Millis(100)}});
  call.open();
  call.client(R"({"type":"response.create"})");
  call.rest(Millis(250));
  call.link->answer = service::SendResult::closed;
  call.rest(Millis(500));
  EXPECT_EQ(call.llm.seen().forgotten, 1U) << "the agent is still there";
  EXPECT_EQ(call.session->push(protocol::parse_client_event(kCommit, call.buffers)),
            PushResult::closed);
}

TEST(RealtimeSession, CloseCancelsWhatRuns) {
  RealtimeFixture call({.llm = {.replies = {{.text = "A long answer that takes its time."}},
                                .token_delay = Millis(100)}});
  call.open();
  call.client(R"({"type":"response.create"})");
  call.rest(Millis(250));
  const std::size_t frames = call.link->frames.size();
  call.session->close();
  call.session->close();
  EXPECT_EQ(call.llm.seen().forgotten, 1U);
  EXPECT_EQ(call.service.sessions(), 0U);
  call.rest(Millis(5000));
  EXPECT_EQ(call.link->frames.size(), frames);
}

TEST(RealtimeSession, ErrorsOfTheEngineEndAResponseAndNotTheSession) {
  RealtimeFixture call({.llm = {.generations_max = 0}});
  call.open();
  call.client(R"({"type":"response.create"})");
  call.rest(Millis(2000));
  EXPECT_THAT(last(call, "response.done"), HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(last(call, "response.done"), HasSubstr(R"("type":"server_error")"));
  call.client(R"({"type":"session.update","session":{"type":"realtime"}})");
  EXPECT_EQ(count(call, "session.updated"), 1);
}

}  // namespace
}  // namespace parley::test
