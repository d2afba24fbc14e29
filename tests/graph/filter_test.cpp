// SPDX-License-Identifier: Apache-2.0
#include "graph/filter.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "graph/plan.h"
#include "media/buffer_pool.h"
#include "tests/graph/operators.h"
#include "tests/support/operator_harness.h"

namespace parley::graph {
namespace {

using media::AudioFrame;
using media::SpeechEvent;
using media::TextDelta;
using parley::test::OperatorHarness;
using test::event;

template <typename T, typename F>
std::unique_ptr<Operator> filter(F function) {
  return std::make_unique<FilterOperator<T, F>>(std::move(function));
}

template <typename Out>
std::vector<Out> three_through(OperatorHarness& harness) {
  EXPECT_TRUE(harness.open());
  for (std::uint64_t i = 1; i <= 3; ++i) harness.feed("in", event(i));
  harness.run();
  return harness.read<Out>("out");
}

TEST(Filter, ChangesAFrameInPlace) {
  OperatorHarness harness(filter<SpeechEvent>([](SpeechEvent& e) { e.probability = 0.25F; }));
  const auto out = three_through<SpeechEvent>(harness);
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[2].probability, 0.25F);
}

TEST(Filter, LetsThroughWhatItSaysYesTo) {
  OperatorHarness harness(
      filter<SpeechEvent>([](const SpeechEvent& e) { return e.head.sequence != 2; }));
  const auto out = three_through<SpeechEvent>(harness);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[1].head.sequence, 3U);
}

TEST(Filter, MakesAnotherKind) {
  OperatorHarness harness(filter<SpeechEvent>([](SpeechEvent e) {
    TextDelta text;
    text.head = e.head;
    text.text = std::to_string(e.head.sequence);
    return text;
  }));
  const auto out = three_through<TextDelta>(harness);
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].text, "1");
}

TEST(Filter, MakesAnotherKindOrNothing) {
  OperatorHarness harness(filter<SpeechEvent>(
      [last = std::uint64_t{0}](SpeechEvent e) mutable -> std::optional<SpeechEvent> {
        last = e.head.sequence;
        if (last == 1) return std::nullopt;
        return e;
      }));
  EXPECT_EQ(three_through<SpeechEvent>(harness).size(), 2U);
}

TEST(Filter, AnErrorIsTheNodes) {
  OperatorHarness harness(filter<SpeechEvent>([](const SpeechEvent& e) -> Result<bool> {
                            if (e.head.sequence == 2)
                              return Error{.code = ErrorCode::data_corrupt, .message = "bad"};
                            return true;
                          }),
                          {.node = {.on_error = ErrorPolicy::skip_frame}});
  EXPECT_EQ(three_through<SpeechEvent>(harness).size(), 2U);
  const auto errors = harness.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].error.message, "bad");
}

TEST(Filter, StatusMayFailToo) {
  OperatorHarness harness(filter<SpeechEvent>([](SpeechEvent& e) -> Status {
    e.is_speech = true;
    return {};
  }));
  EXPECT_TRUE(three_through<SpeechEvent>(harness)[0].is_speech);
}

TEST(Filter, WaitsForRoom) {
  OperatorHarness harness(filter<SpeechEvent>([](SpeechEvent& /*e*/) {}), {.outlet_capacity = 1});
  EXPECT_EQ(three_through<SpeechEvent>(harness).size(), 3U);
}

TEST(Filter, DoesNotCopySamples) {
  media::BufferPool buffers;
  AudioFrame frame;
  frame.samples = buffers.copy_of(std::vector<float>{1.0F, 2.0F});
  const float* const data = frame.samples.floats().data();
  OperatorHarness in_place(
      filter<AudioFrame>([](AudioFrame& f) { f.samples.writable_floats()[0] = 3.0F; }));
  ASSERT_TRUE(in_place.open());
  in_place.feed("in", std::move(frame));
  in_place.run();
  AudioFrame out = in_place.read_one<AudioFrame>("out");
  EXPECT_EQ(out.samples.floats().data(), data);

  OperatorHarness by_value(filter<AudioFrame>([](AudioFrame f) {
    f.samples.writable_floats()[1] = 4.0F;
    return f;
  }));
  ASSERT_TRUE(by_value.open());
  by_value.feed("in", std::move(out));
  by_value.run();
  out = by_value.read_one<AudioFrame>("out");
  EXPECT_EQ(out.samples.floats().data(), data);
  EXPECT_EQ(out.samples.floats()[0], 3.0F);
  EXPECT_EQ(out.samples.floats()[1], 4.0F);
}

TEST(Filter, KeepsTheFormatOfWhatItOnlyChanges) {
  GraphSpec spec;
  spec.add_filter<AudioFrame>("louder", [](AudioFrame& /*frame*/) {});
  spec.inlet<AudioFrame>("mic", "louder.in", {.rate_hz = 8'000});
  spec.outlet<AudioFrame>("out", "louder.out", {.rate_hz = 16'000});
  const auto plan = Plan::compile(std::move(spec));
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().message.find("louder.out gives AudioFrame at 8000 Hz"), std::string::npos);
}

}  // namespace
}  // namespace parley::graph
