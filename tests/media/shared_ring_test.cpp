// SPDX-License-Identifier: Apache-2.0
#include "media/shared_ring.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "media/shared_ring_mapping.h"
#include "tests/media/shared_ring_support.h"

namespace parley::media {
namespace {

using test::is_whole;
using test::write_numbered;
using ::testing::HasSubstr;

/// A ring with both ends in this process.
struct Ends {
  explicit Ends(std::size_t slots, WhenRingFull when_full = WhenRingFull::drop_oldest)
      : ring(SharedRing::create({.slots = slots, .slot_bytes = 4096}).value()),
        writer(SharedRingWriter::claim(ring, when_full, clock).value()),
        reader(SharedRingReader::claim(ring, pool).value()) {}
  ManualClock clock;
  BufferPool pool;
  SharedRing ring;
  std::unique_ptr<SharedRingWriter> writer;
  std::unique_ptr<SharedRingReader> reader;
};

std::string temporary_path(const std::string& name) {
  return std::filesystem::temp_directory_path() /
         ("parley_ring_test_" + std::to_string(::getpid()) + "_" + name);
}

TEST(SharedRing, FramesArriveInOrderWhereTheyWereWritten) {
  Ends ends(8);
  ends.clock.advance(Millis(5));
  for (std::uint64_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(write_numbered(*ends.writer, i));
    const std::optional<SharedFrame> frame = ends.reader->read();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->head.sequence, i);
    EXPECT_EQ(frame->head.format, (AudioFormat{.rate = 16'000, .channels = 1}));
    EXPECT_EQ(frame->head.pts, test::test_head(i).pts);
    EXPECT_EQ(frame->written_at, ends.clock.now());
    EXPECT_TRUE(is_whole(*frame));
    EXPECT_FALSE(ends.reader->read());
  }
  EXPECT_EQ(ends.reader->stats().read, 100U);
  EXPECT_EQ(ends.reader->stats().lost, 0U);
  EXPECT_EQ(ends.writer->stats().dropped, 0U);
}

TEST(SharedRing, MappedFramesBeginAtPagesAndNothingIsCopied) {
  Ends ends(4);
  for (std::uint64_t i = 0; i < 10; ++i) {
    const std::span<std::byte> slot = ends.writer->begin();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(slot.data()) % kPageBytes, 0U);
    slot[0] = std::byte(i);
    ends.writer->commit({.kind = SharedFrameKind::bytes, .bytes = 1});
    const std::optional<SharedFrame> frame = ends.reader->read();
    ASSERT_TRUE(frame);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(frame->data.bytes().data()) % kPageBytes, 0U);
    // The other mapping of the same page: what the writer changes now, the frame shows.
    slot[0] = std::byte(99);
    EXPECT_EQ(frame->data.bytes()[0], std::byte(99));
  }
}

TEST(SharedRing, AFrameThatIsHeldIsNeverOverwritten) {
  Ends ends(4);
  ASSERT_TRUE(write_numbered(*ends.writer, 0));
  const std::optional<SharedFrame> held = ends.reader->read();
  for (std::uint64_t i = 1; i < 50; ++i) {
    ASSERT_TRUE(write_numbered(*ends.writer, i));
    const std::optional<SharedFrame> frame = ends.reader->read();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->head.sequence, i);
    EXPECT_TRUE(is_whole(*frame));
  }
  EXPECT_TRUE(is_whole(*held));
  EXPECT_EQ(ends.reader->stats().lost, 0U);
  EXPECT_EQ(ends.reader->stats().refused, 0U);
}

TEST(SharedRing, WhenFullTheOldestUnreadFramesGoAndAreCounted) {
  Ends ends(4);
  for (std::uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(write_numbered(*ends.writer, i));
  EXPECT_EQ(ends.writer->stats().dropped, 6U);
  for (std::uint64_t i = 6; i < 10; ++i) EXPECT_EQ(ends.reader->read()->head.sequence, i);
  EXPECT_FALSE(ends.reader->read());
  EXPECT_EQ(ends.reader->stats().lost, 6U);
}

TEST(SharedRing, WhenEverySlotIsHeldTheNewFrameIsRefused) {
  Ends ends(2);
  std::vector<SharedFrame> held;
  for (std::uint64_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(write_numbered(*ends.writer, i));
    held.push_back(*ends.reader->read());
  }
  EXPECT_FALSE(write_numbered(*ends.writer, 2));
  EXPECT_EQ(ends.writer->stats().refused, 1U);
  held.erase(held.begin());
  EXPECT_TRUE(write_numbered(*ends.writer, 3));
  EXPECT_EQ(ends.reader->read()->head.sequence, 3U);
}

TEST(SharedRing, BlockGivesNoRoomUntilAFrameIsLetGo) {
  Ends ends(2, WhenRingFull::block);
  EXPECT_TRUE(write_numbered(*ends.writer, 0));
  EXPECT_TRUE(write_numbered(*ends.writer, 1));
  const Status full = ends.writer->write(test::test_head(2), std::vector<std::byte>(8));
  EXPECT_EQ(full.error().code, ErrorCode::resource_exhausted);
  EXPECT_THAT(full.error().message, HasSubstr("behind by all 2 slots"));
  {
    const std::optional<SharedFrame> held = ends.reader->read();
    EXPECT_TRUE(ends.writer->begin().empty());
  }
  EXPECT_TRUE(write_numbered(*ends.writer, 2));
  EXPECT_EQ(ends.writer->stats().dropped, 0U);
}

TEST(SharedRing, ABlockedWriterIsWoken) {
  Ends ends(2, WhenRingFull::block);
  constexpr std::uint64_t kFrames = 2'000;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < kFrames;) {
      if (write_numbered(*ends.writer, i)) {
        ++i;
      } else {
        ends.writer->wait_for_room(Instant::never());
      }
    }
  });
  for (std::uint64_t i = 0; i < kFrames; ++i) {
    const SharedFrame frame = test::read_next(*ends.reader);
    EXPECT_EQ(frame.head.sequence, i);
    EXPECT_TRUE(is_whole(frame));
  }
  producer.join();
}

TEST(SharedRing, FramesAndTheRoleOutliveTheReader) {
  Ends ends(4);
  ASSERT_TRUE(write_numbered(*ends.writer, 7));
  std::optional<SharedFrame> frame = ends.reader->read();
  ends.reader.reset();
  EXPECT_TRUE(is_whole(*frame));
  EXPECT_TRUE(ends.writer->has_consumer());
  EXPECT_EQ(SharedRingReader::claim(ends.ring, ends.pool).error().code, ErrorCode::already_exists);
  frame.reset();
  EXPECT_FALSE(ends.writer->has_consumer());
  EXPECT_TRUE(SharedRingReader::claim(ends.ring, ends.pool));
}

TEST(SharedRing, ASecondProducerOrConsumerIsRefusedByName) {
  Ends ends(4);
  const std::string pid = std::to_string(::getpid());
  EXPECT_THAT(SharedRingWriter::claim(ends.ring, WhenRingFull::block, ends.clock).error().message,
              HasSubstr("has a producer already: process " + pid));
  EXPECT_THAT(SharedRingReader::claim(ends.ring, ends.pool).error().message,
              HasSubstr("has a consumer already: process " + pid));
}

TEST(SharedRing, ARoleIsHeldAsLongAsItsMapping) {
  const SharedRing ring = SharedRing::create({}).value();
  EXPECT_FALSE(role_is_held(ring.descriptor(), SharedRingRole::consumer));
  {
    const auto mapping = SharedRingMapping::claim(ring, SharedRingRole::consumer);
    ASSERT_TRUE(mapping);
    EXPECT_TRUE(role_is_held(ring.descriptor(), SharedRingRole::consumer));
    EXPECT_FALSE(role_is_held(ring.descriptor(), SharedRingRole::producer));
    EXPECT_FALSE(mapping->peer_is_alive());
  }
  EXPECT_FALSE(role_is_held(ring.descriptor(), SharedRingRole::consumer));
}

TEST(SharedRing, TellsAnEndFromASilence) {
  Ends ends(4);
  EXPECT_EQ(ends.reader->producer(), ProducerState::alive);
  ASSERT_TRUE(write_numbered(*ends.writer, 1));
  ends.writer.reset();
  EXPECT_EQ(ends.reader->producer(), ProducerState::finished);
  EXPECT_EQ(ends.reader->read()->head.sequence, 1U);  // what was written is not lost
}

TEST(SharedRing, TooLargeAFrameIsRefusedByNumbers) {
  Ends ends(2);
  const Status status = ends.writer->write({}, std::vector<std::byte>(5000));
  EXPECT_THAT(status.error().message, HasSubstr("5000 bytes does not fit into a slot of 4096"));
}

TEST(SharedRing, RefusesSizesOutOfRange) {
  EXPECT_THAT(SharedRing::create({.slots = 0}).error().message, HasSubstr("0 slots"));
  EXPECT_THAT(SharedRing::create({.slots = 5000}).error().message, HasSubstr("expected 1 to 4096"));
  EXPECT_THAT(SharedRing::create({.slots = 1, .slot_bytes = 0}).error().message,
              HasSubstr("slots of 0 bytes"));
  EXPECT_THAT(SharedRing::create({.slots = 4096, .slot_bytes = 1U << 20U}).error().message,
              HasSubstr("are more than"));
}

TEST(SharedRing, ANameLeadsToTheRingAndGoesWithIt) {
  Ends ends(4);
  const std::string path = temporary_path("name");
  {
    SharedRing ring = SharedRing::create({.slots = 2, .slot_bytes = 100}).value();
    const SharedRingName name = ring.publish(path).value();
    const SharedRing found = SharedRing::open_path(path).value();
    EXPECT_EQ(found.slots(), 2U);
    EXPECT_EQ(found.slot_bytes(), 4096U);
    EXPECT_TRUE(ends.ring.publish(path));  // nobody writes to the first: its name may be taken
  }
  EXPECT_EQ(SharedRing::open_path(path).error().code, ErrorCode::not_found);
  EXPECT_THAT(SharedRing::open_path(path).error().message,
              HasSubstr("no shared ring is there now"));
}

TEST(SharedRing, ANameOfALivingProducerIsNotTaken) {
  Ends ends(4);
  const std::string path = temporary_path("taken");
  const SharedRingName name = ends.ring.publish(path).value();
  const SharedRing other = SharedRing::create({}).value();
  EXPECT_EQ(other.publish(path).error().code, ErrorCode::already_exists);
  ends.writer.reset();
  EXPECT_TRUE(other.publish(path));
}

TEST(SharedRing, OpensNothingThatIsNoRing) {
  const std::string path = temporary_path("file");
  {
    FileDescriptor file(::open(path.c_str(), O_CREAT | O_RDWR, 0600));
    ASSERT_TRUE(file);
    ASSERT_EQ(::ftruncate(file.get(), 8192), 0);
  }
  const SharedRing ring = SharedRing::create({}).value();
  EXPECT_THAT(ring.publish(path).error().message, HasSubstr("is no shared ring's name"));
  EXPECT_FALSE(SharedRing::open_path(path));
  std::filesystem::remove(path);
  EXPECT_THAT(SharedRing::open(FileDescriptor(::open("/dev/null", O_RDWR))).error().message,
              HasSubstr("no memfd"));
  EXPECT_THAT(
      SharedRing::open(FileDescriptor(::memfd_create("x", MFD_ALLOW_SEALING))).error().message,
      HasSubstr("not sealed"));
}

/// A sealed memfd with this beginning and size.
FileDescriptor sealed(const SharedRingGeometry& geometry, off_t size) {
  FileDescriptor file(::memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(::ftruncate(file.get(), size), 0);
  EXPECT_EQ(::pwrite(file.get(), &geometry, sizeof(geometry), 0),
            static_cast<ssize_t>(sizeof(geometry)));
  EXPECT_EQ(::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  return file;
}

TEST(SharedRing, BelievesNoGeometry) {
  const auto error_of = [](SharedRingGeometry geometry, off_t size) {
    return SharedRing::open(sealed(geometry, size)).error().message;
  };
  SharedRingGeometry good;
  good.slots = 2;
  good.slot_bytes = 4096;
  const auto size = static_cast<off_t>(shared_ring_bytes(2, 4096));
  EXPECT_TRUE(SharedRing::open(sealed(good, size)));
  EXPECT_THAT(error_of(good, size - 4096), HasSubstr("12288 bytes instead of 16384"));
  SharedRingGeometry bad = good;
  bad.magic = 1;
  EXPECT_THAT(error_of(bad, size), HasSubstr("the first bytes are others"));
  bad = good;
  bad.version = 2;
  EXPECT_THAT(error_of(bad, size), HasSubstr("layout version 2, this program knows 1"));
  bad = good;
  bad.slots = 0xFFFF'FFFF;
  EXPECT_THAT(error_of(bad, size), HasSubstr("4294967295 slots"));
  bad = good;
  bad.slot_bytes = 0xFFFF'FFFF'FFFF'F000;
  EXPECT_FALSE(SharedRing::open(sealed(bad, size)));
  bad.slot_bytes = 4095;
  EXPECT_THAT(error_of(bad, size), HasSubstr("whole pages"));
}

TEST(SharedRing, PassesOverFramesThatMakeNoSense) {
  Ends ends(4);
  const auto write = [&](SharedFrameHead head) {
    ASSERT_FALSE(ends.writer->begin().empty());
    ends.writer->commit(head);
  };
  write({.format = {.rate = 16'001}, .bytes = 8});  // no whole samples in a flick
  write({.format = {.rate = 0}, .bytes = 8});
  EXPECT_FALSE(ends.reader->read());
  write({.format = {.rate = 16'000, .channels = 65}, .bytes = 260});
  write({.format = {.rate = 16'000, .channels = 2}, .bytes = 12});  // half a sample of stereo
  EXPECT_FALSE(ends.reader->read());
  write({.bytes = 0});
  write({.kind = static_cast<SharedFrameKind>(77), .bytes = 4});
  write({.pts = {.flicks = INT64_MIN}, .bytes = 4});
  EXPECT_FALSE(ends.reader->read());
  EXPECT_EQ(ends.reader->stats().refused, 7U);
  write({.bytes = 4});
  EXPECT_TRUE(ends.reader->read());
}

}  // namespace
}  // namespace parley::media
