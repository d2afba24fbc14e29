// SPDX-License-Identifier: Apache-2.0
#include "tests/support/socket_client.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace parley::test {
namespace {

/// A fuzzer's clock is a signal; calls that it interrupts are no answers of the server.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

std::string request_text(std::string_view method, std::string_view target, const Headers& headers,
                         std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  bool has_host = false;
  for (const auto& [name, value] : headers) {
    text += name + ": " + value + "\r\n";
    has_host = has_host || strcasecmp(name.c_str(), "host") == 0;
  }
  if (!has_host) text += "Host: 127.0.0.1\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

}  // namespace

// --- sockets ------------------------------------------------------------------------------------

Socket::Socket(std::uint16_t port, int receive_buffer_bytes) {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof receive_buffer_bytes);
  }
  const timeval patience{kPatienceSeconds, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto connect = [&] {
    return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  };
  if (uninterrupted(connect) != 0) {
    ::close(std::exchange(descriptor_, -1));
  }
}

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Socket::Socket(Socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), buffered_(std::move(other.buffered_)) {}

bool Socket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = uninterrupted(
        [&] { return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Socket::receive(std::size_t bytes_max) {
  if (!buffered_.empty()) {
    std::string taken = buffered_.substr(0, bytes_max);
    buffered_.erase(0, taken.size());
    return taken;
  }
  std::string bytes(bytes_max, '\0');
  const ssize_t got =
      uninterrupted([&] { return ::recv(descriptor_, bytes.data(), bytes.size(), 0); });
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::string Socket::receive_all() {
  std::string all;
  for (std::string part = receive(65'536); !part.empty(); part = receive(65'536)) all += part;
  return all;
}

std::optional<std::string> Socket::receive_exactly(std::size_t bytes) {
  std::string all;
  while (all.size() < bytes) {
    const std::string part = receive(std::min<std::size_t>(bytes - all.size(), 1U << 20U));
    if (part.empty()) return std::nullopt;
    all += part;
  }
  return all;
}

std::optional<std::string> Socket::receive_until(std::string_view mark) {
  std::string all;
  std::size_t end = std::string::npos;
  while ((end = all.find(mark)) == std::string::npos) {
    const std::string part = receive(4096);
    if (part.empty()) return std::nullopt;
    all += part;
  }
  end += mark.size();
  buffered_ = all.substr(end) + buffered_;
  return all.substr(0, end);
}

void Socket::finish_sending() { ::shutdown(descriptor_, SHUT_WR); }

// --- HTTP ---------------------------------------------------------------------------------------

std::string HttpResult::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (strcasecmp(key.c_str(), std::string(name).c_str()) == 0) return value;
  }
  return {};
}

HttpResult read_response(Socket& socket, bool is_head) {
  HttpResult result;
  const std::optional<std::string> head = socket.receive_until("\r\n\r\n");
  if (!head || head->size() < 12) return result;
  result.status = std::atoi(head->substr(9, 3).c_str());
  for (std::size_t at = head->find("\r\n") + 2; at + 2 < head->size();) {
    const std::size_t end = head->find("\r\n", at);
    const std::string line = head->substr(at, end - at);
    if (const std::size_t colon = line.find(": "); colon != std::string::npos) {
      result.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    at = end + 2;
  }
  const std::string length = result.header("Content-Length");
  if (!is_head && !length.empty()) {
    result.body = socket.receive_exactly(std::stoul(length)).value_or("(cut)");
  }
  return result;
}

HttpResult http(std::uint16_t port, std::string_view method, std::string_view target,
                const Headers& headers, std::string_view body) {
  Socket socket(port);
  if (!socket.is_connected() || !socket.send(request_text(method, target, headers, body))) {
    return {};
  }
  return read_response(socket, method == "HEAD");
}

// --- WebSocket ----------------------------------------------------------------------------------

WebSocketClient::WebSocketClient(std::uint16_t port, std::string_view target,
                                 const Headers& headers, int receive_buffer_bytes)
    : socket_(port, receive_buffer_bytes) {
  Headers all{{"Connection", "Upgrade"},
              {"Upgrade", "websocket"},
              {"Sec-WebSocket-Version", "13"},
              {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  all.insert(all.end(), headers.begin(), headers.end());
  if (socket_.is_connected() && socket_.send(request_text("GET", target, all, {}))) {
    answer_ = read_response(socket_);
  }
}

bool WebSocketClient::send_frame(std::uint8_t opcode, std::string_view payload) {
  const std::size_t size = payload.size();
  std::string frame;
  frame.reserve(size + 14);
  frame += static_cast<char>(0x80U | opcode);
  const auto length_bytes = [&frame, size](int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
      frame += static_cast<char>(size >> static_cast<unsigned>(shift) & 0xFFU);
    }
  };
  if (size < 126) {
    frame += static_cast<char>(0x80U | size);
  } else if (size < 65'536) {
    frame += static_cast<char>(0x80U | 126U);
    length_bytes(2);
  } else {
    frame += static_cast<char>(0x80U | 127U);
    length_bytes(8);
  }
  constexpr char kMask[] = {0x12, 0x34, 0x56, 0x78};
  frame.append(kMask, 4);
  for (std::size_t i = 0; i < size; ++i) frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return socket_.send(frame);
}

bool WebSocketClient::send_close(std::uint16_t code) {
  const char payload[] = {static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
  return send_frame(0x8, {payload, 2});
}

std::optional<WebSocketClient::Frame> WebSocketClient::read_frame() {
  const auto head = socket_.receive_exactly(2);
  if (!head) return std::nullopt;
  const auto byte = [](char c) { return static_cast<std::size_t>(static_cast<unsigned char>(c)); };
  std::size_t size = byte((*head)[1]) & 0x7FU;
  if (size >= 126) {
    const auto extended = socket_.receive_exactly(size == 126 ? 2 : 8);
    if (!extended) return std::nullopt;
    size = 0;
    for (const char c : *extended) size = size << 8U | byte(c);
  }
  auto payload = size == 0 ? std::string() : socket_.receive_exactly(size);
  if (!payload) return std::nullopt;
  return Frame{static_cast<std::uint8_t>(byte((*head)[0]) & 0x0FU), (byte((*head)[0]) & 0x80U) != 0,
               std::move(*payload)};
}

WebSocketClient::Received WebSocketClient::receive() {
  Received result;
  while (const std::optional<Frame> frame = read_frame()) {
    if (frame->opcode == 0x9) {
      if (answer_pings) send_frame(0xA, frame->payload);
    } else if (frame->opcode == 0x8) {
      result.kind = Received::Kind::close;
      if (frame->payload.size() >= 2) {
        result.code =
            static_cast<std::uint16_t>(static_cast<unsigned char>(frame->payload[0]) * 256 +
                                       static_cast<unsigned char>(frame->payload[1]));
        result.data = frame->payload.substr(2);
      }
      send_frame(0x8, frame->payload);
      socket_.finish_sending();
      return result;
    } else if (frame->opcode <= 0x2) {
      if (frame->opcode != 0) {
        result.kind = frame->opcode == 0x1 ? Received::Kind::text : Received::Kind::binary;
      }
      result.data += frame->payload;
      if (frame->is_last) return result;
    }
  }
  return {};
}

}  // namespace parley::test
