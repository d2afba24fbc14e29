// SPDX-License-Identifier: Apache-2.0
//
// Lines of text, both ways, over a socket that another process made and left to this one: how a
// parent process that is no C++ talks to the program that it has started.
//
//   PARLEY_TRY(auto socket, LineSocket::adopt(descriptor, 64U << 10U, listener));
//   socket->write(R"({"type":"hello"})");
//
// Threads: `write` and `close` any, and not from the listener; construction and destruction one
// owner.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"

namespace parley::transport {

/// Threads: the socket's own; it reads no further until a call has returned.
class LineListener {
 public:
  virtual ~LineListener() = default;
  /// Without its end.
  virtual void on_line(std::string_view line) = 0;
  /// The last call, once, unless we close it: the peer has, or sent a line that is too long.
  virtual void on_end(const Error& why) = 0;
};

class LineSocket {
 public:
  /// `descriptor`, a connected stream socket, belongs to it from now on. `listener` outlives it.
  /// Errors: invalid_argument where it is none.
  static Result<std::unique_ptr<LineSocket>> adopt(int descriptor, std::size_t line_bytes_max,
                                                   LineListener& listener);
  ~LineSocket();
  LineSocket(const LineSocket&) = delete;
  LineSocket& operator=(const LineSocket&) = delete;

  /// `line` has no end in it. Waits while the peer does not read. Errors: unavailable once the
  /// socket is over.
  Status write(std::string_view line);
  /// Who waits in `write` returns. Idempotent.
  void close() noexcept;

 private:
  LineSocket(int descriptor, std::size_t line_bytes_max, LineListener& listener);
  void read_lines();

  const int descriptor_;
  const std::size_t line_bytes_max_;
  LineListener& listener_;
  std::atomic<bool> is_closed_{false};  // by us
  std::mutex write_mutex_;              // one line at a time
  std::thread thread_;                  // last: it uses the others
};

}  // namespace parley::transport
