// SPDX-License-Identifier: Apache-2.0
//
// Two streams of different pace, audio every 20 ms and pictures every 40 ms, brought together by
// time: says when a bright picture and a loud sound come together.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "exec/timer_thread.h"
#include "graph/graph_spec.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"
#include "operators/register_all.h"

using namespace parley;
using graph::Progress;
using media::AudioFrame;
using media::VideoFrame;

namespace {

/// Looks at one group at a time: a frame of audio and the picture that was to be seen then.
class FlashAndBang final : public graph::Operator {
 public:
  Result<Progress> process(graph::ProcessContext& /*context*/) override {
    while (audio_.peek() != nullptr && video_.peek() != nullptr) {
      if (!found_.has_room()) return Progress::blocked;
      const AudioFrame audio = audio_.pop();
      const VideoFrame video = video_.pop();
      const bool is_loud = std::ranges::max(audio.samples.floats()) > 0.5F;
      const bool is_bright = std::ranges::max(video.pixels.bytes()) > std::byte{128};
      if (is_loud && is_bright) {
        const media::MediaTime skew = audio.head.pts - video.head.pts;
        found_.push({.head = audio.head, .name = "bang", .value = skew.ms()});
      }
    }
    return Progress::need_input;
  }

 private:
  graph::In<AudioFrame> audio_{*this, "audio", {.channels = 1}};
  graph::In<VideoFrame> video_{*this, "video"};
  graph::Out<media::Control> found_{*this, "found"};
};

/// A second of both. At 0.4 s the light goes on for 40 ms; the sound of it comes 20 ms late.
graph::FramesByName recording(media::BufferPool& buffers) {
  graph::FramesByName frames;
  for (int i = 0; i < 50; ++i) {
    AudioFrame audio;
    audio.head.pts = media::MediaTime::from_ms(20 * i);
    audio.head.duration = media::MediaTime::from_ms(20);
    audio.head.is_last = i == 49;
    audio.samples = buffers.take_floats(320);
    std::ranges::fill(audio.samples.writable_floats(), i == 21 ? 0.9F : 0.01F);
    if (i % 2 == 0) {
      VideoFrame video;
      video.head.pts = audio.head.pts;
      video.head.duration = media::MediaTime::from_ms(40);
      video.head.is_last = i == 48;
      video.width = 32;
      video.height = 24;
      video.format = media::PixelFormat::gray8;
      video.pixels = buffers.take(32 * 24);
      std::ranges::fill(video.pixels.writable(), std::byte(i == 20 ? 255 : 20));
      frames["camera"].push_back(std::move(video));
    }
    frames["mic"].push_back(std::move(audio));
  }
  return frames;
}

Status watch() {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  media::BufferPool buffers;
  graph::Registry registry;
  operators::register_all_operators(registry, {.buffers = buffers});

  graph::GraphSpec spec;
  PARLEY_TRY_STATUS(spec.add("together", registry, "multi_stream",
                             {{"streams", "audio:AudioFrame, video:VideoFrame"},
                              {"policy", "aligned"},
                              {"tolerance_ms", 40}}));
  spec.add("detector", std::make_unique<FlashAndBang>());
  spec.inlet<AudioFrame>("mic", "together.audio", {.rate_hz = 16'000, .channels = 1});
  spec.inlet<VideoFrame>("camera", "together.video");
  spec.connect("together.audio", "detector.audio").connect("together.video", "detector.video");
  spec.outlet<media::Control>("found", "detector.found");

  PARLEY_TRY(auto runner,
             graph::Runner::open(std::move(spec), {},
                                 {.clock = clock, .timers = timers, .metrics = metrics}));
  PARLEY_TRY(const graph::FramesByName out, runner->run(recording(buffers)));
  for (const media::Frame& frame : out.at("found")) {
    const auto& bang = std::get<media::Control>(frame);
    std::printf("bang at %.2f s, %d ms after its flash\n",
                static_cast<double>(bang.head.pts.ms()) / 1000.0,
                static_cast<int>(std::get<std::int64_t>(bang.value)));
  }
  return {};
}

}  // namespace

int main() {
  const Status status = watch();
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status ? 0 : 1;
}
