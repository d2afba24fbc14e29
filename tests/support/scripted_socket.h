// SPDX-License-Identifier: Apache-2.0
//
// The server's end of a WebSocket for tests, frame by frame as a test writes it down. It shares no
// code with our client.
//
//   ScriptedEndpoint endpoint([](Peer& peer) {
//     ScriptedSocket socket(peer);
//     if (!socket.open()) return;
//     while (const auto frame = socket.read()) …
//   });
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "base/base64.h"
#include "tests/support/scripted_endpoint.h"

namespace parley::testing_support {

class ScriptedSocket {
 public:
  struct Frame {
    bool is_text = false;
    std::string bytes;
  };

  explicit ScriptedSocket(Peer& peer) : peer_(peer) {}

  /// Answers the handshake (RFC 6455 §4.2.2). False: the client asked for something else.
  bool open() {
    request_ = peer_.read_request();
    const std::string_view name = "Sec-WebSocket-Key: ";
    const std::size_t at = request_.find(name);
    if (at == std::string::npos) return false;
    const std::size_t begin = at + name.size();
    const std::string key = request_.substr(begin, request_.find("\r\n", begin) - begin) +
                            "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(key.data(), key.size(), digest.data(), &size, EVP_sha1(), nullptr);
    std::string accept;
    base64_append(accept, std::as_bytes(std::span(digest).first(size)));
    peer_.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept + "\r\n\r\n");
    return true;
  }
  [[nodiscard]] const std::string& request() const { return request_; }

  /// The next text or audio; nothing when the client has closed.
  std::optional<Frame> read() {
    const std::string head = peer_.read(2);
    if (head.size() < 2) return std::nullopt;
    const int opcode = head[0] & 0x0F;
    std::size_t size = static_cast<unsigned char>(head[1]) & 0x7FU;
    if (size >= 126) {
      const std::string more = peer_.read(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : more) size = size << 8U | static_cast<unsigned char>(c);
    }
    const std::string mask = peer_.read(4);
    std::string bytes = peer_.read(size);
    if (mask.size() < 4 || bytes.size() < size || opcode == 8) return std::nullopt;
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ mask[i % 4]);
    return Frame{opcode == 1, std::move(bytes)};
  }
  void send_text(std::string_view text) { send_frame(1, text); }
  void send_binary(std::string_view bytes) { send_frame(2, bytes); }
  /// Says so, and hears that the client has understood: the server then closes first (§7.1.1).
  void close(std::uint16_t code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
    send_frame(8, payload.append(reason));
    while (read()) continue;
  }

 private:
  void send_frame(int opcode, std::string_view payload) {
    std::string frame{static_cast<char>(0x80 | opcode)};
    if (payload.size() < 126) {
      frame += static_cast<char>(payload.size());
    } else {
      frame += static_cast<char>(126);
      frame += static_cast<char>(payload.size() >> 8U & 0xFFU);
      frame += static_cast<char>(payload.size() & 0xFFU);
    }
    peer_.send(frame.append(payload));
  }

  Peer& peer_;
  std::string request_;
};

}  // namespace parley::testing_support
