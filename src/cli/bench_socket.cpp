// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace parley::cli {
namespace {

// The pair of RFC 6455 §1.3. A key of its own for each connection guards against caches between
// client and server; this client measures what stands beside it.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

constexpr std::uint8_t kText = 0x1;
constexpr std::uint8_t kClose = 0x8;
constexpr std::uint8_t kPing = 0x9;
constexpr std::uint8_t kPong = 0xA;
constexpr std::string_view kNormalClosure = "\x03\xE8";  // 1000
constexpr std::size_t kReadBytes = 65'536;
constexpr std::size_t kHeadBytesMax = 65'536;

Error lost(std::string_view what, int code) {
  return {ErrorCode::unavailable, std::string(what) + ": " + std::generic_category().message(code)};
}

Error corrupt(const char* what) {
  return {ErrorCode::data_corrupt, std::string("the server sent ") + what};
}

std::size_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// "101", "503", …
std::string_view status_of(std::string_view head) {
  return head.size() < 12 ? std::string_view() : head.substr(9, 3);
}

}  // namespace

BenchSocket::BenchSocket(int descriptor, const BenchTarget& target, std::uint64_t seed)
    : descriptor_(descriptor), random_(seed) {
  unsent_ = "GET " + target.path + " HTTP/1.1\r\nHost: " + target.host + ":" +
            std::to_string(target.port) +
            "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: " +
            std::string(kKey) + "\r\n";
  if (!target.key.empty()) unsent_ += "Authorization: Bearer " + target.key + "\r\n";
  unsent_ += "\r\n";
}

BenchSocket::BenchSocket(BenchSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      state_(other.state_),
      received_(std::move(other.received_)),
      message_(std::move(other.message_)),
      unsent_(std::move(other.unsent_)),
      random_(other.random_) {}

BenchSocket::~BenchSocket() {
  if (descriptor_ < 0) return;
  if (is_open()) {
    // So that the server sees a client that leaves, not one that was lost. It need not arrive.
    queue_frame(kClose, kNormalClosure);
    static_cast<void>(flush());
  }
  ::close(descriptor_);
}

Result<BenchSocket> BenchSocket::connect(const BenchTarget& target, std::uint64_t seed) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  const std::string host = target.host == "localhost" ? "127.0.0.1" : target.host;
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return Error{ErrorCode::invalid_argument,
                 "'" + target.host + "' is no address: give one like 127.0.0.1"};
  }
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return lost("socket", errno);
  BenchSocket socket(descriptor, target, seed);
  const int on = 1;
  // Each frame leaves at its time: it must not wait for the acknowledgement of the one before.
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    return lost("connect", errno);
  }
  return socket;
}

Status BenchSocket::advance(std::vector<std::string>& messages) {
  if (state_ == State::connecting) {
    PARLEY_TRY_STATUS(finish_connecting());
    if (state_ == State::connecting) return {};
  }
  Status read = read_all();
  if (state_ == State::upgrading) PARLEY_TRY_STATUS(finish_upgrade());
  if (state_ == State::open) PARLEY_TRY_STATUS(take_frames(messages));
  if (!read) return read;
  return flush();
}

Status BenchSocket::send(std::string_view text) {
  PARLEY_CHECK(is_open());
  queue_frame(kText, text);
  PARLEY_TRY_STATUS(flush());
  if (unsent_.size() > kUnsentMax) {
    return Error{ErrorCode::unavailable, "the server does not read what it is sent"};
  }
  return {};
}

Status BenchSocket::finish_connecting() {
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure != 0) return lost("connect", failure);
  sockaddr_in peer{};
  size = sizeof peer;
  if (::getpeername(descriptor_, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  state_ = State::upgrading;
  return {};
}

Status BenchSocket::read_all() {
  std::array<char, kReadBytes> chunk{};
  while (true) {
    const ssize_t got = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
    if (got > 0) {
      received_.append(chunk.data(), static_cast<std::size_t>(got));
      if (received_.size() > kMessageMax) return corrupt("more than a message may hold");
      if (static_cast<std::size_t>(got) < chunk.size()) return {};
      continue;
    }
    if (got == 0) return Error{ErrorCode::unavailable, "the server closed the connection"};
    if (errno == EINTR) continue;
    return errno == EAGAIN ? Status() : Status(lost("receive", errno));
  }
}

Status BenchSocket::finish_upgrade() {
  const std::size_t end = received_.find("\r\n\r\n");
  if (end == std::string::npos) {
    return received_.size() > kHeadBytesMax ? Status(corrupt("a head without an end")) : Status();
  }
  const std::string head = received_.substr(0, end);
  if (status_of(head) != "101") {
    return Error{ErrorCode::unavailable,
                 "the server refused the WebSocket: " + head.substr(0, head.find("\r\n")) + " " +
                     received_.substr(end + 4)};
  }
  if (head.find(kAccept) == std::string::npos) return corrupt("a wrong Sec-WebSocket-Accept");
  received_.erase(0, end + 4);
  state_ = State::open;
  return {};
}

Status BenchSocket::take_frames(std::vector<std::string>& messages) {
  std::size_t at = 0;
  const std::string_view all = received_;
  Status status;
  while (status && all.size() - at >= 2) {
    std::size_t header = 2;
    std::size_t size = byte_at(all, at + 1) & 0x7FU;
    if (size >= 126) {
      const std::size_t bytes = size == 126 ? 2 : 8;
      header += bytes;
      if (all.size() - at < header) break;
      size = 0;
      for (std::size_t i = 0; i < bytes; ++i) size = size << 8U | byte_at(all, at + 2 + i);
    }
    if (size > kMessageMax) return corrupt("a frame that is too long");
    if (all.size() - at < header + size) break;
    status =
        take_frame(static_cast<std::uint8_t>(all[at]), all.substr(at + header, size), messages);
    at += header + size;
  }
  received_.erase(0, at);
  return status;
}

Status BenchSocket::take_frame(std::uint8_t head, std::string_view payload,
                               std::vector<std::string>& messages) {
  const auto opcode = static_cast<std::uint8_t>(head & 0x0FU);
  if (opcode == kPing) {
    queue_frame(kPong, payload);
    return {};
  }
  if (opcode == kPong) return {};
  if (opcode == kClose) {
    const std::string reason(payload.substr(std::min<std::size_t>(2, payload.size())));
    return Error{ErrorCode::unavailable, "the server ended the session: " + reason};
  }
  if (opcode > kText) return corrupt("a frame that is no text");
  message_ += payload;
  if (message_.size() > kMessageMax) return corrupt("a message that is too long");
  if ((head & 0x80U) != 0) messages.push_back(std::exchange(message_, {}));
  return {};
}

void BenchSocket::queue_frame(std::uint8_t opcode, std::string_view payload) {
  const std::size_t size = payload.size();
  unsent_ += static_cast<char>(0x80U | opcode);
  if (size < 126) {
    unsent_ += static_cast<char>(0x80U | size);
  } else {
    const bool is_short = size < 65'536;
    unsent_ += static_cast<char>(0x80U | (is_short ? 126U : 127U));
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) {
      unsent_ += static_cast<char>(size >> static_cast<unsigned>(shift) & 0xFFU);
    }
  }
  const std::uint64_t bits = random_.next();
  std::array<char, 4> mask{};
  std::memcpy(mask.data(), &bits, mask.size());
  unsent_.append(mask.data(), mask.size());
  for (std::size_t i = 0; i < size; ++i) {
    unsent_ += static_cast<char>(payload[i] ^ mask[i % mask.size()]);
  }
}

Status BenchSocket::flush() {
  std::size_t sent = 0;
  Status status;
  while (sent < unsent_.size()) {
    const ssize_t count =
        ::send(descriptor_, unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL);
    if (count >= 0) {
      sent += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      if (errno != EAGAIN) status = lost("send", errno);
      break;
    }
  }
  unsent_.erase(0, sent);
  return status;
}

}  // namespace parley::cli
