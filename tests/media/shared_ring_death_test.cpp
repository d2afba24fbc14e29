// SPDX-License-Identifier: Apache-2.0
//
// What is left when one side dies at the worst moment: real processes and SIGKILL.
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/media/shared_ring_support.h"

namespace parley::media {
namespace {

using test::Child;
using test::is_whole;
using test::read_next;
using test::StepPipe;
using test::write_numbered;

SharedRing make_ring(std::size_t slots) {
  return SharedRing::create({.slots = slots, .slot_bytes = 4096}).value();
}

std::unique_ptr<SharedRingWriter> claim_writer(const SharedRing& ring, WhenRingFull when_full) {
  static const SteadyClock clock;
  return SharedRingWriter::claim(ring, when_full, clock).value();
}

TEST(SharedRingDeath, FramesComeFromAnotherProcess) {
  const SharedRing ring = make_ring(16);
  BufferPool pool;
  constexpr std::uint64_t kFrames = 5'000;
  Child producer([&] {
    const auto writer = claim_writer(ring, WhenRingFull::block);
    for (std::uint64_t i = 0; i < kFrames;) {
      if (write_numbered(*writer, i)) {
        ++i;
      } else {
        writer->wait_for_room(Instant::never());
      }
    }
    return 0;
  });
  const auto reader = SharedRingReader::claim(ring, pool).value();
  for (std::uint64_t i = 0; i < kFrames; ++i) {
    const SharedFrame frame = read_next(*reader);
    ASSERT_EQ(frame.head.sequence, i);
    ASSERT_TRUE(is_whole(frame));
  }
  EXPECT_EQ(producer.join(), 0);
  EXPECT_EQ(reader->producer(), ProducerState::finished);
}

TEST(SharedRingDeath, AProducerKilledInTheMiddleOfAFrameLeavesTheFinishedOnes) {
  const SharedRing ring = make_ring(8);
  BufferPool pool;
  const auto reader = SharedRingReader::claim(ring, pool).value();
  EXPECT_EQ(reader->producer(), ProducerState::none);
  const StepPipe begun;
  Child producer([&] {
    const auto writer = claim_writer(ring, WhenRingFull::drop_oldest);
    for (std::uint64_t i = 0; i < 3; ++i) write_numbered(*writer, i);
    writer->begin()[0] = std::byte(1);  // never committed
    begun.tell();
    StepPipe().hear();
    return 0;
  });
  begun.hear();
  EXPECT_EQ(reader->producer(), ProducerState::alive);
  EXPECT_EQ(reader->producers(), 1U);
  producer.kill();
  EXPECT_EQ(reader->producer(), ProducerState::gone);
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(reader->read()->head.sequence, i);
  EXPECT_FALSE(reader->read());

  Child next([&] {
    const auto writer = claim_writer(ring, WhenRingFull::drop_oldest);
    for (std::uint64_t i = 10; i < 15; ++i) write_numbered(*writer, i);
    return 0;
  });
  EXPECT_EQ(next.join(), 0);
  EXPECT_EQ(reader->producers(), 2U);
  for (std::uint64_t i = 10; i < 15; ++i) {
    const std::optional<SharedFrame> frame = reader->read();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->head.sequence, i);
    EXPECT_TRUE(is_whole(*frame));
  }
  EXPECT_EQ(reader->stats().refused, 0U);
}

TEST(SharedRingDeath, AWaitingConsumerIsWokenByTheNextProducer) {
  const SharedRing ring = make_ring(8);
  BufferPool pool;
  const auto reader = SharedRingReader::claim(ring, pool).value();
  for (std::uint64_t i = 1; i <= 5; ++i) {
    Child producer([&] {
      write_numbered(*claim_writer(ring, WhenRingFull::drop_oldest), i);
      return 0;
    });
    EXPECT_EQ(read_next(*reader).head.sequence, i);
  }
}

TEST(SharedRingDeath, AKilledConsumerCostsTheProducerNothingButTheFramesItHeld) {
  const SharedRing ring = make_ring(4);
  const auto writer = claim_writer(ring, WhenRingFull::drop_oldest);
  EXPECT_FALSE(writer->has_consumer());
  const StepPipe holding;
  {
    for (std::uint64_t i = 0; i < 2; ++i) write_numbered(*writer, i);
    Child consumer([&] {
      BufferPool pool;
      const auto reader = SharedRingReader::claim(ring, pool).value();
      const SharedFrame held = read_next(*reader);
      holding.tell();
      StepPipe().hear();
      return 0;
    });
    holding.hear();
    EXPECT_TRUE(writer->has_consumer());
    consumer.kill();
  }
  EXPECT_FALSE(writer->has_consumer());
  EXPECT_EQ(writer->consumers(), 1U);
  for (std::uint64_t i = 2; i < 20; ++i) EXPECT_TRUE(write_numbered(*writer, i));
  EXPECT_GT(writer->stats().dropped, 10U);

  BufferPool pool;
  const auto reader = SharedRingReader::claim(ring, pool).value();  // frees the slot that was held
  for (std::uint64_t i = 17; i < 20; ++i) EXPECT_EQ(reader->read()->head.sequence, i);
  for (std::uint64_t i = 20; i < 24; ++i) EXPECT_TRUE(write_numbered(*writer, i));
  for (std::uint64_t i = 20; i < 24; ++i) EXPECT_EQ(reader->read()->head.sequence, i);
}

TEST(SharedRingDeath, ABlockedProducerGoesOnWithTheNextConsumer) {
  const SharedRing ring = make_ring(2);
  const StepPipe full;
  Child producer([&] {
    const auto writer = claim_writer(ring, WhenRingFull::block);
    for (std::uint64_t i = 0; i < 10;) {
      if (write_numbered(*writer, i)) {
        if (++i == 2) full.tell();
      } else {
        writer->wait_for_room(Instant::never());
      }
    }
    return 0;
  });
  full.hear();
  {
    const StepPipe holding;
    Child consumer([&] {
      BufferPool pool;
      const auto reader = SharedRingReader::claim(ring, pool).value();
      const SharedFrame held = read_next(*reader);
      holding.tell();
      StepPipe().hear();
      return 0;
    });
    holding.hear();
    consumer.kill();
  }
  BufferPool pool;
  const auto reader = SharedRingReader::claim(ring, pool).value();
  // Frame 0 died with the consumer that held it; nothing else is lost.
  for (std::uint64_t i = 1; i < 10; ++i) EXPECT_EQ(read_next(*reader).head.sequence, i);
  EXPECT_EQ(producer.join(), 0);
}

TEST(SharedRingDeath, ProducersKilledAtAnyMomentNeverLeaveAHalfFrame) {
  const SharedRing ring = make_ring(8);
  BufferPool pool;
  const auto reader = SharedRingReader::claim(ring, pool).value();
  Random random(7);
  std::uint64_t last = 0;
  std::vector<SharedFrame> held;
  for (std::uint64_t round = 0; round < 60; ++round) {
    // Far apart: a producer whose consumer waits for a core writes millions of frames.
    const std::uint64_t first = (round + 1) * 1'000'000'000;
    Child producer([&] {
      const auto writer = claim_writer(ring, WhenRingFull::drop_oldest);
      for (std::uint64_t i = first;; ++i) write_numbered(*writer, i);
      return 0;
    });
    const std::uint64_t frames = 1 + random.next() % 200;
    for (std::uint64_t i = 0; i < frames; ++i) {
      SharedFrame frame = read_next(*reader);
      ASSERT_GT(frame.head.sequence, last);
      last = frame.head.sequence;
      ASSERT_TRUE(is_whole(frame));
      held.push_back(std::move(frame));
      if (held.size() > 3) held.erase(held.begin());
    }
    producer.kill();
    while (std::optional<SharedFrame> frame = reader->read()) {
      last = frame->head.sequence;
      ASSERT_TRUE(is_whole(*frame));
    }
    for (const SharedFrame& frame : held) ASSERT_TRUE(is_whole(frame));
  }
  EXPECT_EQ(reader->stats().refused, 0U);
  EXPECT_EQ(reader->producers(), 60U);
}

TEST(SharedRingDeath, ConsumersKilledAtAnyMomentNeverStopTheProducer) {
  const SharedRing ring = make_ring(8);
  const auto writer = claim_writer(ring, WhenRingFull::drop_oldest);
  std::uint64_t number = 1;
  Random random(11);
  for (int round = 0; round < 40; ++round) {
    Child consumer([&] {
      BufferPool pool;
      const auto reader = SharedRingReader::claim(ring, pool).value();
      std::vector<SharedFrame> held;
      while (true) {
        held.push_back(read_next(*reader));
        if (!is_whole(held.back())) return 1;
        if (held.size() > 5) held.clear();
      }
    });
    const std::uint64_t frames = number + random.next() % 20'000;
    for (; number < frames; ++number) ASSERT_TRUE(write_numbered(*writer, number));
    consumer.kill();
  }
  BufferPool pool;
  const auto reader = SharedRingReader::claim(ring, pool).value();
  while (reader->read()) continue;
  for (std::uint64_t i = 0; i < 8; ++i) ASSERT_TRUE(write_numbered(*writer, number + i));
  for (std::uint64_t i = 0; i < 8; ++i) EXPECT_EQ(reader->read()->head.sequence, number + i);
}

}  // namespace
}  // namespace parley::media
