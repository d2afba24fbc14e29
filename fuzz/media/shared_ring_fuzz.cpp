// SPDX-License-Identifier: Apache-2.0
//
// A wild peer: between honest reads and writes, any byte of the ring's control memory changes. Both
// sides must stay inside their memory, end every call, and hand out only bytes that can be read.
// The first byte 0xFF: the rest is the beginning of a file that claims to be a ring.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <span>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "media/shared_ring_reader.h"
#include "media/shared_ring_writer.h"

namespace {

using parley::media::BufferPool;
using parley::media::FileDescriptor;
using parley::media::SharedFrame;
using parley::media::SharedRing;
using parley::media::SharedRingReader;
using parley::media::SharedRingWriter;
using parley::media::WhenRingFull;

constexpr std::size_t kSlots = 4;
constexpr std::size_t kControl = 2 * parley::media::kPageBytes;

/// The input, eaten from the front; zeros after its end.
class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> bytes) : left_(bytes) {}
  [[nodiscard]] bool empty() const { return left_.empty(); }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes && !left_.empty(); ++i) {
      value |= std::uint64_t{left_.front()} << (8 * i);
      left_ = left_.subspan(1);
    }
    return value;
  }

 private:
  std::span<const std::uint8_t> left_;
};

void open_beginning(std::span<const std::uint8_t> bytes) {
  FileDescriptor file(::memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const std::size_t size = 5 * parley::media::kPageBytes;
  PARLEY_CHECK(::ftruncate(file.get(), static_cast<off_t>(size)) == 0);
  PARLEY_CHECK(::pwrite(file.get(), bytes.data(), std::min(bytes.size(), size), 0) >= 0);
  PARLEY_CHECK(::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0);
  const auto ring = SharedRing::open(std::move(file));
  BufferPool pool;
  if (!ring) return;
  const auto reader = SharedRingReader::claim(*ring, pool);
  for (int i = 0; i < 10; ++i) static_cast<void>((*reader)->read());
}

std::uint64_t sum(const SharedFrame& frame) {
  std::uint64_t total = 0;
  for (const std::byte byte : frame.data.bytes()) total += static_cast<std::uint64_t>(byte);
  PARLEY_CHECK(frame.data.size() == frame.head.bytes);
  return total;
}

void play(Bytes input) {
  const parley::ManualClock clock;
  BufferPool pool;
  const auto when_full = input.number(1) % 2 == 0 ? WhenRingFull::drop_oldest : WhenRingFull::block;
  const SharedRing ring = SharedRing::create({.slots = kSlots, .slot_bytes = 4096}).value();
  void* const mapped =
      ::mmap(nullptr, kControl, PROT_READ | PROT_WRITE, MAP_SHARED, ring.descriptor(), 0);
  PARLEY_CHECK(mapped != MAP_FAILED);
  auto* const control = static_cast<std::byte*>(mapped);
  std::unique_ptr<SharedRingWriter> writer =
      SharedRingWriter::claim(ring, when_full, clock).value();
  std::unique_ptr<SharedRingReader> reader = SharedRingReader::claim(ring, pool).value();
  std::deque<SharedFrame> held;
  std::uint64_t seen = 0;
  while (!input.empty()) {
    switch (input.number(1) % 8) {
      case 0:
      case 1: {
        const std::uint64_t bytes = input.number(2) % 5000;
        const std::byte content[5000] = {};
        static_cast<void>(writer->write({.format = {}, .pts = {}, .sequence = 1},
                                        std::span(content).first(bytes)));
        break;
      }
      case 2:
        if (std::optional<SharedFrame> frame = reader->read()) held.push_back(*std::move(frame));
        break;
      case 3:
        if (!held.empty()) held.pop_front();
        break;
      case 4: {
        const std::size_t at = input.number(2) % (kControl - 8);
        const std::uint64_t value = input.number(8);
        std::memcpy(control + at, &value, 1 + input.number(1) % 8);
        break;
      }
      case 5:
        writer.reset();
        writer = SharedRingWriter::claim(ring, when_full, clock).value();
        break;
      case 6: {
        held.clear();
        reader.reset();
        reader = SharedRingReader::claim(ring, pool).value();
        break;
      }
      default:
        writer->wait_for_room(parley::Instant{});
        reader->wait(parley::Instant{});
        static_cast<void>(reader->producer());
        break;
    }
    for (const SharedFrame& frame : held) seen += sum(frame);
    PARLEY_CHECK(held.size() <= kSlots);
  }
  PARLEY_CHECK(seen != 1);  // keeps the sums
  held.clear();
  ::munmap(mapped, kControl);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> input(data, size);
  if (!input.empty() && input.front() == 0xFF) {
    open_beginning(input.subspan(1));
  } else {
    play(Bytes(input));
  }
  return 0;
}
