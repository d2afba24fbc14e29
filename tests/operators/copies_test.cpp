// SPDX-License-Identifier: Apache-2.0
//
// Frames move by reference: what each operator between a microphone and the models copies.
// Decoding and resampling make new samples of old ones. The turn operator encodes a recording of
// the utterance (16 bits, because it may be minutes long), recognition decodes it. Nothing else.
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "media/copy_count.h"
#include "media/shared_ring_writer.h"
#include "operators/asr/asr_operator.h"
#include "operators/audio/decode_operator.h"
#include "operators/audio/resample_operator.h"
#include "operators/device/shared_memory_source.h"
#include "operators/turn/turn_operator.h"
#include "operators/vad/vad_operator.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using test::OperatorHarness;

/// Answers each window at once; keeps where its samples lay.
class LookingVad final : public model::VadHost {
 public:
  bool submit(std::shared_ptr<model::VadCall> call) noexcept override {
    for (const media::BufferRef& slice : call->slices.slices()) {
      places.push_back(slice.floats().data());
    }
    samples += call->slices.size();
    std::array<float, model::kVadWindowSamples> window;
    call->copy_window(window);  // the model's own input
    call->probability = window[100] == 0.0F ? 0.0F : 1.0F;
    call->finish();
    return true;
  }
  std::vector<const float*> places;
  std::size_t samples = 0;
};

class LookingAsr final : public model::AsrHost {
 public:
  bool submit(std::shared_ptr<model::AsrCall> call) noexcept override {
    samples += call->audio.size();
    call->text = "heard";
    call->finish();
    return true;
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 480'000; }
  std::size_t samples = 0;
};

class Copies : public ::testing::Test {
 protected:
  /// Feeds `frames` to the operator's `input`, one at a time; adds what was copied to its name.
  template <typename Out, typename T>
  std::vector<Out> pass(const std::string& name, OperatorHarness& op, const std::string& input,
                        const std::vector<T>& frames, const std::string& output) {
    std::vector<Out> results;
    for (const T& frame : frames) {
      EXPECT_TRUE(op.feed(input, frame));
      const std::uint64_t before = media::copied_bytes();
      op.run();
      copied[name] += media::copied_bytes() - before;
      for (Out& result : op.read<Out>(output)) results.push_back(std::move(result));
    }
    return results;
  }

  /// A second of speech and one of silence, 20 ms packets at 24 kHz.
  std::vector<media::EncodedAudio> packets() {
    std::vector<float> samples = test::sine(24'000, 220.0, 24'000, 0.3F);
    const std::vector<float> quiet = test::silence(24'000);
    samples.insert(samples.end(), quiet.begin(), quiet.end());
    std::vector<media::EncodedAudio> result;
    for (std::size_t at = 0; at < samples.size(); at += 480) {
      media::EncodedAudio packet;
      packet.format = {.rate = 24'000, .channels = 1};
      packet.bytes = pool.take(480 * sizeof(std::int16_t));
      codec::encode(packet.codec, std::span(samples).subspan(at, 480), packet.bytes.writable());
      result.push_back(std::move(packet));
    }
    return result;
  }

  media::BufferPool pool;
  std::map<std::string, std::uint64_t> copied;
  TurnSettings settings;
  InputBuffer buffer;
  LookingVad vad_host;
  LookingAsr asr_host;
  const std::string language;
};

TEST_F(Copies, FromCaptureToModelOnlyDecodingAndResamplingMakeSamples) {
  OperatorHarness decode(std::make_unique<DecodeOperator>(pool));
  OperatorHarness resample(std::make_unique<ResampleOperator>(16'000, pool));
  OperatorHarness vad(std::make_unique<VadOperator>(vad_host, settings));
  OperatorHarness turn(
      std::make_unique<TurnOperator>(settings, buffer, make_silence_detector(settings)));
  OperatorHarness asr(std::make_unique<AsrOperator>(asr_host, buffer, language));
  for (OperatorHarness* op : {&decode, &resample, &vad, &turn, &asr}) ASSERT_TRUE(op->open());

  const auto decoded = pass<AudioFrame>("decode", decode, "input", packets(), "audio");
  const auto audio = pass<AudioFrame>("resample", resample, "audio", decoded, "audio");
  const auto windows = pass<media::SpeechEvent>("vad", vad, "audio", audio, "speech");
  pass<media::TurnEvent>("turn", turn, "audio", audio, "events");
  const auto turns = pass<media::TurnEvent>("turn, windows", turn, "speech", windows, "events");
  const auto texts = pass<media::Transcript>("asr", asr, "events", turns, "transcripts");

  std::size_t samples = 0;
  for (const AudioFrame& frame : audio) samples += frame.samples.floats().size();
  EXPECT_EQ(copied["decode"], 48'000 * sizeof(float));
  EXPECT_EQ(copied["resample"], samples * sizeof(float));
  EXPECT_EQ(copied["vad"], 0U);
  EXPECT_EQ(copied["turn"], samples * sizeof(std::int16_t));  // the recording
  EXPECT_EQ(copied["turn, windows"], 0U);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_GT(asr_host.samples, 16'000U);
  EXPECT_EQ(copied["asr"], asr_host.samples * sizeof(float));  // the recording, decoded once
  // What the model read is what the resampler wrote, in the same place.
  EXPECT_EQ(vad_host.samples, windows.size() * model::kVadWindowSamples);
  EXPECT_EQ(vad_host.places.front(), audio.front().samples.floats().data());
}

TEST_F(Copies, FromAnotherProcessesMemoryToTheModelNothingIsCopied) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("parley_copies_test_" + std::to_string(::getpid()));
  const SteadyClock clock;
  const media::SharedRing ring = media::SharedRing::create({}).value();
  const auto writer =
      media::SharedRingWriter::claim(ring, media::WhenRingFull::drop_oldest, clock).value();
  const media::SharedRingName name = ring.publish(path).value();

  graph::GraphSpec spec;
  spec.add("ring", std::make_unique<SharedMemorySourceOperator>(
                       SharedMemorySourceOperator::Options{.path = path}, pool));
  spec.add("resample", std::make_unique<ResampleOperator>(16'000, pool));  // has nothing to do
  spec.add("vad", std::make_unique<VadOperator>(vad_host, settings));
  spec.connect("ring.audio", "resample.audio");
  spec.connect("resample.audio", "vad.audio");
  spec.outlet<media::SpeechEvent>("speech", "vad.speech");
  spec.outlet<AudioFrame>("audio", "ring.audio");
  exec::ManualRuntime runtime;
  Metrics metrics;
  const auto pipeline = graph::Pipeline::open(graph::Plan::compile(std::move(spec)).value(),
                                              {.clock = runtime.clock,
                                               .timers = runtime.timers,
                                               .waker = exec::Waker(),
                                               .metrics = metrics})
                            .value();
  std::vector<const float*> written;  // where the frames lie in our own mapping
  std::uint64_t before = 0;
  for (int i = 0; i < 40; ++i) {
    if (i == 10) before = media::copied_bytes();
    ASSERT_FALSE(writer->begin().empty());
    media::SharedFrameHead head;
    head.bytes = 320 * sizeof(float);
    head.pts = media::MediaTime::from_ms(20 * i);
    writer->commit(head);
    while (pipeline->run(100)) continue;
    graph::Outlet<AudioFrame>& frames = pipeline->outlet<AudioFrame>("audio");
    while (!frames.empty()) written.push_back(frames.pop().samples.floats().data());
    graph::Outlet<media::SpeechEvent>& speech = pipeline->outlet<media::SpeechEvent>("speech");
    while (!speech.empty()) static_cast<void>(speech.pop());
  }
  EXPECT_EQ(media::copied_bytes(), before);
  EXPECT_EQ(vad_host.samples, 40 * 320 / 512 * 512U);
  // Every slice that the model read begins inside a frame of the ring.
  for (const float* place : vad_host.places) {
    EXPECT_TRUE(std::any_of(written.begin(), written.end(), [&](const float* frame) {
      return place >= frame && place < frame + 320;
    }));
  }
  pipeline->close();
}

}  // namespace
}  // namespace parley::operators
