// SPDX-License-Identifier: Apache-2.0
//
// Events that wait while a session is full, sound that does not, and the end.
#include "server/rooms/room_bridge.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.h"

namespace parley::server {
namespace {

using service::PushResult;
using testing::ElementsAre;
using testing::IsEmpty;

/// Notes what is done in the room; the listener is the test's to play with.
class NotingRoom final : public transport::LiveKitRoom {
 public:
  explicit NotingRoom(std::vector<std::string>& calls) : calls_(calls) {}
  void subscribe(const std::string& sid) override { calls_.push_back("subscribe " + sid); }
  void unsubscribe(const std::string& sid) override { calls_.push_back("unsubscribe " + sid); }
  void set_attributes(transport::LiveKitAttributes attributes) override {
    calls_.push_back("attributes " + std::to_string(attributes.size()));
  }
  void publish_voice(std::uint64_t voice, std::string name, int rate, int queue_ms) override {
    calls_.push_back("publish " + std::to_string(voice) + " " + name + " " + std::to_string(rate) +
                     " " + std::to_string(queue_ms));
  }
  void write_voice(std::uint64_t /*voice*/, std::span<const std::int16_t> samples) override {
    calls_.push_back("write " + std::to_string(samples.size()) + " from " +
                     std::to_string(samples.front()));
  }
  void clear_voice(std::uint64_t /*voice*/) override { calls_.push_back("clear"); }
  void unpublish_voice(std::uint64_t /*voice*/) override { calls_.push_back("unpublish"); }
  void send_text(transport::LiveKitText stream, std::string text) override {
    calls_.push_back("send " + stream.topic + " for " + stream.sender + ": " + text);
  }
  void open_text(transport::LiveKitText stream) override { calls_.push_back("open " + stream.id); }
  void write_text(const std::string& id, std::string more) override {
    calls_.push_back("write " + id + " " + more);
  }
  void close_text(const std::string& id, transport::LiveKitAttributes /*last*/) override {
    calls_.push_back("close " + id);
  }
  void send_transcription(transport::LiveKitTranscription transcription) override {
    calls_.push_back("transcription " + std::to_string(transcription.begin_ms) + " " +
                     std::to_string(transcription.end_ms));
  }
  void send_data(std::string topic, std::string bytes) override {
    calls_.push_back("data " + topic + " " + bytes);
  }
  void serve_calls(const std::vector<std::string>& methods) override {
    calls_.push_back("serve " + methods.front());
  }
  void answer_call(std::uint64_t call, std::string payload) override {
    calls_.push_back("answer " + std::to_string(call) + " " + payload);
  }
  void refuse_call(std::uint64_t call, std::uint32_t code, std::string message) override {
    calls_.push_back("refuse " + std::to_string(call) + " " + std::to_string(code) + message);
  }
  void leave() override { calls_.push_back("leave"); }

 private:
  std::vector<std::string>& calls_;
};

class OneRoomLibrary final : public transport::LiveKitLibrary {
 public:
  std::unique_ptr<transport::LiveKitRoom> join(
      transport::LiveKitJoin join,
      std::shared_ptr<transport::LiveKitRoomListener> heard_by) override {
    rate = join.listen_rate;
    listener = std::move(heard_by);
    listener->on_connected("room", "RM_1", {});  // sooner than any real one
    return std::make_unique<NotingRoom>(calls);
  }
  std::vector<std::string> calls;
  std::shared_ptr<transport::LiveKitRoomListener> listener;
  int rate = 0;
};

class RoomBridgeTest : public testing::Test {
 protected:
  void join() {
    bridge.join(library, {.url = "ws://a", .token = "t"}, [this](room::RoomEvent&& event) {
      if (answer != PushResult::accepted) return answer;
      if (room_left == 0) return PushResult::full;
      --room_left;
      const room::RoomEvent taken = std::move(event);
      if (const auto* left = std::get_if<room::ParticipantLeft>(&taken)) {
        events.push_back("left " + left->identity);
      } else if (const auto* sound = std::get_if<room::TrackSound>(&taken)) {
        events.push_back("sound " + std::to_string(sound->bytes.size()));
      } else if (const auto* end = std::get_if<room::Disconnected>(&taken)) {
        events.push_back("end " + end->error.message);
      } else if (const auto* text = std::get_if<room::TextReceived>(&taken)) {
        events.push_back(text->topic + " " + text->text);
      } else if (const auto* call = std::get_if<room::CallReceived>(&taken)) {
        events.push_back("call " + std::to_string(call->call) + " " +
                         std::to_string(call->what.index()));
      } else {
        events.push_back("event " + std::to_string(taken.index()));
      }
      return PushResult::accepted;
    });
  }
  void sound() {
    const std::array<std::int16_t, 320> samples{};
    library.listener->on_sound("TR_1", samples);
  }

  Metrics metrics;
  RoomInbox::Counters counters{metrics};
  media::BufferPool buffers;
  OneRoomLibrary library;
  std::vector<std::string> events;
  std::size_t room_left = 1'000'000;
  PushResult answer = PushResult::accepted;
  RoomBridge bridge{buffers, counters};
};

TEST_F(RoomBridgeTest, HearsOfTheRoomOnlyOnceItCanBeAnswered) {
  join();
  EXPECT_EQ(library.rate, room::kSoundRate);
  EXPECT_THAT(events, ElementsAre("event 0"));
}

TEST_F(RoomBridgeTest, WhenTheSessionIsFullEventsWaitAndSoundIsDropped) {
  join();
  events.clear();
  room_left = 1;
  sound();
  sound();
  library.listener->on_participant_left("a");
  library.listener->on_participant_left("b");
  EXPECT_THAT(events, ElementsAre("sound 640"));
  EXPECT_EQ(counters.sound_dropped.value(), 1U);
  room_left = 1;
  bridge.resume();
  EXPECT_THAT(events, ElementsAre("sound 640", "left a"));
  sound();  // would overtake
  EXPECT_EQ(counters.sound_dropped.value(), 2U);
  room_left = 3;
  bridge.resume();
  sound();
  EXPECT_THAT(events, ElementsAre("sound 640", "left a", "left b", "sound 640"));
}

TEST_F(RoomBridgeTest, ASessionThatNeverTakesAnythingLosesItsRoom) {
  join();
  events.clear();
  room_left = 0;
  for (std::size_t each = 0; each < RoomInbox::kEventsMax + 10; ++each) {
    library.listener->on_participant_left("x");
  }
  EXPECT_EQ(counters.rooms_lost.value(), 1U);
  room_left = 1'000'000;
  bridge.resume();
  ASSERT_EQ(events.size(), RoomInbox::kEventsMax + 1);
  EXPECT_EQ(events.back(), "end more than 1024 events of the room waited");
  library.listener->on_participant_left("x");
  EXPECT_EQ(events.size(), RoomInbox::kEventsMax + 1);
}

TEST_F(RoomBridgeTest, NothingIsPushedAfterClose) {
  join();
  events.clear();
  room_left = 0;
  library.listener->on_participant_left("a");
  bridge.close(1000, "done");
  room_left = 10;
  library.listener->on_participant_left("b");
  sound();
  bridge.resume();
  EXPECT_THAT(events, IsEmpty());
  EXPECT_EQ(library.calls.back(), "leave");
}

TEST_F(RoomBridgeTest, AClosedSessionIsToldNothingMore) {
  join();
  events.clear();
  answer = PushResult::closed;
  library.listener->on_participant_left("a");
  answer = PushResult::accepted;
  library.listener->on_participant_left("b");
  EXPECT_THAT(events, IsEmpty());
}

TEST_F(RoomBridgeTest, ChatOfOldClientsIsChatAndOtherDataNothing) {
  join();
  events.clear();
  library.listener->on_data("a", "lk-chat-topic", R"({"id":"1","message":"hi"})");
  library.listener->on_data("a", "lk-chat-topic", "hi");
  library.listener->on_data("a", "other", R"({"message":"hi"})");
  EXPECT_THAT(events, ElementsAre("lk.chat hi"));
}

TEST_F(RoomBridgeTest, CallsThatCannotBeUnderstoodAreRefused) {
  join();
  events.clear();
  library.listener->on_call(1, "a", "say", R"({"text":"Hello"})");
  library.listener->on_call(2, "a", "interrupt", "");
  library.listener->on_call(3, "a", "set_instructions", "Be brief");
  EXPECT_THAT(events, ElementsAre("call 1 0", "call 2 1", "call 3 2"));
  library.listener->on_call(4, "a", "say", "{}");
  EXPECT_EQ(library.calls.back(), "refuse 4 1500Missing required parameter: 'text'.");
}

TEST_F(RoomBridgeTest, WhatTheSessionDoesIsDoneInTheRoom) {
  join();
  bridge.subscribe("TR_1");
  bridge.unsubscribe("TR_1");
  bridge.set_attributes({{"lk.agent.state", "listening"}});
  bridge.publish_voice(3, "agent", 24'000);
  const std::array<std::int16_t, 4> samples{7, 8, 9, 10};
  const media::BufferRef sound = buffers.copy_of(std::as_bytes(std::span(samples)));
  bridge.write_voice(3, sound.slice(2, 4));
  bridge.clear_voice(3);
  bridge.unpublish_voice(3);
  room::TextStream stream;
  stream.topic = "lk.chat";
  stream.sender = "somebody";
  stream.id = "ST_1";
  bridge.send_text(stream, "hi");
  bridge.open_text(stream);
  bridge.write_text("ST_1", "more");
  bridge.close_text("ST_1", {});
  room::LegacyTranscription transcription;
  transcription.begin = media::MediaTime::from_samples(8'000, 16'000);
  transcription.end = media::MediaTime::from_samples(16'000, 16'000);
  bridge.send_transcription(transcription);
  bridge.send_data("topic", "bytes");
  bridge.serve_calls({"say"});
  bridge.answer_call(5, "ok");
  bridge.refuse_call(6, {1400, " no"});
  EXPECT_THAT(library.calls,
              ElementsAre("subscribe TR_1", "unsubscribe TR_1", "attributes 1",
                          "publish 3 agent 24000 1000", "write 2 from 8", "clear", "unpublish",
                          "send lk.chat for somebody: hi", "open ST_1", "write ST_1 more",
                          "close ST_1", "transcription 500 1000", "data topic bytes", "serve say",
                          "answer 5 ok", "refuse 6 1400 no"));
}

}  // namespace
}  // namespace parley::server
