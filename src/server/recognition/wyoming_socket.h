// SPDX-License-Identifier: Apache-2.0
//
// One connection of the Wyoming protocol (protocol/recognition/wyoming.h). Each round of audio,
// from its start to its stop, is a stream of recognition; each text to be spoken is one of speech.
// What comes while a round has not been answered waits, unread, and so does a further text.
//
// Threads: the connection's I/O loop; the sinks are also told things on their streams' strands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/recognition/wyoming.h"
#include "server/recognition/listening_socket.h"
#include "server/speech/speech_feed.h"

namespace parley::server {

/// Of one text to be spoken, all its pieces together. Policy: an error.
inline constexpr std::size_t kWyomingTextBytesMax = 48U << 10U;

class WyomingSocket final : public ListeningSocket {
 public:
  /// What connections stand on, and what they are told of it; outlives them.
  struct Place {
    service::RecognitionService& recognition;
    service::SpeechService* speech;  // null: there is none
    SessionGate& gate;
    protocol::WyomingInfo info;
  };

  WyomingSocket(const Place& place, SocketAdmission admission, std::string id);

  void on_open(std::shared_ptr<transport::Connection> connection) override;
  transport::Flow on_text(std::string_view text) override;
  transport::Flow on_binary(std::span<const std::byte> bytes) override;
  void on_writable() override { feed_.resume(); }
  void on_close(std::uint16_t code, std::string_view reason) override;

 private:
  class Hearing;
  class Speaking;
  enum class Wish : std::uint8_t { words, wake };

  void refuse(int code, std::string_view message, std::int64_t retry_seconds) override;
  transport::Flow go_on() override;
  transport::Flow read_on();
  transport::Flow handle(protocol::WyomingEvent event);
  transport::Flow take_audio(const protocol::WyomingAudioChunk& chunk);
  transport::Flow end_audio();
  void begin_round(const protocol::WyomingFormat& format);
  void end_round();
  /// An answer is still owed: the event has to wait.
  [[nodiscard]] bool has_to_wait(const protocol::WyomingEvent& event) const;
  /// False when it was refused.
  bool begin_speech(const protocol::WyomingSynthesize& order, bool is_streamed);
  void take_text(std::string text);
  void tell_error(std::string_view message, std::string_view code);

  const Place& place_;
  const SocketAdmission admission_;
  const std::string id_;
  protocol::WyomingReader reader_;
  std::optional<protocol::WyomingEvent> waiting_;
  bool is_over_ = false;

  Wish wish_ = Wish::words;
  std::string language_;
  std::vector<std::string> names_;    // that wake
  bool is_within_ = false;            // a round: its audio has begun, and not been stopped
  protocol::WyomingFormat format_;    // of the round
  std::shared_ptr<Hearing> hearing_;  // of the last round, shared with its stream

  SpeechFeed feed_;
  std::shared_ptr<Speaking> speaking_;  // of the last text, shared with its stream
  bool is_writing_ = false;             // text comes in pieces
  std::size_t text_bytes_ = 0;
};

}  // namespace parley::server
