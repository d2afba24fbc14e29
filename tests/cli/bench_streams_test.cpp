// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_streams.h"

#include <memory>
#include <span>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "cli/bench_streams_command.h"
#include "cli/bench_streams_report.h"
#include "cli/delay_histogram.h"
#include "cli/stream_listener.h"
#include "cli/stream_source.h"
#include "cli/thread_cpu.h"
#include "tests/cli/run_command.h"

namespace parley::cli {
namespace {

using ::testing::HasSubstr;

StreamsResult passed() {
  StreamsResult result;
  result.streams = 10;
  result.seconds = 2;
  result.frames = result.processed = 1000;
  result.delay_p99_ms = 3.5;
  result.stages = {{"decode", 0.25}};
  return result;
}

TEST(DelayHistogram, TellsNoDelayShorterThanItWas) {
  const auto delays = std::make_unique<DelayHistogram>();
  EXPECT_EQ(delays->percentile_ms(0.99), 0);
  for (int i = 0; i < 99; ++i) delays->add(Micros(120));
  delays->add(Millis(30));
  EXPECT_EQ(delays->count(), 100U);
  EXPECT_DOUBLE_EQ(delays->percentile_ms(0.5), 0.15);
  EXPECT_DOUBLE_EQ(delays->percentile_ms(0.99), 0.15);
  EXPECT_DOUBLE_EQ(delays->percentile_ms(1), 30);
  delays->add(Nanos(DelayHistogram::kRange) * 3);
  EXPECT_DOUBLE_EQ(delays->longest_ms(), 3000);
}

TEST(BenchStreams, ARunPassesInTimeAndWithoutADrop) {
  EXPECT_TRUE(passed().passed());
  StreamsResult late = passed();
  late.delay_p99_ms = kStreamDelayMsMax + 0.05;
  EXPECT_FALSE(late.passed());
  StreamsResult dropped = passed();
  dropped.dropped = 1;
  EXPECT_FALSE(dropped.passed());
  EXPECT_FALSE(StreamsResult().passed()) << "nothing was measured";
}

TEST(BenchStreams, FindsTheLargestNumberThatPasses) {
  for (const std::size_t limit : {std::size_t{1}, std::size_t{70}, std::size_t{1000}}) {
    int runs = 0;
    const auto found = find_streams_max(100, 1000, [&](std::size_t streams) -> Result<bool> {
      ++runs;
      EXPECT_GE(streams, 1U);
      EXPECT_LE(streams, 1000U);
      return streams <= limit;
    });
    ASSERT_TRUE(found);
    EXPECT_LE(*found, limit);
    EXPECT_GE(static_cast<double>(*found), 0.97 * static_cast<double>(limit));
    EXPECT_LT(runs, 32);
  }
  const auto none = find_streams_max(100, 1000, [](std::size_t) -> Result<bool> { return false; });
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, 0U);
}

TEST(BenchStreams, EveryFrameOfEveryStreamIsProcessed) {
  Config config;
  config.models.fake = true;
  std::vector<StreamTrack> tracks(1);
  for (std::size_t i = 0; i < 50 * kBenchFrameSamples; ++i) {
    tracks[0].samples.push_back(i % 2 == 0 ? 3000 : -3000);
  }
  const auto bench = BenchStreams::load(config, std::move(tracks));
  ASSERT_TRUE(bench);
  const auto result = (*bench)->run({.streams = 4, .seconds = 1}, [] { return false; });
  ASSERT_TRUE(result);
  EXPECT_GT(result->frames, 0U);
  EXPECT_EQ(result->processed, result->frames);
  EXPECT_GT(result->windows, 0U);
  EXPECT_EQ(result->errors, 0U);
  EXPECT_GT(result->engine_cores, 0);
}

TEST(BenchStreams, ASourceThatIsStoppedPlaysNothing) {
  const SteadyClock clock;
  media::BufferPool buffers;
  const auto counts = std::make_unique<StreamCounts>();
  const auto source = std::make_unique<StreamSource>(
      std::span<const StreamTrack>(), std::span<const std::unique_ptr<StreamListener>>(), buffers,
      clock, *counts);
  source->play(std::chrono::hours(1), [] { return true; });
  EXPECT_EQ(source->frames(), 0U);
}

TEST(BenchStreams, RecognitionIsNotPartOfIt) {
  NoRecognition recognition;
  const auto call = std::make_shared<model::AsrCall>();
  call->begin({}, Instant::never());
  ASSERT_TRUE(recognition.submit(call));
  EXPECT_TRUE(call->done());
  EXPECT_EQ(call->text, "");
}

TEST(BenchStreams, TheCommandWantsAtLeastOneStream) {
  EXPECT_EQ(test::run_command({"bench", "streams", "--streams", "0"}).status, kWrongUsage);
}

TEST(BenchStreams, ReportsAsTextAndAsJson) {
  StreamsReport report{.speech_share = 0.3, .tracks = 2, .track_seconds = 60};
  report.runs.push_back(passed());
  report.streams_max = 10;
  EXPECT_TRUE(streams_passed(report));
  EXPECT_THAT(streams_head(report), HasSubstr("30.0 %"));
  EXPECT_THAT(streams_table(report.runs[0]), HasSubstr("p99 3.50"));
  const auto json = boost::json::parse(streams_json(report)).as_object();
  EXPECT_TRUE(json.at("passed").as_bool());
  EXPECT_EQ(json.at("streams_max").as_int64(), 10);
  const auto& run = json.at("runs").as_array().at(0).as_object();
  EXPECT_EQ(run.at("delay_p99_ms").as_double(), 3.5);
  EXPECT_EQ(run.at("stages_cores").as_object().at("decode").as_double(), 0.25);
}

TEST(ThreadCpu, KnowsThisThreadAndTheMemory) {
  const auto used = thread_cpu();
  EXPECT_FALSE(used.empty());
  EXPECT_FALSE(other_processes_cpu().empty());
  EXPECT_GT(resident_bytes(), 1'000'000U);
}

TEST(ThreadCpu, AThreadThatIsNewCountsWhole) {
  EXPECT_EQ(
      used_between({{"1/1", Nanos(5)}, {"2/2", Nanos(7)}}, {{"1/1", Nanos(8)}, {"3/3", Nanos(10)}}),
      Nanos(13));
}

}  // namespace
}  // namespace parley::cli
