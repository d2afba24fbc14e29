// SPDX-License-Identifier: Apache-2.0
//
// One socket of FunASR's protocol (protocol/recognition/funasr.h): one recording after the other,
// each between its message and `"is_speaking":false`.
//
// Threads: the connection's I/O loop; the sink is also told things on the stream's strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "protocol/recognition/funasr.h"
#include "server/recognition/listening_socket.h"

namespace parley::server {

class FunasrSocket final : public ListeningSocket {
 public:
  /// `service` and `gate` outlive it. `id`: of the request.
  FunasrSocket(service::RecognitionService& service, SessionGate& gate, SocketAdmission admission,
               std::string id);

  void on_open(std::shared_ptr<transport::Connection> connection) override;
  transport::Flow on_text(std::string_view text) override;
  transport::Flow on_binary(std::span<const std::byte> bytes) override;

 private:
  class Sink;
  /// What the client said last.
  struct Order {
    protocol::FunasrMode mode = protocol::FunasrMode::two_pass;
    protocol::FunasrFormat format = protocol::FunasrFormat::pcm;
    std::string wav_name = "microphone";
    int rate = 16'000;           // Hz
    int chunk_ms = 600;          // how often it wants to hear of it
    bool writes_numbers = true;  // false: as words, where the language is English
    std::vector<std::string> hot_words{};
    friend bool operator==(const Order&, const Order&) = default;
  };

  void refuse(int code, std::string_view message, std::int64_t retry_seconds) override;
  /// A stream for the order, unless there is one. False when it was refused.
  bool begin();
  void end_recording(bool is_acknowledged);
  /// Of a file: what stands before its samples is not heard.
  transport::Flow take_file(std::span<const std::byte> bytes);

  const std::string id_;
  Order order_;
  Order begun_;                   // the order of the stream
  std::shared_ptr<Sink> sink_;    // shared with the stream; null before the first
  bool is_within_ = false;        // a recording: audio has come and its end has not
  std::string head_;              // of a file, until its samples begin
  std::uint64_t file_bytes_ = 0;  // samples of a file that are still to come
  std::uint64_t flushes_ = 0;
  bool is_over_ = false;  // it was refused
};

}  // namespace parley::server
