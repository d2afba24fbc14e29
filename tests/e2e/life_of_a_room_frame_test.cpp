// SPDX-License-Identifier: Apache-2.0
//
// Compares the table of ARCHITECTURE.md with a call in a room: LiveKit's library is played by the
// test, all else is what a worker has (fake models), and every hop is recorded.

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/config.h"
#include "base/trace.h"
#include "graph/registry.h"
#include "operators/register_all.h"
#include "room/agent_graph.h"
#include "server/engine.h"
#include "server/rooms/room_bridge.h"
#include "service/room/room_service.h"
#include "tests/support/audio.h"
#include "tests/support/fake_ffi.h"
#include "tests/support/hop_recorder.h"
#include "transport/livekit/ffi_hub.h"
#include "transport/livekit/joined_room.h"

namespace parley {
namespace {

using test::ffi::FfiEvent;
using test::ffi::FfiRequest;

constexpr std::size_t kFrame = 320;  // samples: 20 ms at 16 kHz
constexpr std::uint64_t kRoom = 10;
constexpr std::uint64_t kStream = 100;

/// What LiveKit's library does of its own accord in a room with one person.
class Library final : public transport::LiveKitLibrary {
 public:
  explicit Library(Metrics& metrics)
      : counters_(metrics), hub_(ffi_, counters_.events_dropped, counters_.awaited) {}

  std::unique_ptr<transport::LiveKitRoom> join(
      transport::LiveKitJoin join,
      std::shared_ptr<transport::LiveKitRoomListener> listener) override {
    return std::make_unique<transport::JoinedRoom>(hub_, counters_, std::move(join),
                                                   std::move(listener));
  }
  void let_in() {
    tell([this](FfiEvent& event) {
      auto& connect = *event.mutable_connect();
      connect.set_async_id(wait_for(FfiRequest::kConnect, 1).back().connect().request_async_id());
      auto& result = *connect.mutable_result();
      result.mutable_room()->mutable_handle()->set_id(ffi_.give(kRoom));
      result.mutable_room()->mutable_info()->set_name("kitchen");
      result.mutable_local_participant()->mutable_handle()->set_id(ffi_.give(kRoom + 1));
      result.mutable_local_participant()->mutable_info()->set_identity("agent");
      auto& ann = *result.add_participants();
      ann.mutable_participant()->mutable_handle()->set_id(ffi_.give(kRoom + 2));
      ann.mutable_participant()->mutable_info()->set_identity("ann");
      auto& microphone = *ann.add_publications();
      microphone.mutable_handle()->set_id(ffi_.give(kRoom + 3));
      microphone.mutable_info()->set_sid("TR_1");
      microphone.mutable_info()->set_kind(test::ffi::KIND_AUDIO);
    });
  }
  /// She is heard, and we may speak.
  void let_speak() {
    wait_for(FfiRequest::kSetSubscribed, 1);
    tell([this](FfiEvent& event) {
      event.mutable_room_event()->set_room_handle(kRoom);
      auto& track = *event.mutable_room_event()->mutable_track_subscribed()->mutable_track();
      track.mutable_handle()->set_id(ffi_.give(50));
      track.mutable_info()->set_sid("TR_1");
    });
    const auto publish = wait_for(FfiRequest::kPublishTrack, 1).front().publish_track();
    tell([this, &publish](FfiEvent& event) {
      event.mutable_publish_track()->set_async_id(publish.request_async_id());
      auto& publication = *event.mutable_publish_track()->mutable_publication();
      publication.mutable_handle()->set_id(ffi_.give(60));
      publication.mutable_info()->set_sid("TR_2");
    });
    // Events are taken one after another: who answers this one hears her.
    tell([](FfiEvent& event) {
      auto& call = *event.mutable_rpc_method_invocation();
      call.set_local_participant_handle(kRoom + 1);
      call.set_invocation_id(1);
      call.set_method("interrupt");
    });
    wait_for(FfiRequest::kRpcMethodInvocationResponse, 1);
  }
  void hear(std::span<const float> samples) {
    for (std::size_t at = 0; at + kFrame <= samples.size(); at += kFrame) {
      std::array<std::int16_t, kFrame> frame{};
      std::ranges::transform(samples.subspan(at, kFrame), frame.begin(), [](float sample) {
        return static_cast<std::int16_t>(sample * 32'767.0F);
      });
      tell([this, &frame](FfiEvent& event) {
        event.mutable_audio_stream_event()->set_stream_handle(kStream);
        auto& piece = *event.mutable_audio_stream_event()->mutable_frame_received();
        piece.mutable_frame()->mutable_handle()->set_id(ffi_.give(70));
        auto& info = *piece.mutable_frame()->mutable_info();
        info.set_data_ptr(reinterpret_cast<std::uintptr_t>(frame.data()));
        info.set_num_channels(1);
        info.set_sample_rate(16'000);
        info.set_samples_per_channel(kFrame);
      });
    }
  }
  std::vector<FfiRequest> wait_for(FfiRequest::MessageCase what, std::size_t count) {
    return ffi_.wait_for(what, count);
  }

 private:
  void tell(const std::function<void(FfiEvent&)>& fill) {
    FfiEvent event;
    fill(event);
    hub_.take(std::move(event));
  }

  test::FakeFfi ffi_;
  transport::LiveKitCounters counters_;
  transport::FfiHub hub_;
};

TEST(LifeOfAFrameInARoom, IsWhatArchitectureSays) {
  const std::vector<test::Hop> documented =
      test::documented_hops("## The life of a frame in a room");
  ASSERT_GE(documented.size(), 10U);

  Config config;
  config.models.fake = true;
  config.log.level = "off";
  Metrics metrics;
  test::HopRecorder recorder;
  auto engine = server::Engine::load(config, metrics, [](std::string_view) {});
  ASSERT_TRUE(engine) << engine.error().message;
  graph::Registry registry;
  operators::register_all_operators(registry, (*engine)->operator_bindings());
  agent::AgentContext context = (*engine)->agent_context();
  context.tap = &recorder;
  service::RoomService rooms(context, (*engine)->pool(), registry, {});

  Library library(metrics);
  server::RoomInbox::Counters counters(metrics);
  const auto bridge = std::make_shared<server::RoomBridge>((*engine)->buffers(), counters);
  auto agent = room::AgentGraph::in_the_box("assistant");
  ASSERT_TRUE(agent) << agent.error().message;
  service::RoomRequest request{.agent = "assistant", .name = "Parley"};
  request.graph = std::make_shared<room::AgentGraph>(std::move(*agent));
  auto session = rooms.open(std::move(request), bridge);
  ASSERT_TRUE(session) << session.error().message;
  bridge->join(library, {.url = "ws://a", .token = "t"},
               [&](room::RoomEvent&& event) { return (*session)->push(std::move(event)); });
  library.let_in();
  library.let_speak();

  trace::listen(&recorder);
  recorder.start();
  library.hear(test::sine(16'000, 220.0, 16'000, 0.3));
  recorder.wait_for("partial");  // of a burst there would be no interim words
  library.hear(test::silence(16'000));
  library.wait_for(FfiRequest::kCaptureAudioFrame, 1);
  trace::listen(nullptr);

  test::compare(documented, recorder.all());
  bridge->close(1000, {});
  (*session)->close();
}

}  // namespace
}  // namespace parley
