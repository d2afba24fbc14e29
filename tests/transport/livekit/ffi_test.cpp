// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::transport {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NotingFfi final : public Ffi {
 public:
  std::optional<ffi::FfiResponse> request(const ffi::FfiRequest& /*request*/) override {
    return std::nullopt;
  }
  void drop(std::uint64_t handle) override { dropped.push_back(handle); }
  std::vector<std::uint64_t> dropped;
};

TEST(Ffi, AHandleIsDroppedOnceUnlessTheLibraryTookItBack) {
  NotingFfi library;
  {
    FfiHandle first(library, 1);
    FfiHandle moved = std::move(first);
    FfiHandle assigned(library, 2);
    assigned = std::move(moved);  // 2 goes
    EXPECT_EQ(assigned.id(), 1U);
    FfiHandle taken(library, 3);
    EXPECT_EQ(taken.release(), 3U);
    const FfiHandle none(library, 0);
    EXPECT_FALSE(none);
  }
  EXPECT_THAT(library.dropped, ElementsAre(2, 1));
}

TEST(Ffi, EveryHandleOfAnEventIsFound) {
  ffi::FfiEvent event;
  EXPECT_THAT(owned_handles(event), IsEmpty());
  auto& result = *event.mutable_connect()->mutable_result();
  result.mutable_room()->mutable_handle()->set_id(1);
  result.mutable_local_participant()->mutable_handle()->set_id(2);
  auto& other = *result.add_participants();
  other.mutable_participant()->mutable_handle()->set_id(3);
  other.add_publications()->mutable_handle()->set_id(4);
  EXPECT_THAT(owned_handles(event), ElementsAre(1, 2, 3, 4));
  auto& data = *event.mutable_room_event()->mutable_data_packet_received();
  EXPECT_THAT(owned_handles(event), IsEmpty());
  data.mutable_user()->mutable_data()->mutable_handle()->set_id(5);
  EXPECT_THAT(owned_handles(event), ElementsAre(5));
  event.mutable_audio_stream_event()
      ->mutable_frame_received()
      ->mutable_frame()
      ->mutable_handle()
      ->set_id(6);
  EXPECT_THAT(owned_handles(event), ElementsAre(6));
}

TEST(Ffi, TokensAreTakenOutOfWhatTheLibrarySays) {
  EXPECT_EQ(without_tokens("invalid token: eyJhbGci.eyJzdWI.x_-1, error: x"),
            "invalid token: ..., error: x");
  EXPECT_EQ(without_tokens("ws://a?access_token=eyJh.b.c"), "ws://a?access_token=...");
  EXPECT_EQ(without_tokens("nothing of that"), "nothing of that");
}

}  // namespace
}  // namespace parley::transport
