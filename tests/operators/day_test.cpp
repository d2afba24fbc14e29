// SPDX-License-Identifier: Apache-2.0
//
// A day of virtual time: a graph of ten different operators of the box, cut into segments and run
// by an async Runner, in one thread and on a clock that only moves from timer to timer. The day
// is played twice; everything that comes out must be the same to the last bit.
//
//   PARLEY_DAY_HOURS=1 operators_day_test      # shorter; 24 without it
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "exec/manual_executor.h"
#include "graph/graph_build.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

using graph::Runner;

constexpr std::string_view kGraph = R"(
version: 1
name: day
scheduler: async
inputs:
  line: {type: EncodedAudio, rate_hz: 16000, channels: 1}
  volume: {type: Control}
  door: {type: Control}
  route: {type: Control}
nodes:
  decode:   {operator: decode, inputs: {input: line}}
  gain:     {operator: gain, inputs: {audio: decode.audio, control: volume}}
  gate:     {operator: gate, inputs: {in: gain.audio, control: door}}
  mixer:    {operator: mixer, options: {inputs: 2, block_ms: 100, gains_db: "0 -20"},
             inputs: {in1: gate.out, in2: decode.audio}}
  vad:      {operator: vad, inputs: {audio: mixer.audio}}
  turn:     {operator: turn, inputs: {audio: mixer.audio, speech: vad.speech}}
  together: {operator: multi_stream,
             options: {streams: ["speech:SpeechEvent", "turns:TurnEvent"], policy: immediate},
             inputs: {speech: vad.speech, turns: turn.events}}
  switch:   {operator: switch, inputs: {in: mixer.audio, control: route}}
  resample: {operator: resample, options: {rate_hz: 8000}, inputs: {audio: switch.out2}}
  playout:  {operator: playout, options: {rate_hz: 16000, lead_ms: 300},
             inputs: {audio: switch.out1}}
outputs:
  turns: turn.events
  group: together.group
  phone: resample.audio
  packets: playout.packets
)";

/// What came out, folded into one number, and counted.
struct Digest {
  std::uint64_t value = 14'695'981'039'346'656'037U;  // FNV-1a over words of 8 bytes
  std::uint64_t frames = 0;
  std::uint64_t turns_ended = 0;
  std::uint64_t packets = 0;

  void add(std::uint64_t word) { value = (value ^ word) * 1'099'511'628'211U; }
  void add(std::span<const std::byte> bytes) {
    for (; bytes.size() >= sizeof(std::uint64_t); bytes = bytes.subspan(sizeof(std::uint64_t))) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), sizeof(word));
      add(word);
    }
    for (const std::byte byte : bytes) add(static_cast<std::uint64_t>(byte));
  }
  void add(const media::FrameHeader& head) {
    ++frames;
    add(static_cast<std::uint64_t>(head.pts.flicks));
    add(head.sequence);
  }
  void add(const media::Frame& frame) {
    std::visit([this](const auto& each) { add(each.head); }, frame);
    if (const auto* audio = std::get_if<media::AudioFrame>(&frame)) add(audio->samples.bytes());
    if (const auto* packet = std::get_if<media::EncodedAudio>(&frame)) {
      ++packets;
      add(packet->bytes.bytes());
    }
    if (const auto* turn = std::get_if<media::TurnEvent>(&frame)) {
      add(static_cast<std::uint64_t>(turn->kind));
      turns_ended += turn->kind == media::TurnEvent::Kind::ended ? 1 : 0;
    }
  }
};

/// The world outside: a caller who speaks now and then, somebody who turns knobs, and a reader. It
/// lives by timers, once a second.
class World final : private exec::StrandBody {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    graph::Registry registry;
    const OperatorBindings bindings{.buffers = buffers_, .vad = &vad_};
    register_routing_operators(registry, bindings);
    register_audio_operators(registry, bindings);
    register_vad_operators(registry, bindings);
    register_turn_operators(registry, bindings);
    register_playout_operators(registry, bindings);
    register_flow_operators(registry, bindings);
    Result<graph::GraphFile> file = graph::parse_graph_file(kGraph, "day.yaml");
    EXPECT_TRUE(file) << file.error().message;
    Result<graph::GraphSpec> spec = graph::build_graph(*file, registry);
    EXPECT_TRUE(spec) << spec.error().message;
    Result<std::unique_ptr<Runner>> opened =
        Runner::open(*std::move(spec), {.scheduler = graph::SchedulerType::async},
                     {.clock = runtime_.clock,
                      .timers = runtime_.timers,
                      .metrics = metrics_,
                      .virtual_time = &runtime_});
    EXPECT_TRUE(opened) << opened.error().message;
    runner_ = *std::move(opened);
    for (std::size_t loud = 0; loud < sounds_.size(); ++loud) {
      sounds_[loud] = buffers_.take(kFrameSamples * sizeof(std::int16_t));
      for (std::byte& byte : sounds_[loud].writable()) {
        // Quiet: only the lower byte of each sample is noise.
        byte = static_cast<std::byte>(random_.next());
      }
      if (loud != 0) continue;
      std::span<std::byte> bytes = sounds_[loud].writable();
      for (std::size_t i = 1; i < bytes.size(); i += 2) bytes[i] = std::byte{0};
    }
    strand_->wake();
  }
  ~World() override { strand_->close(); }

  Digest play(std::uint64_t hours) {
    for (std::uint64_t hour = 0; hour < hours; ++hour) runtime_.run_for(std::chrono::hours(1));
    EXPECT_FALSE(runner_->failed());
    EXPECT_FALSE(runner_->poll_error());
    EXPECT_EQ(refused_, 0U);
    return digest_;
  }

 private:
  static constexpr std::size_t kFrameSamples = 1600;  // 100 ms
  static constexpr int kFramesPerSecond = 10;

  bool run_slice() noexcept override {
    const auto second =
        static_cast<std::uint64_t>(runtime_.clock.now().since_zero.count()) / 1'000'000'000U;
    if (second != next_second_) {  // woken for another reason
      read();
      return false;
    }
    ++next_second_;
    if (second % 60 == 0) speaks_for_ = 5 + random_.next() % 40;
    const bool speaks = second % 60 < speaks_for_ && second % 7 != 0;
    for (int i = 0; i < kFramesPerSecond; ++i) {
      media::EncodedAudio frame;
      frame.format = {.rate = 16'000, .channels = 1};
      frame.bytes = sounds_[speaks ? 1 : 0];
      push("line", std::move(frame));
    }
    if (second % 60 == 10) turn_knobs();
    read();
    runtime_.timers.schedule(Instant{std::chrono::seconds(static_cast<std::int64_t>(next_second_))},
                             strand_->waker());
    return false;
  }
  void turn_knobs() {
    const auto control = [](const char* name, auto value) {
      media::Control made;
      made.name = name;
      made.value = value;
      return made;
    };
    push("volume", control("gain_db", -6.0 + 12.0 * random_.uniform()));
    push("door", control("open", random_.next() % 4 != 0));
    push("route", control("route", static_cast<std::int64_t>(random_.next() % 10 == 0 ? 2 : 1)));
  }
  void push(const char* inlet, media::Frame frame) {
    if (!runner_->push(inlet, std::move(frame))) ++refused_;
  }
  void read() {
    for (const char* outlet : {"turns", "group", "phone", "packets"}) {
      while (const auto frame = runner_->poll(outlet)) digest_.add(*frame);
    }
  }

  Random random_;
  exec::ManualRuntime runtime_;
  Metrics metrics_;
  media::BufferPool buffers_;
  model::FakeVadModel vad_model_;
  model::VadModelHost vad_{
      vad_model_, {.name = "vad"}, runtime_.executor, runtime_.clock, metrics_};
  std::array<media::BufferRef, 2> sounds_;  // quiet, loud
  std::unique_ptr<Runner> runner_;
  std::shared_ptr<exec::Strand> strand_ = exec::Strand::make(runtime_.executor, *this);
  std::uint64_t next_second_ = 0;
  std::uint64_t speaks_for_ = 0;
  std::uint64_t refused_ = 0;
  Digest digest_;
};

TEST(Day, IsTheSameTwice) {
  const char* const text = std::getenv("PARLEY_DAY_HOURS");
  const std::uint64_t hours = text == nullptr ? 24 : std::strtoull(text, nullptr, 10);
  std::array<Digest, 2> days;
  for (Digest& day : days) {
    const SteadyClock clock;
    const Instant began = clock.now();
    day = std::make_unique<World>(7)->play(hours);
    std::printf("%d h of virtual time in %.1f s: %llu frames out, digest %016llx\n",
                static_cast<int>(hours), static_cast<double>((clock.now() - began).count()) * 1e-9,
                static_cast<unsigned long long>(day.frames),
                static_cast<unsigned long long>(day.value));
  }
  EXPECT_EQ(days[0].value, days[1].value);
  EXPECT_EQ(days[0].frames, days[1].frames);
  EXPECT_GE(days[0].turns_ended, hours * 60);    // at least one a minute
  EXPECT_GE(days[0].packets, hours * 3600 * 5);  // most of the time it played
}

TEST(Day, AnotherSeedIsAnotherDay) {
  EXPECT_NE(std::make_unique<World>(7)->play(1).value, std::make_unique<World>(8)->play(1).value);
}

}  // namespace
}  // namespace parley::operators
