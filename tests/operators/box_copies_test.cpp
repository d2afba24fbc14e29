// SPDX-License-Identifier: Apache-2.0
//
// What each kind of the box copies of the audio that passes through it, by name, as a graph file
// would make it. Who only passes frames on, or works on them in place, copies nothing. Bytes are
// counted where samples become something else (another rate, an encoding, a mix, windows for
// features, one tensor of many frames) and where memory is not ours to give away (a sound card's,
// another process's). copies_test.cpp looks at those that stand before a model.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "graph/frame_type.h"
#include "media/copy_count.h"
#include "tests/operators/box_fixture.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using graph::OptionMap;
using media::AudioFrame;
using test::OperatorHarness;

constexpr int kRate = 16'000;
constexpr std::size_t kFrame = 320;  // samples: 20 ms
constexpr int kFrames = 50;
constexpr std::uint64_t kBytesIn = kFrames * kFrame * sizeof(float);

class BoxCopies : public test::BoxFixture {
 protected:
  struct Passed {
    std::uint64_t copied = 0;
    std::uint64_t out = 0;  // bytes of the frames that came out
  };

  ~BoxCopies() override { std::filesystem::remove(path); }

  void open(const std::string& kind, const OptionMap& options) {
    auto made = registry.make(kind, options);
    ASSERT_TRUE(made) << made.error().message;
    outs.clear();
    for (const graph::OutBase* out : (*made)->outputs())
      outs.emplace_back(out->name(), out->type());
    harness = std::make_unique<OperatorHarness>(*std::move(made));
    const Status opened = harness->open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  /// Runs the node until it has nothing to do, and lets go of all that came out.
  void drain(Passed& passed) {
    const std::uint64_t before = media::copied_bytes();
    harness->run();
    for (const auto& [name, type] : outs) {
      graph::with_frame_type(type, [&]<typename T>(std::type_identity<T>) {
        for (const T& frame : harness->read<T>(name)) {
          if constexpr (requires { frame.samples; }) passed.out += frame.samples.size();
          if constexpr (requires { frame.bytes; }) passed.out += frame.bytes.size();
          if constexpr (requires { frame.data; }) passed.out += frame.data.size();
        }
      });
    }
    passed.copied += media::copied_bytes() - before;
  }
  /// A second of audio through a new node of that kind, frame by frame.
  Passed pass(const std::string& kind, const std::string& input, const OptionMap& options = {}) {
    Passed passed;
    open(kind, options);
    for (int i = 0; i < kFrames && !HasFatalFailure(); ++i) {
      AudioFrame frame = test::audio_frame(
          buffers, test::noise(kFrame, static_cast<std::uint64_t>(i), 0.1), kRate);
      frame.head.pts = media::MediaTime::from_ms(20 * i);
      frame.head.duration = media::MediaTime::from_ms(20);
      EXPECT_TRUE(harness->feed(input, std::move(frame))) << kind;
      drain(passed);
    }
    EXPECT_TRUE(harness->errors().empty()) << kind;
    return passed;
  }

  const std::string path = std::filesystem::temp_directory_path() /
                           ("parley_box_copies_test_" + std::to_string(::getpid()));
  std::vector<std::pair<std::string, std::size_t>> outs;
  std::unique_ptr<OperatorHarness> harness;
};

TEST_F(BoxCopies, WhoPassesFramesOnOrWorksInPlaceCopiesNothing) {
  const OptionMap two_streams{{"streams", std::string("audio:AudioFrame, extra:AudioFrame")},
                              {"policy", std::string("immediate")}};
  for (const auto& [kind, input, options] :
       std::vector<std::tuple<std::string, std::string, OptionMap>>{
           {"gain", "audio", {{"gain_db", 6.0}}},
           {"denoise", "audio", {}},
           {"echo_cancel", "audio", {}},
           {"resample", "audio", {{"rate_hz", std::int64_t{kRate}}}},  // has nothing to do
           {"gate", "in", {}},
           {"switch", "in", {}},
           {"tee", "in", {}},
           {"select", "in1", {}},
           {"merge", "in2", {}},
           {"multi_stream", "audio", two_streams},
           {"print", "in", {}},
           {"file_sink", "audio", {{"path", path}, {"rate_hz", std::int64_t{kRate}}}}}) {
    const Passed passed = pass(kind, input, options);
    EXPECT_EQ(passed.copied, 0U) << kind;
    if (outs.empty()) continue;
    EXPECT_GT(passed.out, kBytesIn * 9 / 10) << kind;
  }
}

TEST_F(BoxCopies, WhoMakesSomethingElseWritesThatAndNothingMore) {
  Passed passed = pass("resample", "audio", {{"rate_hz", std::int64_t{8'000}}});
  EXPECT_EQ(passed.copied, passed.out);
  passed = pass("mixer", "in1", {{"inputs", std::int64_t{1}}, {"rate_hz", std::int64_t{kRate}}});
  EXPECT_EQ(passed.copied, passed.out);
  EXPECT_GT(passed.out, kBytesIn * 8 / 10);
  passed = pass("batch_audio", "frames", {{"items_max", std::int64_t{10}}});
  EXPECT_EQ(passed.copied, passed.out);
  EXPECT_EQ(passed.out, kBytesIn);
  // To the wire's rate, and encoded.
  passed =
      pass("playout", "audio", {{"rate_hz", std::int64_t{kRate}}, {"lead_ms", std::int64_t{0}}});
  EXPECT_EQ(passed.copied, kBytesIn + passed.out);
  EXPECT_EQ(passed.out, kBytesIn / 2);
}

TEST_F(BoxCopies, FeaturesCopySamplesOnceIntoARingAndOnceIntoEachWindow) {
  for (const std::string kind : {"filter_bank", "log_mel", "mfcc", "windows"}) {
    const Passed passed = pass(kind, "audio");
    // Windows of 25 ms every 10 ms hold each sample 2.5 times (windows of 32 ms: once); the ring
    // moves what it holds now and then.
    EXPECT_GT(passed.out, 0U) << kind;
    EXPECT_LE(passed.copied, kBytesIn * 5 + passed.out) << kind;
  }
}

TEST_F(BoxCopies, DevicesCopyBetweenTheirMemoryAndOurs) {
  Passed passed;
  open("microphone", {{"rate_hz", std::int64_t{kRate}}});
  drain(passed);
  passed = {};
  for (int i = 0; i < kFrames; ++i) {
    card.capture(std::vector<float>(kFrame));  // the card's thread copies into the ring
    drain(passed);
  }
  EXPECT_EQ(passed.out, kBytesIn);
  EXPECT_EQ(passed.copied, kBytesIn);
  passed = pass("shared_memory_sink", "audio", {{"path", path}});
  EXPECT_EQ(passed.copied, kBytesIn);

  passed = {};
  open("speaker", {{"rate_hz", std::int64_t{kRate}}});
  for (int i = 0; i < kFrames; ++i) {
    ASSERT_TRUE(harness->feed("audio", test::audio_frame(buffers, test::silence(kFrame), kRate)));
    drain(passed);
    static_cast<void>(card.play(kFrame));
  }
  EXPECT_EQ(passed.copied, kBytesIn);  // once, into the ring that the card's thread reads
}

TEST_F(BoxCopies, ARecordingIsSharedByItsFrames) {
  const std::string recording = path + ".wav";
  Passed passed =
      pass("file_sink", "audio", {{"path", recording}, {"rate_hz", std::int64_t{kRate}}});
  harness->close();
  disk.run_until_idle();
  harness.reset();
  open("file_source", {{"path", recording}, {"rate_hz", std::int64_t{kRate}}});
  passed = {};
  drain(passed);
  EXPECT_EQ(passed.copied, 0U);
  EXPECT_GT(passed.out, 0U);
  harness.reset();
  std::filesystem::remove(recording);
}

TEST_F(BoxCopies, EveryKindThatTouchesAudioIsLookedAt) {
  const std::set<std::string, std::less<>> here{"batch_audio",
                                                "denoise",
                                                "echo_cancel",
                                                "file_sink",
                                                "file_source",
                                                "filter_bank",
                                                "gain",
                                                "gate",
                                                "log_mel",
                                                "merge",
                                                "mfcc",
                                                "microphone",
                                                "mixer",
                                                "playout",
                                                "multi_stream",
                                                "print",
                                                "resample",
                                                "select",
                                                "speaker",
                                                "switch",
                                                "tee",
                                                "windows",
                                                "shared_memory_sink"};
  const std::set<std::string, std::less<>> in_copies_test{"asr", "decode", "turn", "vad",
                                                          "shared_memory_source"};
  // tests/operators/asr/partial_operator_test.cpp; and tts/tts_operator_test.cpp, which gives the
  // model's own buffer away.
  const std::set<std::string, std::less<>> elsewhere{"partial", "tts"};
  for (const std::string& kind : registry.kinds()) {
    OptionMap options;
    for (const graph::OptionDescription& option : registry.describe(kind)->options) {
      if (option.required) options[option.name] = std::string("x");
    }
    const auto made = registry.make(kind, options);
    if (!made) continue;
    const auto is_audio = [](const auto* port) {
      return port->type() == graph::frame_index<AudioFrame>() ||
             port->type() == graph::frame_index<media::EncodedAudio>();
    };
    const auto& ins = (*made)->inputs();
    const auto& made_outs = (*made)->outputs();
    if (std::none_of(ins.begin(), ins.end(), is_audio) &&
        std::none_of(made_outs.begin(), made_outs.end(), is_audio)) {
      continue;
    }
    EXPECT_TRUE(here.contains(kind) || in_copies_test.contains(kind) || elsewhere.contains(kind))
        << "say here what '" << kind << "' copies";
  }
}

}  // namespace
}  // namespace parley::operators
