// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/timer_thread.h"
#include "exec/worker_pool.h"
#include "graph/graph_spec.h"
#include "graph/pipeline.h"
#include "media/copy_count.h"
#include "operators/device/register_shared_memory.h"
#include "operators/device/shared_memory_sink.h"
#include "operators/device/shared_memory_source.h"
#include "tests/media/shared_ring_support.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using media::MediaTime;
using media::SharedRing;
using media::SharedRingName;
using media::SharedRingReader;
using media::SharedRingWriter;
using media::WhenRingFull;
using test::Child;
using test::OperatorHarness;
using test::StepPipe;
using test::write_numbered;
using ::testing::HasSubstr;

std::string ring_path() {
  return std::filesystem::temp_directory_path() /
         ("parley_shared_memory_test_" + std::to_string(::getpid()));
}

/// A ring with a name and a producer, in whatever process makes one.
struct Producer {
  explicit Producer(const std::string& path, std::size_t slots = 64,
                    WhenRingFull when_full = WhenRingFull::drop_oldest)
      : ring(SharedRing::create({.slots = slots, .slot_bytes = 4096}).value()),
        writer(SharedRingWriter::claim(ring, when_full, clock).value()),
        name(ring.publish(path).value()) {}
  SteadyClock clock;
  SharedRing ring;
  std::unique_ptr<SharedRingWriter> writer;
  SharedRingName name;
};

struct SourceTest : ::testing::Test {
  std::unique_ptr<OperatorHarness> make(SharedMemorySourceOperator::Options options) {
    return std::make_unique<OperatorHarness>(
        std::make_unique<SharedMemorySourceOperator>(std::move(options), pool));
  }
  std::unique_ptr<OperatorHarness> opened() {
    auto made = make({.path = path});
    EXPECT_TRUE(made->open());
    return made;
  }
  /// Writes frames numbered from `first` and dies, or ends well.
  void produce(std::uint64_t first, std::uint64_t count, bool dies) {
    const StepPipe written;
    Child child([&] {
      Producer producer(path);
      for (std::uint64_t i = 0; i < count; ++i) write_numbered(*producer.writer, first + i);
      written.tell();
      if (dies) StepPipe().hear();
      return 0;
    });
    written.hear();
    if (dies) {
      harness->run();  // attaches while the producer lives
      child.kill();
    } else {
      harness->advance(SharedMemorySourceOperator::kRetry);
      child.join();
    }
  }
  const std::string path = ring_path();
  media::BufferPool pool;
  std::unique_ptr<OperatorHarness> harness;
};

using SharedMemorySource = SourceTest;

TEST_F(SharedMemorySource, GivesTheProducersFramesWithoutACopy) {
  Producer producer(path);
  harness = opened();
  for (std::uint64_t i = 0; i < 5; ++i) write_numbered(*producer.writer, 100 + i);
  const std::uint64_t before = media::copied_bytes();
  harness->run();
  const std::vector<AudioFrame> frames = harness->read<AudioFrame>("audio");
  EXPECT_EQ(media::copied_bytes(), before);
  ASSERT_EQ(frames.size(), 5U);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].head.sequence, i);
    EXPECT_EQ(frames[i].head.pts, MediaTime::from_ms(20 * static_cast<std::int64_t>(i)));
    EXPECT_EQ(frames[i].head.duration, MediaTime::from_ms(20));
    EXPECT_EQ(frames[i].samples.floats()[0], static_cast<float>(100 + i));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(frames[i].samples.bytes().data()) % 4096, 0U);
  }
}

TEST_F(SharedMemorySource, LooksForAProducerUntilThereIsOne) {
  harness = opened();
  harness->run();
  EXPECT_FALSE(harness->as<SharedMemorySourceOperator>().is_attached());
  Producer producer(path);
  write_numbered(*producer.writer, 1);
  harness->advance(SharedMemorySourceOperator::kRetry);
  EXPECT_EQ(harness->read<AudioFrame>("audio").size(), 1U);
}

TEST_F(SharedMemorySource, GoesOnWithTheNextProducerAfterOneDied) {
  harness = opened();
  produce(10, 3, true);
  harness->run();
  harness->advance(SharedMemorySourceOperator::kRetry);
  const std::vector<AudioFrame> first = harness->read<AudioFrame>("audio");
  ASSERT_EQ(first.size(), 3U);
  const std::vector<media::ErrorEvent> errors = harness->errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].error.code, ErrorCode::unavailable);
  EXPECT_THAT(errors[0].error.message, HasSubstr(path + ": the producer died"));

  produce(50, 2, true);
  harness->advance(SharedMemorySourceOperator::kRetry);
  const std::vector<AudioFrame> second = harness->read<AudioFrame>("audio");
  ASSERT_EQ(second.size(), 2U);
  // Its own time began at 50 frames; ours goes on without a gap.
  EXPECT_EQ(second[0].head.pts, first[2].head.pts + first[2].head.duration);
  EXPECT_EQ(second[1].head.pts, second[0].head.pts + MediaTime::from_ms(20));
  EXPECT_EQ(second[0].head.sequence, 3U);
  EXPECT_EQ(harness->errors().size(), 1U);
}

TEST_F(SharedMemorySource, AnEndIsNoErrorAndMayEndTheStream) {
  for (const bool finishes : {false, true}) {
    harness = make({.path = path, .finish_with_producer = finishes});
    {
      Producer producer(path);
      ASSERT_TRUE(harness->open());
      for (std::uint64_t i = 0; i < 4; ++i) write_numbered(*producer.writer, i);
    }
    harness->run();
    harness->advance(SharedMemorySourceOperator::kRetry);
    EXPECT_EQ(harness->read<AudioFrame>("audio").size(), 4U);
    EXPECT_TRUE(harness->errors().empty());
    EXPECT_EQ(harness->pipeline().finished(), finishes);
  }
}

TEST_F(SharedMemorySource, ReportsLossesAndLeavesAGapInTime) {
  Producer producer(path, 4);
  harness = opened();
  write_numbered(*producer.writer, 0);
  harness->run();
  for (std::uint64_t i = 1; i <= 10; ++i) write_numbered(*producer.writer, i);
  harness->run();
  const std::vector<AudioFrame> frames = harness->read<AudioFrame>("audio");
  ASSERT_GE(frames.size(), 4U);
  EXPECT_EQ(frames.back().head.pts, MediaTime::from_ms(200));
  const std::vector<media::ErrorEvent> errors = harness->errors();
  ASSERT_FALSE(errors.empty());
  EXPECT_THAT(errors[0].error.message, HasSubstr("the pipeline was behind"));
  EXPECT_GT(harness->as<SharedMemorySourceOperator>().stats().lost, 0U);
}

TEST_F(SharedMemorySource, RefusesAnotherFormatAndSamplesThatAreNotFinite) {
  Producer producer(path);
  harness = opened();
  media::SharedFrameHead stereo = test::test_head(0);
  stereo.format.channels = 2;
  const std::vector<std::byte> bytes(1280);
  ASSERT_TRUE(producer.writer->write(stereo, bytes));
  harness->run();
  std::vector<float> samples(320, 0.5F);
  samples[300] = std::numeric_limits<float>::quiet_NaN();
  ASSERT_TRUE(producer.writer->write(test::test_head(1), std::as_bytes(std::span(samples))));
  samples[300] = std::numeric_limits<float>::infinity();
  ASSERT_TRUE(producer.writer->write(test::test_head(2), std::as_bytes(std::span(samples))));
  samples[300] = 0.0F;
  ASSERT_TRUE(producer.writer->write(test::test_head(3), std::as_bytes(std::span(samples))));
  harness->run();
  EXPECT_EQ(harness->read<AudioFrame>("audio").size(), 1U);
  EXPECT_EQ(harness->as<SharedMemorySourceOperator>().unfit(), 3U);
  const std::vector<media::ErrorEvent> errors = harness->errors();
  ASSERT_EQ(errors.size(), 1U);  // once per producer
  EXPECT_THAT(errors[0].error.message, HasSubstr("not audio of 16000 Hz and 1 channels"));
}

TEST_F(SharedMemorySource, GoesOnInAnotherOperatorAfterAHotUpdate) {
  Producer producer(path);
  harness = opened();
  for (std::uint64_t i = 0; i < 3; ++i) write_numbered(*producer.writer, i);
  harness->run();
  for (std::uint64_t i = 3; i < 5; ++i) write_numbered(*producer.writer, i);
  ASSERT_TRUE(harness->pipeline().update(
      OperatorHarness::kNode, std::make_unique<SharedMemorySourceOperator>(
                                  SharedMemorySourceOperator::Options{.path = path}, pool)));
  for (std::uint64_t i = 5; i < 8; ++i) write_numbered(*producer.writer, i);
  harness->run();
  const std::vector<AudioFrame> frames = harness->read<AudioFrame>("audio");
  ASSERT_EQ(frames.size(), 8U);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].head.sequence, i);
    EXPECT_EQ(frames[i].samples.floats()[0], static_cast<float>(i));
  }
  EXPECT_TRUE(harness->errors().empty());
}

TEST_F(SharedMemorySource, ASecondConsumerWaitsAndSaysWhy) {
  Producer producer(path);
  harness = opened();
  const auto second = opened();
  second->run();
  second->advance(3 * SharedMemorySourceOperator::kRetry);
  const std::vector<media::ErrorEvent> errors = second->errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].error.message,
              HasSubstr(path + ": the shared ring has a consumer already"));
  harness->close();
  write_numbered(*producer.writer, 1);
  second->advance(SharedMemorySourceOperator::kRetry);
  EXPECT_EQ(second->read<AudioFrame>("audio").size(), 1U);
}

TEST_F(SharedMemorySource, NeedsAPathAndARing) {
  EXPECT_THAT(make({})->open().error().message, HasSubstr("option 'path' is empty"));
  EXPECT_THAT(make({.path = "/dev/null"})->open().error().message, HasSubstr("not a shared ring"));
}

TEST_F(SharedMemorySource, ASlowPipelineBlocksAndLosesNothingThatFitsIntoTheRing) {
  Producer producer(path, 32);
  harness = std::make_unique<OperatorHarness>(
      std::make_unique<SharedMemorySourceOperator>(
          SharedMemorySourceOperator::Options{.path = path}, pool),
      OperatorHarness::Options{.outlet_capacity = 2});
  ASSERT_TRUE(harness->open());
  for (std::uint64_t i = 0; i < 30; ++i) write_numbered(*producer.writer, i);
  harness->run();
  EXPECT_EQ(harness->read<AudioFrame>("audio").size(), 30U);
  EXPECT_TRUE(harness->errors().empty());
}

AudioFrame frame_of(std::size_t samples, media::BufferPool& pool) {
  std::vector<float> values(samples);
  for (std::size_t i = 0; i < samples; ++i) values[i] = static_cast<float>(i) / 10'000.0F;
  AudioFrame frame;
  frame.format = {.rate = 16'000, .channels = 1};
  frame.samples = pool.copy_of(values);
  return frame;
}

TEST(SharedMemorySink, WritesFramesAndCutsLargeOnes) {
  media::BufferPool pool;
  OperatorHarness harness(std::make_unique<SharedMemorySinkOperator>(
      SharedMemorySinkOperator::Options{.path = ring_path()}));
  ASSERT_TRUE(harness.open());
  const auto reader =
      SharedRingReader::claim(SharedRing::open_path(ring_path()).value(), pool).value();
  harness.feed("audio", frame_of(2500, pool));
  harness.run();
  std::vector<float> got;
  while (const std::optional<media::SharedFrame> piece = reader->read()) {
    EXPECT_EQ(piece->head.pts,
              MediaTime::from_samples(static_cast<std::int64_t>(got.size()), 16'000));
    got.insert(got.end(), piece->data.floats().begin(), piece->data.floats().end());
  }
  ASSERT_EQ(got.size(), 2500U);
  EXPECT_EQ(got[2400], 0.24F);
  EXPECT_EQ(harness.as<SharedMemorySinkOperator>().stats().written, 3U);
  harness.close();
  EXPECT_EQ(SharedRing::open_path(ring_path()).error().code, ErrorCode::not_found);
}

TEST(SharedMemorySink, WhenFullItDropsOrBlocks) {
  for (const bool blocks : {false, true}) {
    media::BufferPool pool;
    OperatorHarness harness(
        std::make_unique<SharedMemorySinkOperator>(SharedMemorySinkOperator::Options{
            .path = ring_path(),
            .slots = 2,
            .when_full = blocks ? WhenRingFull::block : WhenRingFull::drop_oldest}));
    ASSERT_TRUE(harness.open());
    for (int i = 0; i < 5; ++i) harness.feed("audio", frame_of(100, pool));
    harness.run();
    const auto stats = harness.as<SharedMemorySinkOperator>().stats();
    EXPECT_EQ(stats.written, blocks ? 2U : 5U);
    EXPECT_EQ(stats.dropped, blocks ? 0U : 3U);
    const auto reader =
        SharedRingReader::claim(SharedRing::open_path(ring_path()).value(), pool).value();
    std::size_t read = 0;
    for (int round = 0; round < 5; ++round) {
      while (reader->read()) ++read;
      harness.run();
    }
    EXPECT_EQ(read, blocks ? 5U : 2U);
  }
}

TEST(SharedMemorySink, SaysWhatIsWrongWithItsOptions) {
  const auto error_of = [&](SharedMemorySinkOperator::Options options) {
    OperatorHarness harness(std::make_unique<SharedMemorySinkOperator>(std::move(options)));
    return harness.open().error().message;
  };
  EXPECT_THAT(error_of({}), HasSubstr("option 'path' is empty"));
  EXPECT_THAT(error_of({.path = ring_path(), .slots = 0}), HasSubstr("0 slots"));
  const Producer producer(ring_path());
  EXPECT_THAT(error_of({.path = ring_path()}), HasSubstr("a living producer has this name"));
}

TEST(SharedMemoryOperators, AreMadeByName) {
  media::BufferPool pool;
  graph::Registry registry;
  register_shared_memory_operators(registry, {.buffers = pool});
  EXPECT_TRUE(
      registry.make("shared_memory_source", {{"path", "/x"}, {"rate_hz", std::int64_t{8000}}}));
  EXPECT_TRUE(registry.make("shared_memory_sink", {{"path", "/x"}, {"when_full", "block"}}));
  const auto error_of = [&](std::string_view kind, const graph::OptionMap& options) {
    return registry.make(kind, options).error().message;
  };
  EXPECT_THAT(error_of("shared_memory_sink", {{"path", "/x"}, {"when_full", "drop"}}),
              HasSubstr("drop_oldest"));
  EXPECT_THAT(error_of("shared_memory_sink", {{"path", "/x"}, {"slots", std::int64_t{0}}}),
              HasSubstr("slots"));
  EXPECT_THAT(error_of("shared_memory_source", {}), HasSubstr("path"));
}

/// A pipeline of its own on a pool: what a program does.
class Runner final : exec::StrandBody {
 public:
  Runner(exec::Executor& pool, graph::GraphSpec spec, exec::TimerService& timers,
         const Clock& clock)
      : strand_(exec::Strand::make(pool, *this)) {
    pipeline_ =
        graph::Pipeline::open(
            graph::Plan::compile(std::move(spec)).value(),
            {.clock = clock, .timers = timers, .waker = strand_->waker(), .metrics = metrics_})
            .value();
    strand_->wake();
  }
  ~Runner() override {
    strand_->close();
    pipeline_->close();
  }
  void wait_for(std::uint64_t frames) const {
    for (std::uint64_t seen = seen_.load(); seen < frames; seen = seen_.load()) seen_.wait(seen);
  }

 private:
  bool run_slice() noexcept override {
    const bool more = pipeline_->run(100);
    graph::Outlet<AudioFrame>& out = pipeline_->outlet<AudioFrame>("audio");
    while (!out.empty()) {
      static_cast<void>(out.pop());
      seen_.fetch_add(1);
    }
    seen_.notify_all();
    return more;
  }
  Metrics metrics_;
  std::atomic<std::uint64_t> seen_{0};
  std::shared_ptr<exec::Strand> strand_;
  std::unique_ptr<graph::Pipeline> pipeline_;
};

TEST(SharedMemoryPipeline, IsWokenByAnotherProcess) {
  const std::string path = ring_path();
  const StepPipe step;
  Child child([&] {
    Producer producer(path, 4, WhenRingFull::block);
    step.tell();
    for (std::uint64_t i = 0; i < 200;) {
      if (write_numbered(*producer.writer, i)) {
        ++i;
      } else {
        producer.writer->wait_for_room(Instant::never());
      }
    }
    StepPipe().hear();
    return 0;
  });
  step.hear();
  const SteadyClock clock;
  media::BufferPool buffers;
  exec::TimerThread timers(clock);
  exec::WorkerPool pool({.workers = 1});
  graph::GraphSpec spec;
  spec.add("ring", std::make_unique<SharedMemorySourceOperator>(
                       SharedMemorySourceOperator::Options{.path = path}, buffers));
  spec.outlet<AudioFrame>("audio", "ring.audio");
  const Runner runner(pool, std::move(spec), timers, clock);
  runner.wait_for(200);
}

}  // namespace
}  // namespace parley::operators
