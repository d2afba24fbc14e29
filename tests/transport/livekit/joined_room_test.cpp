// SPDX-License-Identifier: Apache-2.0
//
// A room on a library that only notes what it is asked for, and tells what a test wants it to.
#include "transport/livekit/joined_room.h"

#include <array>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_ffi.h"
#include "tests/support/noting_room_listener.h"

namespace parley::transport {
namespace {

using test::FakeFfi;
using test::NotingRoomListener;

constexpr std::uint64_t kRoom = 10;
constexpr std::uint64_t kSelf = 11;
constexpr std::uint64_t kOther = 12;
constexpr std::uint64_t kMicrophone = 13;
constexpr std::uint64_t kCamera = 14;

class JoinedRoomTest : public testing::Test {
 protected:
  void join() {
    LiveKitJoin wanted;
    wanted.url = "ws://somewhere";
    wanted.token = "token";
    wanted.text_max = 10;
    room = std::make_unique<JoinedRoom>(*hub, counters, wanted, listener);
  }
  void tell(const std::function<void(ffi::FfiEvent&)>& fill) {
    ffi::FfiEvent event;
    fill(event);
    hub->take(std::move(event));
  }
  void tell_room(const std::function<void(ffi::RoomEvent&)>& fill) {
    tell([&fill](ffi::FfiEvent& event) {
      event.mutable_room_event()->set_room_handle(kRoom);
      fill(*event.mutable_room_event());
    });
  }
  void tell_connected() {
    tell([this](ffi::FfiEvent& event) {
      ffi::ConnectCallback& connect = *event.mutable_connect();
      connect.set_async_id(
          library.asked(ffi::FfiRequest::kConnect).back().connect().request_async_id());
      auto& result = *connect.mutable_result();
      result.mutable_room()->mutable_handle()->set_id(library.give(kRoom));
      result.mutable_room()->mutable_info()->set_name("room");
      result.mutable_room()->mutable_info()->set_sid("RM_1");
      auto& self = *result.mutable_local_participant();
      self.mutable_handle()->set_id(library.give(kSelf));
      self.mutable_info()->set_identity("me");
      auto& other = *result.add_participants();
      other.mutable_participant()->mutable_handle()->set_id(library.give(kOther));
      other.mutable_participant()->mutable_info()->set_identity("other");
      auto& microphone = *other.add_publications();
      microphone.mutable_handle()->set_id(library.give(kMicrophone));
      microphone.mutable_info()->set_sid("TR_1");
      microphone.mutable_info()->set_name("microphone");
      microphone.mutable_info()->set_kind(ffi::KIND_AUDIO);
      auto& camera = *other.add_publications();
      camera.mutable_handle()->set_id(library.give(kCamera));
      camera.mutable_info()->set_sid("TR_2");
      camera.mutable_info()->set_kind(ffi::KIND_VIDEO);
    });
  }
  /// Everything that was told is handled.
  void settle() {
    const std::string mark = "mark " + std::to_string(++marks);
    tell_room([&mark](ffi::RoomEvent& event) {
      auto& user = *event.mutable_data_packet_received()->mutable_user();
      user.set_topic(mark);
    });
    ASSERT_TRUE(listener->heard("data  " + mark));
  }
  void tell_goodbye() {
    const auto asked = library.asked(ffi::FfiRequest::kDisconnect);
    ASSERT_EQ(asked.size(), 1U);
    tell([&asked](ffi::FfiEvent& event) {
      event.mutable_disconnect()->set_async_id(asked.front().disconnect().request_async_id());
    });
  }
  void tell_frame(std::uint64_t handle) {
    tell([this, handle](ffi::FfiEvent& event) {
      ffi::AudioStreamEvent& stream = *event.mutable_audio_stream_event();
      stream.set_stream_handle(100);
      auto& frame = *stream.mutable_frame_received()->mutable_frame();
      frame.mutable_handle()->set_id(library.give(handle));
      frame.mutable_info()->set_data_ptr(reinterpret_cast<std::uintptr_t>(samples.data()));
      frame.mutable_info()->set_num_channels(1);
      frame.mutable_info()->set_sample_rate(16'000);
      frame.mutable_info()->set_samples_per_channel(static_cast<std::uint32_t>(samples.size()));
    });
  }
  void tell_subscribed() {
    tell_room([this](ffi::RoomEvent& event) {
      auto& track = *event.mutable_track_subscribed()->mutable_track();
      track.mutable_handle()->set_id(library.give(50));
      track.mutable_info()->set_sid("TR_1");
    });
  }

  std::array<std::int16_t, 320> samples{};
  int marks = 0;
  Metrics metrics;
  LiveKitCounters counters{metrics};
  FakeFfi library;
  std::shared_ptr<NotingRoomListener> listener = std::make_shared<NotingRoomListener>();
  std::unique_ptr<FfiHub> hub =
      std::make_unique<FfiHub>(library, counters.events_dropped, counters.awaited);
  std::unique_ptr<JoinedRoom> room;

  /// Nothing of the library is kept alive by us.
  void TearDown() override {
    room.reset();
    hub.reset();
    EXPECT_THAT(library.given, testing::IsEmpty());
    EXPECT_EQ(library.counted, 0);
  }
};

TEST_F(JoinedRoomTest, WhoIsThereAlreadyIsToldBeforeTheRoomMayGoOn) {
  join();
  tell_connected();
  settle();
  EXPECT_THAT(listener->lines(),
              testing::ElementsAre("connected room as me", "joined other ",
                                   "published other microphone", "data  mark 1 "));
  const auto connect = library.asked(ffi::FfiRequest::kConnect).front().connect();
  EXPECT_FALSE(connect.options().auto_subscribe());
  EXPECT_EQ(library.asked(ffi::FfiRequest::kReadyForRoomEvent).size(), 1U);
}

TEST_F(JoinedRoomTest, EveryHandleIsGivenBackWhenTheRoomIsLeft) {
  join();
  tell_connected();
  settle();
  room->subscribe("TR_1");
  tell_subscribed();
  room->publish_voice(1, "voice", 24'000, 1'000);
  room->serve_calls({"say"});
  tell_room([this](ffi::RoomEvent& event) {
    event.mutable_byte_stream_opened()->mutable_reader()->mutable_handle()->set_id(
        library.give(60));
  });
  settle();
  room->leave();
  EXPECT_EQ(library.asked(ffi::FfiRequest::kUnregisterRpcMethod).size(), 1U);
  EXPECT_THAT(library.given, testing::ElementsAre(kRoom, kSelf));  // until the library says so
  tell_goodbye();
}

TEST_F(JoinedRoomTest, SoundComesOfWhatWasSubscribedToOnly) {
  join();
  tell_connected();
  settle();
  tell_subscribed();  // nobody asked for it
  settle();
  tell_frame(70);
  EXPECT_EQ(listener->frame_samples(), 0U);
  room->subscribe("TR_1");
  room->subscribe("TR_2");  // a camera
  EXPECT_EQ(library.asked(ffi::FfiRequest::kSetSubscribed).size(), 1U);
  tell_subscribed();
  settle();
  samples.fill(5'000);
  tell_frame(71);
  EXPECT_TRUE(listener->heard("loud TR_1"));
  room->unsubscribe("TR_1");
  samples.fill(0);
  tell_frame(72);
  EXPECT_FALSE(listener->heard("quiet", std::chrono::seconds(0)));
}

TEST_F(JoinedRoomTest, ATrackThatDoesNotComeIsAskedForAgainAndNotForEver) {
  join();
  tell_connected();
  settle();
  const auto asked = [this] { return library.asked(ffi::FfiRequest::kSetSubscribed); };
  for (int tick = 0; tick < JoinedRoom::kTrackPatienceTicks; ++tick) room->on_tick();
  EXPECT_EQ(asked().size(), 0U) << "nobody wants it";
  room->subscribe("TR_1");
  for (int tick = 0; tick <= JoinedRoom::kTrackPatienceTicks; ++tick) room->on_tick();
  ASSERT_EQ(asked().size(), 3U);
  EXPECT_FALSE(asked()[1].set_subscribed().subscribe());
  EXPECT_TRUE(asked()[2].set_subscribed().subscribe());
  for (int tick = 0; tick < 100; ++tick) room->on_tick();
  EXPECT_EQ(asked().size(), 1U + 2U * (JoinedRoom::kTrackAsksMax - 1));
  tell_subscribed();
  settle();
  for (int tick = 0; tick < 100; ++tick) room->on_tick();
  EXPECT_EQ(asked().size(), 1U + 2U * (JoinedRoom::kTrackAsksMax - 1)) << "it is there";
}

TEST_F(JoinedRoomTest, AfterLeavingTheListenerHearsNothing) {
  join();
  tell_connected();
  settle();
  const std::size_t lines = listener->lines().size();
  room->leave();
  tell_room([](ffi::RoomEvent& event) { event.mutable_reconnecting(); });
  tell_room([this](ffi::RoomEvent& event) {  // its handle is dropped all the same
    event.mutable_participant_connected()->mutable_info()->mutable_handle()->set_id(
        library.give(80));
  });
  tell_goodbye();
  hub.reset();
  EXPECT_EQ(listener->lines().size(), lines);
}

TEST_F(JoinedRoomTest, WhoLeftBeforeHeWasInIsTakenOut) {
  join();
  room->leave();
  tell_connected();
  // The hub's thread does it: what is told behind it is handled later.
  join();
  tell([this](ffi::FfiEvent& event) {
    event.mutable_connect()->set_async_id(
        library.asked(ffi::FfiRequest::kConnect).back().connect().request_async_id());
    event.mutable_connect()->set_error("HTTP error: 401 Unauthorized eyJhbGci.eyJzdWI.x_-1 yes");
  });
  ASSERT_TRUE(listener->heard("ended failed permission_denied"));
  EXPECT_THAT(listener->lines().back(), testing::EndsWith("Unauthorized ... yes"));
  EXPECT_EQ(library.asked(ffi::FfiRequest::kReadyForRoomEvent).size(), 1U);
  tell_goodbye();
}

TEST_F(JoinedRoomTest, OneTextIsUnderWayAtATimeAndTooManyAreCounted) {
  join();
  tell_connected();
  settle();
  LiveKitText stream;
  stream.topic = "lk.chat";
  for (std::size_t each = 0; each < TextsOut::kTextsMax + 3; ++each) room->send_text(stream, "x");
  EXPECT_EQ(library.asked(ffi::FfiRequest::kSendText).size(), 1U);
  EXPECT_EQ(counters.texts_dropped.value(), 2U);
  const auto first = library.asked(ffi::FfiRequest::kSendText).front().send_text();
  tell([&first](ffi::FfiEvent& event) {
    event.mutable_send_text()->set_async_id(first.request_async_id());
  });
  settle();
  EXPECT_EQ(library.asked(ffi::FfiRequest::kSendText).size(), 2U);
}

TEST_F(JoinedRoomTest, WhatIsWrittenBeforeAStreamIsOpenIsWrittenThenAsOne) {
  join();
  tell_connected();
  settle();
  LiveKitText stream;
  stream.topic = "lk.transcription";
  stream.id = "ST_1";
  stream.sender = "other";
  room->open_text(stream);
  room->write_text("ST_1", "One, ");
  room->write_text("ST_1", "two");
  room->close_text("ST_1", {{"final", "true"}});
  room->write_text("ST_1", " never");
  EXPECT_THAT(library.asked(ffi::FfiRequest::kTextStreamWrite), testing::IsEmpty());
  const auto open = library.asked(ffi::FfiRequest::kTextStreamOpen).front().text_stream_open();
  EXPECT_EQ(open.options().sender_identity(), "other");
  tell([this, &open](ffi::FfiEvent& event) {
    event.mutable_text_stream_open()->set_async_id(open.request_async_id());
    event.mutable_text_stream_open()->mutable_writer()->mutable_handle()->set_id(library.give(90));
  });
  settle();
  const auto writes = library.asked(ffi::FfiRequest::kTextStreamWrite);
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes.front().text_stream_write().text(), "One, two");
  EXPECT_THAT(library.asked(ffi::FfiRequest::kTextStreamClose), testing::IsEmpty());
  tell([&writes](ffi::FfiEvent& event) {
    event.mutable_text_stream_writer_write()->set_async_id(
        writes.front().text_stream_write().request_async_id());
  });
  settle();
  const auto closes = library.asked(ffi::FfiRequest::kTextStreamClose);
  ASSERT_EQ(closes.size(), 1U);
  EXPECT_EQ(closes.front().text_stream_close().attributes().at("final"), "true");
}

TEST_F(JoinedRoomTest, TextsThatComeAreToldWholeAndLongOnesNot) {
  join();
  tell_connected();
  settle();
  const auto open = [this](std::uint64_t reader, const std::string& topic) {
    tell_room([&](ffi::RoomEvent& event) {
      ffi::TextStreamOpened& opened = *event.mutable_text_stream_opened();
      opened.set_participant_identity("other");
      opened.mutable_reader()->mutable_handle()->set_id(library.give(reader));
      opened.mutable_reader()->mutable_info()->set_topic(topic);
    });
  };
  const auto piece = [this](std::uint64_t reader, const std::string& text) {
    tell([&](ffi::FfiEvent& event) {
      event.mutable_text_stream_reader_event()->set_reader_handle(reader);
      event.mutable_text_stream_reader_event()->mutable_chunk_received()->set_content(text);
    });
  };
  const auto end = [this](std::uint64_t reader) {
    tell([&](ffi::FfiEvent& event) {
      event.mutable_text_stream_reader_event()->set_reader_handle(reader);
      event.mutable_text_stream_reader_event()->mutable_eos();
    });
  };
  open(91, "short");
  open(92, "long");
  piece(91, "Hel");
  piece(92, "1234567");
  piece(92, "8901");
  piece(91, "lo");
  end(92);
  end(91);
  EXPECT_TRUE(listener->heard("text other short Hello"));
  EXPECT_FALSE(listener->heard("text other long", std::chrono::seconds(0)));
  EXPECT_EQ(counters.texts_unread.value(), 1U);
}

TEST_F(JoinedRoomTest, TextsOfOneTopicAreToldInTheOrderInWhichTheyBegan) {
  join();
  tell_connected();
  settle();
  const std::vector<std::string> topics{"a", "a", "b", "a"};
  for (std::size_t each = 0; each < topics.size(); ++each) {
    tell_room([&](ffi::RoomEvent& event) {
      ffi::TextStreamOpened& opened = *event.mutable_text_stream_opened();
      opened.set_participant_identity("other");
      opened.mutable_reader()->mutable_handle()->set_id(library.give(91 + each));
      opened.mutable_reader()->mutable_info()->set_topic(topics[each]);
    });
  }
  for (const std::uint64_t reader : {93U, 92U, 91U, 94U}) {
    tell([&](ffi::FfiEvent& event) {
      event.mutable_text_stream_reader_event()->set_reader_handle(reader);
      event.mutable_text_stream_reader_event()->mutable_chunk_received()->set_content(
          std::to_string(reader));
    });
    tell([&](ffi::FfiEvent& event) {
      event.mutable_text_stream_reader_event()->set_reader_handle(reader);
      event.mutable_text_stream_reader_event()->mutable_eos();
    });
  }
  ASSERT_TRUE(listener->heard("text other a 94"));
  std::vector<std::string> lines = listener->lines();
  lines.erase(lines.begin(), lines.end() - 4);
  EXPECT_THAT(lines, testing::ElementsAre("text other b 93", "text other a 91", "text other a 92",
                                          "text other a 94"));
}

TEST_F(JoinedRoomTest, SoundIsGivenPieceByPieceAndWhatIsTooMuchIsDropped) {
  join();
  tell_connected();
  settle();
  room->publish_voice(1, "voice", 16'000, 1'000);
  const std::vector<std::int16_t> second(16'000, 100);
  room->write_voice(1, second);  // 800 ms may wait, as the library holds up to 200
  EXPECT_EQ(counters.voice_dropped_ms.value(), 200U);
  const auto pieces = [this] { return library.asked(ffi::FfiRequest::kCaptureAudioFrame); };
  ASSERT_EQ(pieces().size(), 1U);
  EXPECT_EQ(pieces().front().capture_audio_frame().buffer().samples_per_channel(), 800U);
  const auto taken = [&](std::size_t index) {
    const std::uint64_t id = pieces()[index].capture_audio_frame().request_async_id();
    tell([id](ffi::FfiEvent& event) { event.mutable_capture_audio_frame()->set_async_id(id); });
  };
  taken(0);
  settle();
  EXPECT_EQ(pieces().size(), 2U);
  room->clear_voice(1);
  EXPECT_EQ(library.asked(ffi::FfiRequest::kClearAudioBuffer).size(), 1U);
  taken(1);  // it came to the library's queue after that was cleared
  settle();
  EXPECT_EQ(library.asked(ffi::FfiRequest::kClearAudioBuffer).size(), 2U);
  EXPECT_EQ(pieces().size(), 2U);
}

TEST_F(JoinedRoomTest, AVoiceThatIsNotWantedAnyMoreIsTakenAwayOnceItIsThere) {
  join();
  tell_connected();
  settle();
  room->publish_voice(1, "voice", 24'000, 1'000);
  const auto publish = library.asked(ffi::FfiRequest::kPublishTrack).front().publish_track();
  EXPECT_EQ(publish.options().source(), ffi::SOURCE_MICROPHONE);
  room->unpublish_voice(1);
  tell([this, &publish](ffi::FfiEvent& event) {
    event.mutable_publish_track()->set_async_id(publish.request_async_id());
    auto& publication = *event.mutable_publish_track()->mutable_publication();
    publication.mutable_handle()->set_id(library.give(95));
    publication.mutable_info()->set_sid("TR_9");
  });
  settle();
  EXPECT_FALSE(listener->heard("voice", std::chrono::seconds(0)));
  const auto unpublish = library.asked(ffi::FfiRequest::kUnpublishTrack);
  ASSERT_EQ(unpublish.size(), 1U);
  EXPECT_EQ(unpublish.front().unpublish_track().track_sid(), "TR_9");
}

TEST_F(JoinedRoomTest, CallsAreAnsweredByTheirNumber) {
  join();
  tell_connected();
  settle();
  room->serve_calls({"say", "interrupt", "say"});
  EXPECT_EQ(library.asked(ffi::FfiRequest::kRegisterRpcMethod).size(), 2U);
  tell([](ffi::FfiEvent& event) {
    ffi::RpcMethodInvocationEvent& call = *event.mutable_rpc_method_invocation();
    call.set_local_participant_handle(kSelf);
    call.set_invocation_id(77);
    call.set_caller_identity("other");
    call.set_method("say");
    call.set_payload("hello");
  });
  ASSERT_TRUE(listener->heard("call other say hello"));
  room->answer_call(listener->call(), "done");
  room->refuse_call(78, 1500, "no");
  const auto answers = library.asked(ffi::FfiRequest::kRpcMethodInvocationResponse);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].rpc_method_invocation_response().invocation_id(), 77U);
  EXPECT_EQ(answers[0].rpc_method_invocation_response().payload(), "done");
  EXPECT_EQ(answers[1].rpc_method_invocation_response().error().code(), 1500U);
}

TEST_F(JoinedRoomTest, TheEndIsToldOnceAndGivesEverythingBack) {
  join();
  tell_connected();
  settle();
  tell_room(
      [](ffi::RoomEvent& event) { event.mutable_disconnected()->set_reason(ffi::ROOM_DELETED); });
  ASSERT_TRUE(listener->heard("ended deleted not_found"));
  tell_goodbye();
  room->leave();
  room->send_data("topic", "bytes");
  room->publish_voice(1, "voice", 24'000, 1'000);
  EXPECT_THAT(library.asked(ffi::FfiRequest::kPublishData), testing::IsEmpty());
  EXPECT_THAT(library.asked(ffi::FfiRequest::kPublishTrack), testing::IsEmpty());
}

struct Mark final : FfiTarget {
  void on_event(const ffi::FfiEvent&) override { reached.set_value(); }
  std::promise<void> reached;
};

TEST_F(JoinedRoomTest, WhoIsRemovedWhileItEntersAnotherHandleHearsNothingOfThat) {
  struct Enters final : FfiTarget {
    explicit Enters(FfiHub& its) : hub(its) {}
    void on_event(const ffi::FfiEvent& event) override {
      if (event.room_event().room_handle() == 98) {
        ++late;
        return;
      }
      is_in.set_value();
      go_on.get_future().wait();
      hub.enter(98, *this);
    }
    FfiHub& hub;
    std::promise<void> is_in;
    std::promise<void> go_on;
    int late = 0;
  };
  Enters target(*hub);
  hub->enter(97, target);
  tell([](ffi::FfiEvent& event) { event.mutable_room_event()->set_room_handle(97); });
  target.is_in.get_future().wait();
  auto removed = std::async(std::launch::async, [&] { hub->remove(target); });
  // So that it has begun, most likely; nothing is wrong where it has not.
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  target.go_on.set_value();
  removed.wait();
  Mark mark;
  hub->enter(99, mark);
  tell([](ffi::FfiEvent& event) { event.mutable_room_event()->set_room_handle(98); });
  tell([](ffi::FfiEvent& event) { event.mutable_room_event()->set_room_handle(99); });
  mark.reached.get_future().wait();
  EXPECT_EQ(target.late, 0);
  hub->remove(mark);
}

TEST_F(JoinedRoomTest, WhatWasOnItsWayAtTheEndIsToldToNobody) {
  join();
  tell_connected();
  settle();
  room->publish_voice(1, "voice", 24'000, 1'000);
  const auto publish = library.asked(ffi::FfiRequest::kPublishTrack).front().publish_track();
  tell_room(
      [](ffi::RoomEvent& event) { event.mutable_disconnected()->set_reason(ffi::ROOM_DELETED); });
  tell_room([this](ffi::RoomEvent& event) {
    auto& late = *event.mutable_participant_connected()->mutable_info();
    late.mutable_handle()->set_id(library.give(60));
    late.mutable_info()->set_identity("late");
  });
  tell([&publish](ffi::FfiEvent& event) {
    event.mutable_publish_track()->set_async_id(publish.request_async_id());
    event.mutable_publish_track()->set_error("no room");
  });
  Mark mark;
  hub->enter(99, mark);
  tell([](ffi::FfiEvent& event) { event.mutable_room_event()->set_room_handle(99); });
  mark.reached.get_future().wait();
  EXPECT_THAT(listener->lines().back(), testing::StartsWith("ended deleted"));
  hub->remove(mark);
  tell_goodbye();
}

}  // namespace
}  // namespace parley::transport
