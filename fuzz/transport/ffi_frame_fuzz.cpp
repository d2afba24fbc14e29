// SPDX-License-Identifier: Apache-2.0
//
// Any bytes, in any pieces, as what the program parley-livekit says: frames keep their limits, come
// in whole however they were cut, and a message's memory is only used where it is as long as said.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <google/protobuf/stubs/logging.h>

#include "base/log.h"
#include "transport/livekit/ffi_frame.h"
#include "transport/livekit/library_log.h"

namespace {

using namespace parley::transport;  // NOLINT: one file, one subject

// Its complaints about strings would fill the log.
const auto kBefore = google::protobuf::SetLogHandler(nullptr);

void require(bool condition) {
  if (!condition) std::abort();
}

/// The bytes of the frames in `bytes`, which comes in pieces of that size.
std::string frames_of(const std::uint8_t* bytes, std::size_t size, std::size_t piece) {
  FfiFrameReader reader;
  std::string frames;
  for (std::size_t at = 0; at < size; at += piece) {
    const std::size_t count = std::min(piece, size - at);
    std::copy_n(bytes + at, count, reader.room(count).data());
    reader.added(count);
    while (const auto frame = reader.next()) {
      require(frame->memory.size() <= FfiFrame::kBytesMax);
      require(frame->message.size() <= FfiFrame::kBytesMax);
      ffi::FfiEvent event;
      if (event.ParseFromArray(frame->message.data(), static_cast<int>(frame->message.size())) &&
          !frame->memory.empty() && memory_of(event).size() == frame->memory.size()) {
        point_to(event, frame->memory.data(), 0);
        require(memory_of(event) == frame->memory);
      }
      write_frame(frames, *frame);
    }
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  parley::log::set_level(parley::log::Level::off);
  const std::string whole = frames_of(data, size, size);
  require(frames_of(data, size, 1 + data[0] % 64U) == whole);
  LibraryLog log;
  log.take({reinterpret_cast<const char*>(data), size});
  return 0;
}
