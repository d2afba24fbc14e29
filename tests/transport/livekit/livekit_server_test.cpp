// SPDX-License-Identifier: Apache-2.0
//
// Two participants of ours in rooms of a real livekit-server.
#include "tests/support/livekit_server.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "base/metrics.h"
#include "tests/support/noting_room_listener.h"
#include "transport/livekit/livekit_room.h"

namespace parley::transport {
namespace {

using test::LiveKitServer;
using test::NotingRoomListener;

constexpr int kRate = 24'000;
constexpr double kTone = 440.0;
constexpr int kCallTries = 200;
constexpr int kBetweenTriesMs = 50;

std::string library_path() {
  const char* const cache = std::getenv("PARLEY_CACHE");
  const char* const home = std::getenv("HOME");
  return (cache != nullptr && *cache != 0 ? std::string(cache)
                                          : std::string(home) + "/.cache/parley") +
         "/sdk/livekit/lib/liblivekit_ffi.so";
}

std::string program_path() {
  const char* const folder = std::getenv("PARLEY_BIN_DIR");
  return std::string(folder == nullptr ? "." : folder) + "/parley-livekit";
}

LiveKitText stream(std::string topic, std::string id = "") {
  LiveKitText made;
  made.topic = std::move(topic);
  made.id = std::move(id);
  return made;
}

struct Joined {
  std::shared_ptr<NotingRoomListener> listener = std::make_shared<NotingRoomListener>();
  std::unique_ptr<LiveKitRoom> room;
};

class LiveKitRoomTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto loaded =
        LiveKitLibrary::load({.program = program_path(), .library = library_path()}, metrics());
    ASSERT_TRUE(loaded) << loaded.error().message;
    library() = std::move(*loaded);
    server() = std::make_unique<LiveKitServer>();
    ASSERT_EQ(server()->problem(), "");
  }
  static void TearDownTestSuite() {
    library().reset();
    server().reset();
  }
  static Metrics& metrics() {
    static Metrics one;
    return one;
  }
  static std::unique_ptr<LiveKitLibrary>& library() {
    static std::unique_ptr<LiveKitLibrary> one;
    return one;
  }
  static std::unique_ptr<LiveKitServer>& server() {
    static std::unique_ptr<LiveKitServer> one;
    return one;
  }

  static Joined join(const std::string& identity, const std::string& room, bool is_agent = false) {
    Joined joined;
    joined.room = library()->join(
        {.url = server()->url(), .token = LiveKitServer::token({identity, room, false, is_agent})},
        joined.listener);
    EXPECT_TRUE(joined.listener->heard("connected " + room + " as " + identity))
        << testing::PrintToString(joined.listener->lines());
    return joined;
  }

  static std::vector<std::int16_t> tone(int ms) {
    std::vector<std::int16_t> samples(static_cast<std::size_t>(kRate * ms / 1000));
    for (std::size_t at = 0; at < samples.size(); ++at) {
      samples[at] = static_cast<std::int16_t>(
          10'000.0 * std::sin(2.0 * M_PI * kTone * static_cast<double>(at) / kRate));
    }
    return samples;
  }
};

TEST_F(LiveKitRoomTest, SoundOfOneArrivesAtTheOtherOnceSubscribedTo) {
  Joined speaker = join("speaker", "sound");
  speaker.room->publish_voice(7, "voice", kRate, 1'000);
  ASSERT_TRUE(speaker.listener->heard("voice 7 there"));
  Joined hearer = join("hearer", "sound");
  ASSERT_TRUE(hearer.listener->heard("joined speaker Name of speaker"));
  ASSERT_TRUE(hearer.listener->heard("published speaker voice"));
  ASSERT_TRUE(speaker.listener->heard("joined hearer"));
  hearer.room->subscribe(hearer.listener->track());
  for (int tries = 0; tries < 60; ++tries) {
    speaker.room->write_voice(7, tone(500));
    if (hearer.listener->heard("loud " + hearer.listener->track(), std::chrono::seconds(1))) break;
  }
  EXPECT_TRUE(hearer.listener->heard("loud", std::chrono::seconds(0)));
  EXPECT_EQ(hearer.listener->frame_samples(), 320U);  // 20 ms at 16 kHz
  EXPECT_TRUE(hearer.listener->heard("quiet"));       // the tone has an end

  const std::string body = R"({"room":"sound","identity":"speaker","track_sid":")" +
                           hearer.listener->track() + R"(","muted":true})";
  EXPECT_EQ(server()->call("RoomService/MutePublishedTrack", "sound", body), 200);
  EXPECT_TRUE(hearer.listener->heard("muted"));
  hearer.room->unsubscribe(hearer.listener->track());
  speaker.room->unpublish_voice(7);
  EXPECT_TRUE(hearer.listener->heard("unpublished speaker"));
}

TEST_F(LiveKitRoomTest, WhatIsClearedIsNotPlayed) {
  Joined speaker = join("speaker", "clear");
  Joined hearer = join("hearer", "clear");
  speaker.room->publish_voice(1, "voice", kRate, 1'000);
  ASSERT_TRUE(hearer.listener->heard("published speaker voice"));
  hearer.room->subscribe(hearer.listener->track());
  for (int tries = 0; tries < 60; ++tries) {
    speaker.room->write_voice(1, tone(900));
    if (hearer.listener->heard("loud", std::chrono::seconds(1))) break;
  }
  speaker.room->write_voice(1, tone(900));
  speaker.room->clear_voice(1);
  EXPECT_TRUE(hearer.listener->heard("quiet"));
}

TEST_F(LiveKitRoomTest, TextsComeWholeInOrderAndOnBehalfOfOthers) {
  Joined writer = join("writer", "texts", true);
  Joined reader = join("reader", "texts");
  const Joined speaker = join("speaker", "texts");
  ASSERT_TRUE(writer.listener->heard("joined reader"));
  ASSERT_TRUE(reader.listener->heard("joined speaker"));
  std::vector<std::string> expected;
  for (int each = 0; each < 20; ++each) {
    LiveKitText spoken = stream("lk.transcription");
    spoken.sender = "speaker";
    spoken.attributes["n"] = std::to_string(each);
    writer.room->send_text(spoken, "words");
    expected.push_back("text speaker lk.transcription words n=" + std::to_string(each));
  }
  ASSERT_TRUE(reader.listener->heard(expected.back()))
      << testing::PrintToString(reader.listener->lines());
  std::vector<std::string> texts;
  for (const std::string& line : reader.listener->lines()) {
    if (line.starts_with("text ")) texts.push_back(line);
  }
  EXPECT_EQ(texts, expected);

  LiveKitText piecewise = stream("lk.transcription", "ST_1");
  piecewise.attributes["a"] = "1";
  writer.room->open_text(piecewise);
  writer.room->write_text("ST_1", "One, ");
  writer.room->write_text("ST_1", "two.");
  writer.room->close_text("ST_1", {{"b", "2"}});
  EXPECT_TRUE(reader.listener->heard("text writer lk.transcription One, two. a=1 b=2"))
      << testing::PrintToString(reader.listener->lines());
  LiveKitText secret = stream("lk.chat");
  secret.to = {"nobody"};
  writer.room->send_text(secret, "for somebody else");
  writer.room->send_data("topic", "bytes");
  EXPECT_TRUE(reader.listener->heard("data writer topic bytes"));
  writer.room->send_text(stream("long"), std::string(300U << 10U, 'x'));
  writer.room->send_text(stream("short"), "end");
  EXPECT_TRUE(reader.listener->heard("text writer short end"));
  EXPECT_FALSE(reader.listener->heard("text writer long", std::chrono::seconds(0)));
  EXPECT_FALSE(reader.listener->heard("text writer lk.chat", std::chrono::seconds(0)));
}

TEST_F(LiveKitRoomTest, AttributesAreSeenAndTheLastOnesStay) {
  Joined agent = join("agent", "attributes");
  Joined other = join("other", "attributes");
  ASSERT_TRUE(agent.listener->heard("joined other"));
  for (const char* const state : {"listening", "thinking", "speaking"}) {
    agent.room->set_attributes({{"lk.agent.state", state}, {"kept", "yes"}});
  }
  EXPECT_TRUE(other.listener->heard("changed agent kept=yes lk.agent.state=speaking"));
}

TEST_F(LiveKitRoomTest, CallsAreAnsweredRefusedOrUnknown) {
  Joined agent = join("agent", "calls");
  agent.room->serve_calls({"say", "fail"});
  const auto call = [](const std::string& method) {
    return std::async(std::launch::async, [method] {
      const std::string body =
          R"({"room":"calls","destination_identity":"agent","payload":"hello",)"
          R"("response_timeout_ms":20000,"method":")" +
          method + "\"}";
      std::string answer;
      // The server cannot reach a participant whose data channel is not there yet.
      for (int tries = 0; tries < kCallTries; ++tries) {
        static_cast<void>(server()->call("RoomService/PerformRpc", "calls", body, &answer));
        if (answer.find("data channel is not available") == std::string::npos) break;
        ::poll(nullptr, 0, kBetweenTriesMs);
      }
      return answer;
    });
  };
  std::future<std::string> said = call("say");
  ASSERT_TRUE(agent.listener->heard_end(" say hello"))
      << testing::PrintToString(agent.listener->lines());
  agent.room->answer_call(agent.listener->call(), "done");
  EXPECT_THAT(said.get(), testing::HasSubstr("done"));
  std::future<std::string> failed = call("fail");
  ASSERT_TRUE(agent.listener->heard_end(" fail hello"))
      << testing::PrintToString(agent.listener->lines());
  agent.room->refuse_call(agent.listener->call(), 1500, "not today");
  EXPECT_THAT(failed.get(), testing::HasSubstr("not today"));
  EXPECT_THAT(call("nothing").get(), testing::HasSubstr("not supported"));
}

TEST_F(LiveKitRoomTest, WhoLeavesIsMissedAndHearsNothingMore) {
  Joined stays = join("stays", "leaving");
  Joined leaves = join("leaves", "leaving");
  ASSERT_TRUE(stays.listener->heard("joined leaves"));
  leaves.room->leave();
  const std::size_t lines = leaves.listener->lines().size();
  EXPECT_TRUE(stays.listener->heard("left leaves"));
  EXPECT_EQ(leaves.listener->lines().size(), lines);
  leaves.room->send_text(stream("lk.chat"), "nobody hears it");
  leaves.room->publish_voice(1, "voice", kRate, 1'000);
  leaves.room->leave();
}

TEST_F(LiveKitRoomTest, LeavingBeforeBeingInIsNoVisit) {
  for (int each = 0; each < 20; ++each) {
    auto listener = std::make_shared<NotingRoomListener>();
    auto room =
        library()->join({.url = server()->url(),
                         .token = LiveKitServer::token({"hasty" + std::to_string(each), "hasty"})},
                        listener);
    room.reset();
    EXPECT_THAT(listener->lines(), testing::IsEmpty());
  }
}

TEST_F(LiveKitRoomTest, ADeletedRoomIsToldFromARemovedParticipant) {
  Joined first = join("first", "deleted");
  Joined second = join("second", "deleted");
  EXPECT_EQ(server()->call("RoomService/RemoveParticipant", "deleted",
                           R"({"room":"deleted","identity":"first"})"),
            200);
  EXPECT_TRUE(first.listener->heard("ended removed cancelled"));
  EXPECT_EQ(server()->call("RoomService/DeleteRoom", "deleted", R"({"room":"deleted"})"), 200);
  EXPECT_TRUE(second.listener->heard("ended deleted not_found"))
      << testing::PrintToString(second.listener->lines());
}

TEST_F(LiveKitRoomTest, AWrongTokenIsNotAServerThatIsAway) {
  const auto wrong = std::make_shared<NotingRoomListener>();
  const auto room = library()->join(
      {.url = server()->url(), .token = LiveKitServer::token({"a", "b"}) + "x"}, wrong);
  EXPECT_TRUE(wrong->heard("ended failed permission_denied"))
      << testing::PrintToString(wrong->lines());
  const auto away = std::make_shared<NotingRoomListener>();
  const auto nowhere =
      library()->join({.url = "ws://127.0.0.1:1", .token = LiveKitServer::token({"a", "b"})}, away);
  EXPECT_TRUE(away->heard("ended failed unavailable")) << testing::PrintToString(away->lines());
}

TEST_F(LiveKitRoomTest, AServerThatDiesIsNoticed) {
  LiveKitServer own;
  ASSERT_EQ(own.problem(), "");
  Joined joined;
  joined.room = library()->join({.url = own.url(), .token = LiveKitServer::token({"a", "b"})},
                                joined.listener);
  ASSERT_TRUE(joined.listener->heard("connected b as a"));
  own.kill();
  EXPECT_TRUE(joined.listener->heard("reconnecting"));
  EXPECT_TRUE(joined.listener->heard("ended failed unavailable", std::chrono::seconds(120)))
      << testing::PrintToString(joined.listener->lines());
}

}  // namespace
}  // namespace parley::transport
