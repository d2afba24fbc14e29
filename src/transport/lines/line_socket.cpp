// SPDX-License-Identifier: Apache-2.0
#include "transport/lines/line_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exec/thread_name.h"

namespace parley::transport {
namespace {

constexpr std::size_t kReadBytes = 64U << 10U;

/// A call that a signal has interrupted is made again.
template <typename Call>
auto again(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

Result<std::unique_ptr<LineSocket>> LineSocket::adopt(int descriptor, std::size_t line_bytes_max,
                                                      LineListener& listener) {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
    return Error{ErrorCode::invalid_argument,
                 "descriptor " + std::to_string(descriptor) + " is no connected stream socket"};
  }
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);  // it is not for our own children
  return std::unique_ptr<LineSocket>(new LineSocket(descriptor, line_bytes_max, listener));
}

LineSocket::LineSocket(int descriptor, std::size_t line_bytes_max, LineListener& listener)
    : descriptor_(descriptor),
      line_bytes_max_(line_bytes_max),
      listener_(listener),
      thread_([this] { read_lines(); }) {}

LineSocket::~LineSocket() {
  close();
  thread_.join();
  ::close(descriptor_);
}

void LineSocket::close() noexcept {
  is_closed_.store(true);
  ::shutdown(descriptor_, SHUT_RDWR);
}

Status LineSocket::write(std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  const std::lock_guard lock(write_mutex_);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t sent =
        again([&] { return ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL); });
    if (sent < 0) {
      return Error{ErrorCode::unavailable,
                   std::string("a line could not be sent: ") + std::strerror(errno)};
    }
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

void LineSocket::read_lines() {
  exec::set_thread_name("lines");
  std::string line;
  std::array<char, kReadBytes> bytes;
  Error why{ErrorCode::unavailable, "the other end has closed"};
  while (true) {
    const ssize_t count = again([&] { return ::recv(descriptor_, bytes.data(), bytes.size(), 0); });
    if (count < 0) why.message = std::strerror(errno);
    if (count <= 0) break;
    std::string_view rest(bytes.data(), static_cast<std::size_t>(count));
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      line.append(rest.substr(0, end));
      rest.remove_prefix(end + 1);
      if (line.size() > line_bytes_max_) break;
      listener_.on_line(line);
      line.clear();
    }
    line.append(rest);
    if (line.size() > line_bytes_max_) {
      why = {ErrorCode::data_corrupt,
             "a line is longer than " + std::to_string(line_bytes_max_) + " bytes"};
      ::shutdown(descriptor_, SHUT_RDWR);
      break;
    }
  }
  if (!is_closed_.load()) listener_.on_end(why);
}

}  // namespace parley::transport
