// SPDX-License-Identifier: Apache-2.0
//
// What Parley and the program parley-livekit, which holds LiveKit's client library, say to each
// other over a socket. A frame is a header, memory, and a message of protobuf; each begins at a
// multiple of eight bytes. Memory is what a message of the library only points to (samples, data):
// its pointers mean nothing in another process.
//
//   Parley -> program: request, drop.   Program -> Parley: hello (first), response, event.
//
// Both are of one build and one machine, so numbers are as the machine has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transport/livekit/ffi.h"

namespace parley::transport {

struct FfiFrame {
  enum class Kind : std::uint32_t {
    hello,     // message: why the library cannot be used; empty: it can. id: the ErrorCode
    request,   // FfiRequest. id: of the response that is waited for; 0: none is
    response,  // FfiResponse of the request with this id; empty: refused
    drop,      // id: a handle
    event,     // FfiEvent
  };
  /// Bytes of a message, or of memory; more is an error of whoever wrote it.
  static constexpr std::size_t kBytesMax = std::size_t{16} << 20U;

  Kind kind = Kind::hello;
  std::uint64_t id = 0;
  std::string_view memory{};
  std::string_view message{};
};

/// Appends the frame's bytes.
void write_frame(std::string& to, const FfiFrame& frame);

/// Bytes in, frames out. Threads: one owner.
class FfiFrameReader {
 public:
  /// Where at least `size` bytes may be written; then `added` says how many were. Frames that were
  /// taken are gone.
  std::span<char> room(std::size_t size);
  void added(std::size_t size);
  /// Its views hold until `room`; `memory` is aligned for samples. Nothing: not whole yet, or
  /// `is_broken`.
  std::optional<FfiFrame> next();
  /// What came is no frame, and neither is what follows.
  [[nodiscard]] bool is_broken() const { return is_broken_; }

 private:
  std::vector<char> bytes_;
  std::size_t begin_ = 0;  // of the next frame
  std::size_t end_ = 0;    // of what was added
  bool is_broken_ = false;
};

/// The memory that a message points to; empty: it points to none.
[[nodiscard]] std::string_view memory_of(const ffi::FfiRequest& request);
[[nodiscard]] std::string_view memory_of(const ffi::FfiEvent& event);
/// It points there instead. Not for a message that points to none. `handle`: that keeps it there.
void point_to(ffi::FfiRequest& request, const void* memory);
void point_to(ffi::FfiEvent& event, const void* memory, std::uint64_t handle);

}  // namespace parley::transport
