// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi_refusal.h"

#include <gtest/gtest.h>

namespace parley::transport {
namespace {

TEST(FfiRefusal, IsTheAnswerThatIsWaitedFor) {
  ffi::FfiRequest request;
  request.mutable_capture_audio_frame()->set_request_async_id(3);
  auto event = refusal_of(request, "no");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->capture_audio_frame().async_id(), 3U);
  EXPECT_EQ(event->capture_audio_frame().error(), "no");

  request.mutable_text_stream_write()->set_request_async_id(4);
  event = refusal_of(request, "no");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->text_stream_writer_write().async_id(), 4U);
  EXPECT_EQ(event->text_stream_writer_write().error().description(), "no");

  request.mutable_disconnect()->set_request_async_id(5);
  event = refusal_of(request, "no");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->disconnect().async_id(), 5U);
  EXPECT_EQ(async_id(request), 5U);
}

TEST(FfiRefusal, ATextThatCannotBeReadHasAnEnd) {
  ffi::FfiRequest request;
  request.mutable_text_read_incremental()->set_reader_handle(8);
  const auto event = refusal_of(request, "no");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->text_stream_reader_event().reader_handle(), 8U);
  EXPECT_TRUE(event->text_stream_reader_event().eos().has_error());
}

TEST(FfiRefusal, NobodyHearsOfWhatNobodyAsksFor) {
  ffi::FfiRequest request;
  request.mutable_set_subscribed()->set_publication_handle(1);
  EXPECT_FALSE(refusal_of(request));
  EXPECT_EQ(async_id(request), 0U);
  request.mutable_publish_track();  // without an id
  EXPECT_FALSE(refusal_of(request));
}

}  // namespace
}  // namespace parley::transport
