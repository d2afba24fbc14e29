// SPDX-License-Identifier: Apache-2.0
//
// Every kind of frame there and back, and what is refused on the way back.

#include "graph/plugin/plugin_frames.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "graph/frame_type.h"

namespace parley::graph {
namespace {

media::FrameHeader head() {
  return {.stream = {1}, .turn = {2}, .pts = {-3}, .duration = {4}, .sequence = 5, .is_last = true};
}

class PluginFramesTest : public testing::Test {
 protected:
  /// Out, spoiled or not, and back; what came back, or why it did not.
  template <typename T, typename Spoil>
  Result<T> round(const T& frame, media::BufferRef buffer, const Spoil& spoil) {
    parley_frame view{};
    view_of(frame, view);
    EXPECT_EQ(view.kind, kind_of_frame_type(frame_index<T>()));
    EXPECT_EQ(frame_type_of_kind(view.kind), frame_index<T>());
    EXPECT_EQ(view.buffer.size, buffer.size());
    spoil(view);
    T back;
    PARLEY_TRY_STATUS(read_view(view, std::move(buffer), back));
    EXPECT_EQ(back.head.stream, frame.head.stream);
    EXPECT_EQ(back.head.turn, frame.head.turn);
    EXPECT_EQ(back.head.pts, frame.head.pts);
    EXPECT_EQ(back.head.duration, frame.head.duration);
    EXPECT_EQ(back.head.sequence, frame.head.sequence);
    EXPECT_EQ(back.head.is_last, frame.head.is_last);
    return back;
  }
  template <typename T>
  T round(const T& frame, media::BufferRef buffer = {}) {
    Result<T> back = round(frame, std::move(buffer), [](parley_frame&) {});
    EXPECT_TRUE(back) << back.error().message;
    return *std::move(back);
  }
  template <typename T, typename Spoil>
  std::string refusal(const T& frame, media::BufferRef buffer, const Spoil& spoil) {
    const Result<T> back = round(frame, std::move(buffer), spoil);
    return back ? "" : back.error().message;
  }

  media::BufferPool pool_;
};

TEST_F(PluginFramesTest, Audio) {
  const media::AudioFrame frame{head(), {.rate = 48'000, .channels = 2}, pool_.take_floats(960)};
  const media::AudioFrame back = round(frame, frame.samples);
  EXPECT_EQ(back.format, frame.format);
  EXPECT_EQ(back.samples.bytes().data(), frame.samples.bytes().data());
  EXPECT_EQ(refusal(frame, frame.samples, [](parley_frame& v) { v.as.audio.channels = 65; }),
            "channels is 65");
  EXPECT_EQ(refusal(frame, frame.samples, [](parley_frame& v) { v.as.audio.rate_hz = -8000; }),
            "rate_hz is -8000");
  EXPECT_EQ(refusal(frame, frame.samples, [](parley_frame& v) { v.as.audio.channels = 7; }),
            "its buffer has 3840 bytes, which is no multiple of 28");
}

TEST_F(PluginFramesTest, EncodedAudio) {
  const media::EncodedAudio frame{
      head(), media::Codec::pcmu, {.rate = 8000, .channels = 1}, pool_.take(161)};
  const media::EncodedAudio back = round(frame, frame.bytes);
  EXPECT_EQ(back.codec, media::Codec::pcmu);
  EXPECT_EQ(back.format.rate, 8000);
  EXPECT_EQ(refusal(frame, frame.bytes, [](parley_frame& v) { v.as.encoded_audio.codec = 3; }),
            "codec is 3");
  EXPECT_EQ(refusal(frame, frame.bytes, [](parley_frame& v) { v.as.encoded_audio.codec = 0; }),
            "its buffer has 161 bytes, which is no multiple of 2");
}

TEST_F(PluginFramesTest, SpeechEvent) {
  const media::SpeechEvent frame{head(), 0.75F, true};
  EXPECT_EQ(round(frame).probability, 0.75F);
  EXPECT_TRUE(round(frame).is_speech);
  EXPECT_EQ(refusal(frame, {}, [](parley_frame& v) { v.as.speech_event.is_speech = 2; }),
            "is_speech is 2");
  EXPECT_EQ(refusal(frame, {}, [](parley_frame& v) { v.as.speech_event.probability = 1.5F; }),
            "probability is 1.500000");
}

TEST_F(PluginFramesTest, TurnEvent) {
  const media::TurnEvent frame{head(), media::TurnEvent::Kind::ended, {9}, {10}, {11}};
  const media::TurnEvent back = round(frame);
  EXPECT_EQ(back.kind, media::TurnEvent::Kind::ended);
  EXPECT_EQ(back.utterance.value, 9U);
  EXPECT_EQ(back.audio_begin.flicks, 10);
  EXPECT_EQ(back.speech_end.flicks, 11);
  EXPECT_EQ(refusal(frame, {}, [](parley_frame& v) { v.as.turn_event.event = -1; }), "event is -1");
}

TEST_F(PluginFramesTest, Transcript) {
  const media::Transcript frame{head(), {7}, "Hello, \xc3\x9c", true, "en", "HAPPY", {}, {}, {}};
  const media::Transcript back = round(frame);
  EXPECT_EQ(back.text, frame.text);
  EXPECT_EQ(back.language, "en");
  EXPECT_EQ(back.emotion, "HAPPY");
  EXPECT_TRUE(back.is_final);
  EXPECT_EQ(back.utterance.value, 7U);
  EXPECT_EQ(refusal(frame, {}, [](parley_frame& v) { v.as.transcript.language.data = nullptr; }),
            "language is NULL");
  EXPECT_EQ(refusal(frame, {}, [](parley_frame& v) { v.as.transcript.text.size = 1U << 21U; }),
            "text's size is 2097152");
}

TEST_F(PluginFramesTest, Text) {
  const media::TextDelta frame{head(), "a\0b"};
  EXPECT_EQ(round(frame).text, frame.text);
  EXPECT_EQ(round(media::TextDelta{head(), ""}).text, "");
  parley_frame view{};
  view_of(frame, view);
  media::TextDelta back;
  const Status read = read_view(view, pool_.take(4), back);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "has a buffer, but its kind has none");
}

TEST_F(PluginFramesTest, Control) {
  for (const media::ControlValue& value :
       {media::ControlValue(true), media::ControlValue(std::int64_t{-5}), media::ControlValue(0.5),
        media::ControlValue(std::string("open"))}) {
    const media::Control frame{head(), "gate", value};
    EXPECT_EQ(round(frame).name, "gate");
    EXPECT_EQ(round(frame).value, value);
  }
  const media::Control frame{head(), "gate", true};
  EXPECT_EQ(refusal(frame, {}, [](parley_frame& v) { v.as.control.type = 5; }),
            "the value's type is 5");
  EXPECT_EQ(refusal(frame, {}, [](parley_frame& v) { v.as.control.value.flag = 5; }),
            "the value is 5");
}

TEST_F(PluginFramesTest, Video) {
  const media::VideoFrame frame{head(), 5, 3, media::PixelFormat::i420, pool_.take(15 + 2 * 6)};
  const media::VideoFrame back = round(frame, frame.pixels);
  EXPECT_EQ(back.width, 5);
  EXPECT_EQ(back.height, 3);
  EXPECT_EQ(back.format, media::PixelFormat::i420);
  EXPECT_EQ(refusal(frame, frame.pixels, [](parley_frame& v) { v.as.video.width = 0; }),
            "width is 0");
  EXPECT_EQ(refusal(frame, frame.pixels, [](parley_frame& v) { v.as.video.height = 1 << 30; }),
            "height is 1073741824");
  EXPECT_EQ(refusal(frame, frame.pixels, [](parley_frame& v) { v.as.video.format = PARLEY_RGB24; }),
            "its buffer has 27 bytes instead of 45");
}

TEST_F(PluginFramesTest, Tensor) {
  const media::TensorFrame frame{head(), {2, 3}, media::ElementType::int64, pool_.take(48)};
  const media::TensorFrame back = round(frame, frame.data);
  EXPECT_EQ(back.shape, (media::TensorShape{2, 3}));
  EXPECT_EQ(back.element, media::ElementType::int64);
  const auto spoiled = [&](auto spoil) {
    return refusal(frame, frame.data, [&](parley_frame& v) { spoil(v.as.tensor); });
  };
  EXPECT_EQ(spoiled([](parley_tensor& t) { t.element = 6; }), "element is 6");
  EXPECT_EQ(spoiled([](parley_tensor& t) { t.rank = 7; }), "rank is 7");
  EXPECT_EQ(spoiled([](parley_tensor& t) { t.dims[0] = -1; }), "a dimension is -1");
  EXPECT_EQ(spoiled([](parley_tensor& t) { t.dims[0] = std::int64_t{1} << 32U; }),
            "the shape is too large");
  EXPECT_EQ(spoiled([](parley_tensor& t) { t.dims[1] = 4; }),
            "its buffer has 48 bytes instead of 64");
}

TEST_F(PluginFramesTest, Opaque) {
  const media::Opaque frame{head(), {77}, pool_.take(3), nullptr};
  EXPECT_EQ(round(frame, frame.bytes).type.value, 77U);
  EXPECT_EQ(kind_of_frame_type(frame_index<media::ErrorEvent>()), 0U);
}

}  // namespace
}  // namespace parley::graph
