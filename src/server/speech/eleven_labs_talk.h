// SPDX-License-Identifier: Apache-2.0
//
// What is said at ElevenLabs' sockets: `stream-input`, where one text is spoken and the socket ends
// with it, and `multi-stream-input`, where several contexts speak side by side.
//
// Text waits until there is as much as the schedule says, the client asks for it (flush,
// try_trigger_generation) or ends it; with auto_mode it never waits. From there the stream cuts it
// into clauses of its own. `close_context` right after a flush lets what was flushed be heard, as
// clients count on; otherwise it is a barge-in, and no audio of the context follows its final
// frame.
//
// Threads: the socket's strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/speech/eleven_labs_message.h"
#include "protocol/speech/output_format.h"
#include "server/speech/socket_admission.h"
#include "server/speech/speech_feed.h"
#include "server/speech/speech_place.h"
#include "server/speech/speech_socket.h"

namespace parley::server {

/// Contexts of a socket at once. Policy when full: an error, the message is not taken.
inline constexpr std::size_t kContextsMax = 5;
/// Text of a socket that no stream has taken yet. Policy when full: an error, the socket closes.
inline constexpr std::size_t kContextTextWaitingBytesMax = 1U << 20U;

class ElevenLabsTalk final : public SocketTalk {
 public:
  struct Setup {
    bool is_multi = false;
    std::string voice;
    protocol::OutputFormat format;
    std::string language;
    bool ssml = false;
    bool normalise = true;
    bool auto_mode = false;
    Millis inactivity{20'000};  // without a message: the socket, or the context, ends
    std::string id;             // of the socket, in logs: req_…
    /// Nothing: the key comes with the first message.
    std::optional<SocketAdmission> admission;
  };

  ElevenLabsTalk(const SpeechPlace& place, Setup setup);
  ~ElevenLabsTalk() override;

  void begin(SocketLine line) override;
  void on_text(std::string_view frame) override;
  void on_binary() override;
  void on_wake() override;
  void on_writable() override;

 private:
  class Sink;
  struct Context;

  void handle(protocol::ElevenLabsMessage message);
  [[nodiscard]] bool is_admitted(const std::string& key);
  void speak(protocol::ElevenLabsMessage message);
  void close_context(Context& context);
  void finish(Context& context);
  void finish_all();
  /// What waits for more is handed over.
  void release(Context& context);
  [[nodiscard]] bool is_due(const Context& context) const;

  [[nodiscard]] Context* find(std::string_view name);
  Context* find_or_make(const protocol::ElevenLabsMessage& message);
  bool start(Context& context);
  /// False when the context has ended.
  bool go_on(Context& context);
  void advance();
  void look_at_clock();
  [[nodiscard]] std::optional<std::string> shown(const Context& context) const;

  void send(std::string json);
  /// An error, then a close.
  void fail(std::uint16_t close_code, std::string_view error, std::string_view message);
  void close(std::uint16_t code, std::string_view reason);

  const SpeechPlace place_;
  Setup setup_;
  SocketLine line_;
  std::list<Context> contexts_;  // in order of their first messages
  Instant heard_;                // the last message
  Instant looks_at_;             // when the timer fires
  exec::TimerService::Id timer_ = 0;
  std::uint64_t flushes_ = 0;
  bool closing_ = false;  // when the contexts have ended
  bool closed_ = false;
  Counter& refused_contexts_;
  Counter& refused_text_;
};

}  // namespace parley::server
