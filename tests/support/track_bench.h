// SPDX-License-Identifier: Apache-2.0
//
// One spoken track and what an agent's graph makes of it: sound goes in 20 ms at a time, as fast as
// the graph takes it, and everything that comes out is kept. In virtual time, or on real threads.
//
//   TrackBench bench(agent, registry, {clock, timers, executor, metrics});
//   ASSERT_TRUE(bench.status());
//   bench.play(samples);                  // and then as much silence as ends an utterance
//   runtime.run_until_idle();             // or bench.finished().wait()
//   EXPECT_EQ(bench.heard.transcripts.size(), 1U);
//
// Threads: one owner, who looks at `heard` when all has been heard.
#pragma once

#include <algorithm>
#include <cstddef>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "exec/strand.h"
#include "media/buffer_pool.h"
#include "room/agent_graph.h"
#include "room/room_event.h"

namespace parley::test {

class TrackBench final : private exec::StrandBody {
 public:
  struct Surroundings {
    const Clock& clock;
    exec::TimerService& timers;
    exec::Executor& executor;
    Metrics& metrics;
  };
  struct Heard {
    std::vector<media::TurnEvent> events;
    std::vector<media::Transcript> partials;
    std::vector<media::Transcript> transcripts;
    std::vector<media::Transcript> translations;
    std::vector<media::TextDelta> translation_text;
    std::vector<media::Transcript> utterances;
    std::vector<media::Transcript> minutes;
    std::vector<float> speech;
    int speech_rate = 0;          // of all of it
    std::size_t speech_ends = 0;  // texts that were said to their end
    std::vector<std::string> errors;
  };

  TrackBench(const room::AgentGraph& agent, const graph::Registry& registry, Surroundings around)
      : strand_(exec::Strand::make(around.executor, *this)) {
    Result<room::TrackGraph> opened = agent.open(registry, {.clock = around.clock,
                                                            .timers = around.timers,
                                                            .waker = strand_->waker(),
                                                            .metrics = around.metrics});
    if (opened) {
      track_ = std::move(*opened);
    } else {
      status_ = opened.error();
    }
  }
  TrackBench(const TrackBench&) = delete;
  TrackBench& operator=(const TrackBench&) = delete;
  ~TrackBench() override {
    strand_->close();
    if (track_.pipeline) track_.pipeline->close();
  }

  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] const room::TrackGraph& track() const { return track_; }

  /// 16 kHz; once.
  void play(std::vector<float> samples, bool is_flushed = true) {
    samples_ = std::move(samples);
    if (is_flushed) {
      const auto flush = static_cast<std::size_t>(track_.flush.samples(room::kSoundRate));
      samples_.resize(samples_.size() + flush);
    }
    strand_->wake();
  }
  /// All that was played has been heard, and nothing is in work.
  [[nodiscard]] std::future<void> finished() { return finished_.get_future(); }

  Heard heard;
  bool takes_speech = true;  // false: nobody plays what is said

 private:
  static constexpr std::size_t kFrame = room::kSoundRate / 50;
  static constexpr std::size_t kStepsMax = 1'000;

  bool run_slice() noexcept override {
    if (!track_.pipeline) return false;
    push();
    const bool has_more = track_.pipeline->run(kStepsMax);
    take();
    if (has_more || track_.pipeline->has_news()) return true;
    if (at_ < samples_.size()) return track_.audio->has_room();
    if (!is_finished_ && !track_.pipeline->is_busy()) {
      is_finished_ = true;
      finished_.set_value();
    }
    return false;
  }

  void push() {
    if (at_ >= samples_.size() || !track_.audio->has_room()) return;
    const std::size_t count = std::min(kFrame, samples_.size() - at_);
    media::AudioFrame frame;
    frame.format = {.rate = room::kSoundRate, .channels = 1};
    frame.head.pts =
        media::MediaTime::from_samples(static_cast<std::int64_t>(at_), room::kSoundRate);
    frame.head.duration =
        media::MediaTime::from_samples(static_cast<std::int64_t>(count), room::kSoundRate);
    frame.samples = buffers_.copy_of(std::span(samples_).subspan(at_, count));
    track_.audio->push(std::move(frame));
    at_ += count;
  }

  template <typename T>
  static void take(graph::Outlet<T>* outlet, std::vector<T>& into) {
    while (outlet != nullptr && !outlet->empty()) into.push_back(outlet->pop());
  }
  void take() {
    take(track_.events, heard.events);
    take(track_.partials, heard.partials);
    take(track_.transcripts, heard.transcripts);
    take(track_.translations, heard.translations);
    take(track_.translation_text, heard.translation_text);
    take(track_.utterances, heard.utterances);
    take(track_.minutes, heard.minutes);
    while (takes_speech && track_.speech != nullptr && !track_.speech->empty()) {
      const media::AudioFrame frame = track_.speech->pop();
      const auto samples = frame.samples.floats();
      heard.speech.insert(heard.speech.end(), samples.begin(), samples.end());
      heard.speech_rate = frame.format.rate;
      heard.speech_ends += frame.head.is_last ? 1U : 0U;
    }
    while (!track_.pipeline->errors().empty()) {
      heard.errors.push_back(track_.pipeline->errors().pop().error.message);
    }
  }

  Status status_;
  media::BufferPool buffers_;
  std::shared_ptr<exec::Strand> strand_;
  room::TrackGraph track_;
  std::vector<float> samples_;
  std::size_t at_ = 0;
  bool is_finished_ = false;
  std::promise<void> finished_;
};

}  // namespace parley::test
