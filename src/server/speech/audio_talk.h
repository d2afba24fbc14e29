// SPDX-License-Identifier: Apache-2.0
//
// What is said at /ws/audio (docs/speech/websocket.md), and at /v1/speak in Deepgram's words: text
// comes in as utterances, which are spoken one after the other.
//
// An utterance takes text until it is finished or the next one begins. Each ends in one message:
// done, cancelled, or an error that `ends` it.
//
// Threads: the socket's strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/speech/socket_event.h"
#include "protocol/speech/socket_message.h"
#include "server/speech/socket_admission.h"
#include "server/speech/speech_feed.h"
#include "server/speech/speech_place.h"
#include "server/speech/speech_socket.h"

namespace parley::server {

/// Utterances of a socket, the one that speaks included. Policy when full: an error, 429.
inline constexpr std::size_t kUtterancesMax = 32;
/// Text of a socket that no stream has taken yet. Policy: the same; what is too much is not taken.
inline constexpr std::size_t kSocketTextWaitingBytesMax = 1U << 20U;

enum class SocketWords : std::uint8_t { ours, deepgram };

class AudioTalk final : public SocketTalk {
 public:
  struct Setup {
    SocketWords words = SocketWords::ours;
    protocol::Speak defaults = {};  // what an utterance is where its message does not say
    SocketAdmission admission = {};
    std::string id = {};  // of the socket, in logs: req_…
    std::string model = {};
  };

  AudioTalk(const SpeechPlace& place, Setup setup);
  ~AudioTalk() override;

  void begin(SocketLine line) override;
  void on_text(std::string_view frame) override;
  void on_binary() override;
  void on_wake() override;
  void on_writable() override;

 private:
  class Sink;
  struct Utterance;

  void handle(protocol::Speak speak);
  void handle(protocol::Append append);
  void handle(const protocol::Flush& flush);
  void handle(const protocol::Finish& finish);
  void handle(const protocol::Cancel& cancel);
  void handle(const protocol::CloseSocket& close);

  /// The utterance that takes text, if it is the one named; else null, after an error.
  Utterance* open_one(std::string_view id);
  [[nodiscard]] bool may_take(std::size_t text_bytes, const std::string& id);
  bool start(Utterance& utterance);
  /// Goes on with what is first in line.
  void advance();
  void close_if_quiet();

  void tell(const protocol::SocketEvent& event);
  void refuse(std::string message, std::string field, std::string id = {}, int status = 400,
              std::int64_t retry_after = 0);

  const SpeechPlace place_;
  const Setup setup_;
  SocketLine line_;
  std::list<Utterance> utterances_;  // the first one speaks; only the last one takes text
  std::uint64_t numbered_ = 0;       // utterances that the server had to name
  std::uint64_t flushes_ = 0;
  std::uint64_t cancels_ = 0;
  bool closing_ = false;  // takes nothing more
  bool closed_ = false;
  Counter& refused_utterances_;
  Counter& refused_text_;
};

}  // namespace parley::server
