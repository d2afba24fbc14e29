// SPDX-License-Identifier: Apache-2.0
#include "service/room/track_pipeline.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/strand.h"
#include "operators/register_all.h"
#include "room/room_event.h"
#include "tests/support/agent_fakes.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""ms;
using media::TurnEvent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t kSteps = 1'000;

/// A transcriber's track, run as a session runs it: whenever its graph or the clock wants it.
class TrackPipelineTest : public ::testing::Test, private exec::StrandBody {
 protected:
  TrackPipelineTest() {
    operators::register_all_operators(registry, fakes.bindings());
    auto made = make(registry);
    EXPECT_TRUE(made) << made.error().message;
    track = std::move(*made);
  }
  ~TrackPipelineTest() override {
    strand->close();
    track->graph().pipeline->close();
  }
  Result<std::unique_ptr<TrackPipeline>> make(const graph::Registry& operators) {
    auto graph = room::AgentGraph::in_the_box("transcriber");
    EXPECT_TRUE(graph);
    return TrackPipeline::make(*graph, operators,
                               {.clock = fakes.runtime.clock,
                                .timers = fakes.runtime.timers,
                                .waker = strand->waker(),
                                .metrics = fakes.metrics},
                               fakes.buffers, lost);
  }

  bool run_slice() noexcept override {
    const bool more = track->run(now(), kSteps);
    room::TrackGraph& graph = track->graph();
    while (!graph.events->empty()) track->note(graph.events->pop());
    while (!graph.partials->empty()) static_cast<void>(graph.partials->pop());
    while (!graph.transcripts->empty()) words.push_back(graph.transcripts->pop().text);
    return more || graph.pipeline->has_news();
  }

  [[nodiscard]] Instant now() const { return fakes.runtime.clock.now(); }
  void run() {
    strand->wake();
    fakes.runtime.run_until_idle();
  }
  /// 20 ms.
  void hear_frame(bool is_speech) {
    std::vector<std::int16_t> samples(room::kSoundRate / 50, 0);
    for (std::size_t at = 0; is_speech && at < samples.size(); ++at) {
      samples[at] = at % 80 < 40 ? 9'000 : -9'000;
    }
    track->hear(fakes.buffers.copy_of(std::as_bytes(std::span(samples))), now());
  }
  void hear(Millis length, bool is_speech) {
    for (Millis at{0}; at < length; at += 20ms) {
      hear_frame(is_speech);
      run();
      fakes.runtime.run_for(20ms);
    }
  }
  /// No sound comes; the session looks at the track when that says so.
  void wait(Millis length) {
    const Instant until = now() + length;
    while (track->next_at() <= until) {
      ASSERT_GT(track->next_at(), now() - 1ms);
      fakes.runtime.run_for(track->next_at() - now());
      run();
    }
    fakes.runtime.run_for(until - now());
    run();
  }

  test::AgentFakes fakes{{.heard = {"One.", "Two."}}};
  graph::Registry registry;
  Counter& lost = fakes.metrics.counter("lost", "Frames");
  std::shared_ptr<exec::Strand> strand = exec::Strand::make(fakes.runtime.executor, *this);
  std::unique_ptr<TrackPipeline> track;
  std::vector<std::string> words;
};

TEST_F(TrackPipelineTest, SoundBecomesWordsAndItKnowsWhetherSomebodySpeaks) {
  EXPECT_TRUE(track->is_quiet());
  hear(500ms, false);
  EXPECT_FALSE(track->is_speaking());
  EXPECT_TRUE(track->is_quiet());
  EXPECT_EQ(track->next_at(), Instant::never()) << "nothing was begun that silence could end";
  hear(1'000ms, true);
  EXPECT_TRUE(track->is_speaking());
  EXPECT_FALSE(track->is_quiet());
  hear(800ms, false);
  EXPECT_FALSE(track->is_speaking());
  EXPECT_TRUE(track->is_quiet());
  EXPECT_THAT(words, ElementsAre("One."));
}

TEST_F(TrackPipelineTest, SilenceTakesThePlaceOfSoundThatNoLongerComes) {
  hear(1'000ms, true);
  const Instant last = now() - 20ms;  // when sound came last
  EXPECT_EQ(track->next_at(), last + kTrackGap);
  wait(1'500ms);
  EXPECT_THAT(words, ElementsAre("One."));
  EXPECT_TRUE(track->is_quiet());
  EXPECT_EQ(track->next_at(), Instant::never());
  hear(1'000ms, true);
  hear(800ms, false);
  EXPECT_THAT(words, ElementsAre("One.", "Two.")) << "it hears on when sound comes again";
}

TEST_F(TrackPipelineTest, AShortGapIsNone) {
  hear(500ms, true);
  wait(150ms);
  hear(500ms, true);
  wait(150ms);
  hear(800ms, false);
  EXPECT_THAT(words, ElementsAre("One."));
}

TEST_F(TrackPipelineTest, AMutedTrackWaitsForNoGap) {
  hear(1'000ms, true);
  track->hush(now());
  EXPECT_EQ(track->next_at(), now() - 20ms + kTrackSilencePiece);
  wait(1'000ms);
  EXPECT_THAT(words, ElementsAre("One."));
  hear(200ms, true);  // and is heard again
  EXPECT_EQ(track->next_at(), now() - 20ms + kTrackGap);
}

TEST_F(TrackPipelineTest, AGraphThatHearsNoEndIsGivenNoMoreSilence) {
  TurnEvent started;
  started.kind = TurnEvent::Kind::started;
  hear(100ms, false);
  track->note(started);  // of which its operators know nothing
  wait(kTrackSilenceMax + kTrackGap);
  EXPECT_TRUE(track->is_speaking());
  EXPECT_EQ(track->next_at(), Instant::never());
}

TEST_F(TrackPipelineTest, SoundThatItHasNoTimeForIsLostOldestFirst) {
  for (std::size_t at = 0; at < kTrackFramesWaitingMax + 10; ++at) hear_frame(true);
  EXPECT_EQ(lost.value(), 10U);
  EXPECT_FALSE(track->is_quiet());
  run();
  hear(800ms, false);
  EXPECT_THAT(words, ElementsAre("One.")) << "the rest is heard";
}

TEST_F(TrackPipelineTest, AGraphWhoseOperatorsDoNotExistIsNotOpened) {
  const auto made = make(graph::Registry{});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("transcriber.yaml"));
}

}  // namespace
}  // namespace parley::service
