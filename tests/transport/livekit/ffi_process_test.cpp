// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi_process.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "exec/child_process.h"
#include "transport/livekit/livekit_room.h"

namespace parley::transport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kRoom = 11;

FfiProgram stand_in(const std::string& way = "well") {
  return {exec::program_beside("transport_livekit_stand_in_host"), way};
}

struct FfiProcessTest : testing::Test {
  void start(const std::string& way = "well") {
    const Status started = process.start(stand_in(way), [this](ffi::FfiEvent&& event) {
      const std::string memory(memory_of(event));
      const std::lock_guard lock(mutex);
      events.push_back(std::move(event));
      memories.push_back(memory);
      changed.notify_all();
    });
    ASSERT_TRUE(started) << started.error().message;
  }
  void join(std::uint64_t id, const std::string& url = "ws://somewhere") {
    ffi::FfiRequest request;
    request.mutable_connect()->set_url(url);
    request.mutable_connect()->set_token("");
    request.mutable_connect()->mutable_options();
    request.mutable_connect()->set_request_async_id(id);
    EXPECT_TRUE(process.request(request));
  }
  static ffi::FfiRequest new_stream() {
    ffi::FfiRequest request;
    request.mutable_new_audio_stream()->set_track_handle(5);
    request.mutable_new_audio_stream()->set_type(ffi::AUDIO_STREAM_NATIVE);
    return request;
  }
  /// The event that came at this place.
  ffi::FfiEvent event(std::size_t at) {
    std::unique_lock lock(mutex);
    const auto has_come = [&] { return events.size() > at; };
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), has_come));
    return events.size() > at ? events[at] : ffi::FfiEvent();
  }
  bool ends() {
    for (int tries = 0; tries < 3'000 && !process.has_ended(); ++tries) ::poll(nullptr, 0, 10);
    return process.has_ended();
  }
  std::uint64_t lost() { return metrics.counter("lost", "").value(); }
  std::int64_t processes() { return metrics.gauge("processes", "").value(); }

  Metrics metrics;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<ffi::FfiEvent> events;
  std::vector<std::string> memories;
  FfiProcess process{{metrics.gauge("handles", ""), metrics.gauge("processes", ""),
                      metrics.counter("lost", "")}};  // last: its thread uses the others
};

TEST_F(FfiProcessTest, AsksForHandlesAndHearsSound) {
  start();
  EXPECT_TRUE(process.wait_until_ready());
  EXPECT_EQ(processes(), 1);
  const auto response = process.request(new_stream());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->new_audio_stream().stream().handle().id(), 21U);
  EXPECT_TRUE(event(0).has_audio_stream_event());
  EXPECT_EQ(memories[0], std::string("\1\0\2\0\3\0", 6));
  EXPECT_TRUE(owned_handles(event(0)).empty());
}

TEST_F(FfiProcessTest, ARefusalIsNoResponse) {
  start();
  ffi::FfiRequest request;
  request.mutable_new_audio_source()->set_type(ffi::AUDIO_SOURCE_NATIVE);
  request.mutable_new_audio_source()->set_sample_rate(24'000);
  request.mutable_new_audio_source()->set_num_channels(1);
  EXPECT_FALSE(process.request(request));
  EXPECT_FALSE(process.has_ended());
}

TEST_F(FfiProcessTest, DataTravelAndAreKeptUntilTheirHandleIsDropped) {
  start();
  const std::string data(100'000, 'x');
  ffi::FfiRequest request;
  ffi::PublishDataRequest& publish = *request.mutable_publish_data();
  publish.set_local_participant_handle(1);
  publish.set_data_ptr(reinterpret_cast<std::uintptr_t>(data.data()));
  publish.set_data_len(data.size());
  publish.set_reliable(true);
  EXPECT_TRUE(process.request(request));
  const ffi::FfiEvent came = event(0);
  ASSERT_EQ(owned_handles(came).size(), 1U);
  EXPECT_EQ(memory_of(came), data);
  process.drop(owned_handles(came)[0]);
}

TEST_F(FfiProcessTest, WhenItDiesItsRoomsAndThoseOnTheWayHearOfIt) {
  start();
  join(1);
  EXPECT_TRUE(event(0).connect().has_result());
  join(2, "nowhere");
  ffi::FfiRequest crash;
  crash.mutable_dispose()->set_async(false);
  EXPECT_TRUE(process.request(crash));
  EXPECT_EQ(event(1).connect().async_id(), 2U);
  EXPECT_THAT(event(1).connect().error(), HasSubstr("signal 6"));
  EXPECT_EQ(event(2).room_event().room_handle(), kRoom);
  EXPECT_TRUE(event(2).room_event().has_disconnected());
  EXPECT_TRUE(ends());
  EXPECT_EQ(lost(), 1U);
  EXPECT_EQ(processes(), 0);
  EXPECT_FALSE(process.request(crash));
  process.drop(kRoom);
}

TEST_F(FfiProcessTest, RetiredItEndsWithItsLastRoom) {
  start();
  join(1);
  EXPECT_TRUE(event(0).connect().has_result());
  process.retire();
  EXPECT_TRUE(process.request(new_stream())) << "it is still there";
  process.drop(kRoom);
  EXPECT_TRUE(ends());
  EXPECT_EQ(lost(), 0U);
}

TEST_F(FfiProcessTest, ALibraryThatCannotBeUsedIsSaid) {
  start("refuses");
  const Status ready = process.wait_until_ready();
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().code, ErrorCode::not_found);
  EXPECT_EQ(ready.error().message, "no such");
}

TEST_F(FfiProcessTest, OneThatReadsNothingIsEndedWhenTooMuchWaits) {
  start("hangs");
  const std::string data(FfiFrame::kBytesMax, 'x');
  ffi::FfiRequest request;
  ffi::PublishDataRequest& publish = *request.mutable_publish_data();
  publish.set_local_participant_handle(1);
  publish.set_data_ptr(reinterpret_cast<std::uintptr_t>(data.data()));
  publish.set_data_len(data.size());
  publish.set_reliable(true);
  for (int times = 0; times < 4; ++times) process.request(request);
  EXPECT_TRUE(ends());
  EXPECT_EQ(lost(), 1U);
}

TEST_F(FfiProcessTest, AProgramThatIsNotThereIsAnError) {
  const Status started = process.start({"/nowhere/parley-livekit", ""}, [](ffi::FfiEvent&&) {});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("/nowhere/parley-livekit"));
  EXPECT_TRUE(process.has_ended());
}

TEST_F(FfiProcessTest, BytesThatAreNoFrameEndIt) {
  std::string bytes;
  write_frame(bytes, {FfiFrame::Kind::drop, 7, "memory", "message"});
  FfiFrameReader reader;
  // In two pieces, as a socket may bring them.
  for (const std::string& piece : {bytes.substr(0, 9), bytes.substr(9)}) {
    EXPECT_FALSE(reader.next());
    piece.copy(reader.room(piece.size()).data(), piece.size());
    reader.added(piece.size());
  }
  const auto frame = reader.next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->id, 7U);
  EXPECT_EQ(frame->memory, "memory");
  EXPECT_EQ(frame->message, "message");
  const std::string nonsense(64, '\xff');
  nonsense.copy(reader.room(nonsense.size()).data(), nonsense.size());
  reader.added(nonsense.size());
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.is_broken());
}

}  // namespace
}  // namespace parley::transport
