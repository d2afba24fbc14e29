// SPDX-License-Identifier: Apache-2.0
//
// Plugins at work: what they do, and what becomes of it when they do it wrong.

#include "graph/plugin/plugin_operator.h"

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/plugin/plugin_loader.h"
#include "media/copy_count.h"
#include "tests/graph/plugin/test_plugins.h"
#include "tests/support/operator_harness.h"

namespace parley::graph {
namespace {

using media::AudioFrame;
using parley::test::OperatorHarness;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::size_t kSamples = 320;  // 20 ms at 16 kHz

class PluginOperatorTest : public testing::Test {
 protected:
  PluginOperatorTest() {
    for (const char* name : {"sample", "delay", "faulty"}) {
      const auto loaded = load_plugin(registry_, pool_, test::plugin_path(name));
      EXPECT_TRUE(loaded) << loaded.error().message;
    }
  }

  std::unique_ptr<Operator> make(std::string_view kind, const OptionMap& options = {}) {
    auto made = registry_.make(kind, options);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  AudioFrame frame(std::uint64_t sequence, float value = 0.5F) {
    AudioFrame made;
    made.head.sequence = sequence;
    made.head.pts = media::MediaTime::from_ms(20 * static_cast<std::int64_t>(sequence));
    made.head.duration = media::MediaTime::from_ms(20);
    made.samples = pool_.take_floats(kSamples);
    for (float& sample : made.samples.writable_floats()) sample = value;
    return made;
  }
  /// The error that the fault of faulty_plugin.c becomes when two frames go through it.
  std::string error_of(std::string_view fault) {
    OperatorHarness harness(make("faulty", {{"fault", std::string(fault)}}),
                            {.node = {.on_error = ErrorPolicy::skip_frame}, .outlet_capacity = 2});
    if (const Status opened = harness.open(); !opened) return opened.error().message;
    harness.feed("audio", frame(1));
    harness.feed("audio", frame(2));
    harness.run();
    const auto errors = harness.errors();
    if (errors.empty()) return "";
    EXPECT_EQ(errors.front().node, "op");
    EXPECT_FALSE(harness.pipeline().failed());
    return errors.front().error.message;
  }

  media::BufferPool pool_;  // outlives the operators
  Registry registry_;
};

// --- what they do
// ---------------------------------------------------------------------------------

TEST_F(PluginOperatorTest, WorksOnTheSamplesInPlace) {
  OperatorHarness harness(make("sample_gain", {{"gain_db", -6.0206}}));
  ASSERT_TRUE(harness.open());
  AudioFrame in = frame(7);
  in.head.turn = media::Turn{3};
  in.head.is_last = true;
  const float* const samples = in.samples.floats().data();
  const std::uint64_t copied = media::copied_bytes();
  harness.feed("audio", std::move(in));
  harness.run();
  const auto out = harness.read_one<AudioFrame>("audio");
  EXPECT_EQ(out.samples.floats().data(), samples);  // the same memory
  EXPECT_EQ(media::copied_bytes(), copied);
  EXPECT_NEAR(out.samples.floats()[0], 0.25F, 1e-4F);
  EXPECT_NEAR(out.samples.floats()[kSamples - 1], 0.25F, 1e-4F);
  EXPECT_EQ(out.head.sequence, 7U);
  EXPECT_EQ(out.head.turn, media::Turn{3});
  EXPECT_EQ(out.head.pts, media::MediaTime::from_ms(140));
  EXPECT_EQ(out.head.duration, media::MediaTime::from_ms(20));
  EXPECT_TRUE(out.head.is_last);
  EXPECT_EQ(out.format, media::AudioFormat{});
}

TEST_F(PluginOperatorTest, CopiesSamplesThatSomebodyElseHas) {
  OperatorHarness harness(make("sample_gain", {{"muted", true}}));
  ASSERT_TRUE(harness.open());
  const AudioFrame kept = frame(1);
  harness.feed("audio", kept);
  harness.run();
  EXPECT_EQ(harness.read_one<AudioFrame>("audio").samples.floats()[0], 0.0F);
  EXPECT_EQ(kept.samples.floats()[0], 0.5F);
}

TEST_F(PluginOperatorTest, SendsTextAndFramesOfItsOwnKind) {
  OperatorHarness harness(make("sample_loudness", {{"threshold_db", -20.0}}));
  ASSERT_TRUE(harness.open());
  const float levels[] = {0.01F, 0.5F, 0.5F, 0.01F};
  for (std::uint64_t i = 0; i < 4; ++i) harness.feed("audio", frame(i, levels[i]));
  harness.run();
  std::vector<std::string> texts;
  for (const auto& text : harness.read<media::TextDelta>("text")) texts.push_back(text.text);
  EXPECT_THAT(texts, testing::ElementsAre("loud from 0.02 s", "quiet from 0.06 s"));
  const auto measures = harness.read<media::Opaque>("measure");
  ASSERT_EQ(measures.size(), 4U);
  EXPECT_EQ(measures[1].type.value, parley_type_of("parley.sample.loudness/1"));
  float peak = 0.0F;
  ASSERT_EQ(measures[1].bytes.size(), 8U);
  std::memcpy(&peak, measures[1].bytes.bytes().data(), sizeof(peak));
  EXPECT_EQ(peak, 0.5F);
  EXPECT_EQ(measures[1].head.sequence, 1U);
}

TEST_F(PluginOperatorTest, WaitsForRoom) {
  OperatorHarness harness(make("sample_gain"), {.outlet_capacity = 1});
  ASSERT_TRUE(harness.open());
  for (std::uint64_t i = 0; i < 5; ++i) harness.feed("audio", frame(i));
  harness.run();
  const auto out = harness.read<AudioFrame>("audio");
  ASSERT_EQ(out.size(), 5U);
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(out[i].head.sequence, i);
}

TEST_F(PluginOperatorTest, KeepsBuffersFromCallToCall) {
  OperatorHarness harness(make("delay_frames", {{"frames", std::int64_t{2}}}));
  ASSERT_TRUE(harness.open());
  const std::uint64_t copied = media::copied_bytes();
  for (std::uint64_t i = 0; i < 5; ++i) {
    harness.feed("audio", frame(i, static_cast<float>(i)));
    harness.run();
  }
  const auto out = harness.read<AudioFrame>("audio");
  ASSERT_EQ(out.size(), 3U);
  for (std::uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(out[i].head.sequence, i);
    EXPECT_EQ(out[i].samples.floats()[0], static_cast<float>(i));
  }
  EXPECT_EQ(media::copied_bytes(), copied);
  EXPECT_EQ(pool_.stats().in_use_bytes, 5U * 2048U);  // three of ours, two that it holds
  harness.close();
  EXPECT_EQ(pool_.stats().in_use_bytes, 3U * 2048U);
  EXPECT_EQ(harness.as<PluginOperator>().forgotten_buffers(), 0U);
}

TEST_F(PluginOperatorTest, ReportsAndGoesOn) {
  OperatorHarness harness(make("faulty", {{"fault", std::string("reports")}}));
  ASSERT_TRUE(harness.open());
  harness.feed("audio", frame(1));
  harness.run();
  EXPECT_EQ(harness.read<AudioFrame>("audio").size(), 1U);
  const auto errors = harness.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].error.message, "one window was lost");
}

// --- what they do wrong
// ---------------------------------------------------------------------------

TEST_F(PluginOperatorTest, SaysWhyItCannotBeMade) {
  const auto message = [&](std::string fault) {
    const auto made = registry_.make("faulty", {{"fault", std::move(fault)}});
    return made ? "it was made" : made.error().message;
  };
  EXPECT_EQ(message("create fails"), "faulty: create: no such model");
  EXPECT_EQ(message("create fails silently"), "faulty: create: failed without a reason");
}

TEST_F(PluginOperatorTest, SaysWhyItCannotBeOpened) {
  EXPECT_EQ(error_of("open fails"), "node 'op': no device");
  EXPECT_EQ(error_of("open fails silently"), "node 'op': open failed without a reason");
  EXPECT_EQ(error_of("open answers nonsense"), "node 'op': open returned 12 instead of 1 or 0");
  EXPECT_EQ(error_of("asks the clock in open"), "");
}

TEST_F(PluginOperatorTest, NonsenseFromProcessIsAnErrorOfTheNode) {
  EXPECT_EQ(error_of(""), "");
  EXPECT_EQ(error_of("nonsense"), "process returned 77, which is no parley_progress");
  EXPECT_EQ(error_of("process fails"), "the model is gone");
  EXPECT_EQ(error_of("process fails silently"), "process failed without a reason");
}

TEST_F(PluginOperatorTest, AFrameThatIsNoneIsAnErrorOfTheNode) {
  const std::string where = "pushed to output 'audio': ";
  EXPECT_EQ(error_of("wrong kind"), where + "frame kind 6 instead of 1 (AudioFrame)");
  EXPECT_EQ(error_of("unknown kind"), where + "frame kind 4711 instead of 1 (AudioFrame)");
  EXPECT_EQ(error_of("wrong rate"), where +
                                        "a frame at 8000 Hz, 1 channel instead of one at 16000 "
                                        "Hz, 1 channel");
  EXPECT_EQ(error_of("rate nobody has"), where + "rate_hz is 12345");
  EXPECT_EQ(error_of("no channels"), where + "channels is 0");
  EXPECT_EQ(error_of("odd size"), where + "its buffer has 1278 bytes, which is no multiple of 4");
  EXPECT_EQ(error_of("unaligned"), where + "its data is not aligned to 4 bytes");
  EXPECT_EQ(error_of("unknown flags"), where + "flags is 6");
  EXPECT_EQ(error_of("negative duration"), where + "duration is -1");
}

TEST_F(PluginOperatorTest, MemoryThatIsNotItsOwnIsAnErrorOfTheNode) {
  const std::string where = "pushed to output 'audio': ";
  EXPECT_EQ(error_of("too long"), where + "its data and size lie outside of its buffer");
  EXPECT_EQ(error_of("too early"), where + "its data and size lie outside of its buffer");
  EXPECT_EQ(error_of("no handle"),
            where + "its buffer has no handle: only what `take` or an input gave can be pushed");
  EXPECT_EQ(error_of("made-up handle"), where + "its buffer's handle is not valid (any more)");
  EXPECT_EQ(error_of("keeps without retain"),
            where + "its buffer's handle is not valid (any more)");
  EXPECT_EQ(error_of("double release"),
            "release: the handle is not valid (any more), or was not retained");
  EXPECT_EQ(error_of("writes to a part"),
            "writable: data and size are not those of the whole buffer");
  EXPECT_EQ(error_of("writes to nothing"), "writable: the buffer's handle is not valid (any more)");
  EXPECT_EQ(error_of("retains nothing"), "retain: the handle is not valid (any more)");
  EXPECT_EQ(error_of("fills its table"),
            "pop: holds 4096 buffers; release those that are no longer needed");
  EXPECT_EQ(error_of("takes nothing"), "take: 0 bytes; give 1 to 4294967295");
  EXPECT_EQ(error_of("takes too much"), "take: 1099511627776 bytes; give 1 to 4294967295");
  EXPECT_EQ(error_of("takes into NULL"), "take: buffer is NULL");
  EXPECT_EQ(error_of("takes without end"), "take: holds 4096 buffers already");
}

TEST_F(PluginOperatorTest, PortsThatAreNotItsOwnAreAnErrorOfTheNode) {
  EXPECT_EQ(error_of("wrong input"), "pop: there is no input 1");
  EXPECT_EQ(error_of("wrong output"), "push: there is no output 9");
  EXPECT_EQ(error_of("pushes NULL"), "push: frame is NULL");
  EXPECT_EQ(error_of("pops into NULL"), "pop: frame is NULL");
  EXPECT_EQ(error_of("pushes without room"),
            "pushed to output 'audio': there is no room; ask has_room, and return PARLEY_BLOCKED");
}

TEST_F(PluginOperatorTest, CallsFromTheWrongPlaceAreAnErrorOfTheNode) {
  EXPECT_EQ(error_of("pop in open"), "1 calls of the host from outside of process");
  EXPECT_EQ(error_of("from another thread"), "1 calls of the host from outside of process");
}

TEST_F(PluginOperatorTest, TakesBackBuffersThatItForgot) {
  OperatorHarness harness(make("faulty", {{"fault", std::string("forgets to release")}}));
  ASSERT_TRUE(harness.open());
  harness.feed("audio", frame(1));
  harness.feed("audio", frame(2));
  harness.run();
  EXPECT_EQ(harness.read<AudioFrame>("audio").size(), 2U);
  EXPECT_TRUE(harness.errors().empty());
  EXPECT_EQ(pool_.stats().in_use_bytes, 2U * 2048U);
  harness.close();
  EXPECT_EQ(pool_.stats().in_use_bytes, 0U);
  EXPECT_EQ(harness.as<PluginOperator>().forgotten_buffers(), 2U);
}

TEST_F(PluginOperatorTest, AStateThatCannotBeHandedOverRefusesTheUpdate) {
  const auto message = [this](const char* before, const char* after) {
    OperatorHarness harness(make("faulty", {{"fault", std::string(before)}}));
    EXPECT_TRUE(harness.open());
    const auto asked =
        harness.pipeline().update("op", make("faulty", {{"fault", std::string(after)}}));
    EXPECT_TRUE(asked);
    harness.run();
    const Status settled = (*asked)->wait();
    return settled ? "updated" : settled.error().message;
  };
  EXPECT_EQ(message("", ""), "updated");
  EXPECT_EQ(message("state too large", ""),
            "node 'op': its state has 1099511627776 bytes; at most 16777216 can be handed over");
  EXPECT_EQ(message("", "refuses the state"),
            "node 'op': the state of its predecessor was refused");
}

TEST_F(PluginOperatorTest, AFaultyOneFailsItsOwnPipelineOnly) {
  OperatorHarness bad(make("faulty", {{"fault", std::string("nonsense")}}));
  OperatorHarness good(make("faulty"));
  ASSERT_TRUE(bad.open());
  ASSERT_TRUE(good.open());
  for (std::uint64_t i = 0; i < 3; ++i) {
    bad.feed("audio", frame(i));
    good.feed("audio", frame(i));
    bad.run();
    good.run();
  }
  EXPECT_TRUE(bad.pipeline().failed());
  EXPECT_EQ(bad.pipeline().failure().message,
            "node 'op': process returned 77, which is no parley_progress");
  EXPECT_FALSE(good.pipeline().failed());
  EXPECT_EQ(good.read<AudioFrame>("audio").size(), 3U);
}

}  // namespace
}  // namespace parley::graph
