// SPDX-License-Identifier: Apache-2.0
//
// Text on its way into a stream of speech: what the stream has no room for yet waits here, in order
// with the flushes between it, so that whoever brings text never has to wait itself. Draws on the
// limits of its key: its characters, and its streams at one time.
//
//   SpeechFeed feed(account);
//   if (const auto refused = feed.append(text)) …   // the key has no characters left
//   feed.flush(1); feed.finish();
//   PARLEY_TRY_STATUS(feed.open(service, request, sink));
//   feed.pump();                        // again whenever the sink has heard on_room
//
// What waits is not limited here: who appends looks at `waiting_bytes`. Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "server/key_limits.h"
#include "service/speech/speech_service.h"

namespace parley::server {

class SpeechFeed {
 public:
  explicit SpeechFeed(std::shared_ptr<KeyAccount> account) : account_(std::move(account)) {}

  /// A refusal: the text was not taken.
  [[nodiscard]] std::optional<KeyAccount::Refusal> append(std::string text);
  void flush(std::uint64_t id) { pieces_.emplace_back(id); }
  void finish() { is_whole_ = true; }

  /// What waits, and what comes, goes into a stream from now on. Errors: what the service says;
  /// resource_exhausted, permission_denied: the key has as many streams as it may, or is none any
  /// more.
  Status open(service::SpeechService& service, service::SpeechRequest request,
              std::shared_ptr<service::SpeechSink> sink);
  /// Hands over what there is room for.
  void pump();
  void resume();
  /// The sink hears no audio after it has returned. What waits is forgotten.
  void cancel();
  /// The same at once: the sink hears nothing after it has returned, not even its end.
  void drop();

  [[nodiscard]] bool is_open() const noexcept { return stream_ != nullptr; }
  [[nodiscard]] bool is_whole() const noexcept { return is_whole_; }
  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }

 private:
  using Piece = std::variant<std::string, std::uint64_t>;  // text, or the id of a flush

  bool hand_over(std::string& text);

  std::shared_ptr<KeyAccount> account_;  // shared with the server's list
  std::shared_ptr<void> place_;          // of KeyAccount::enter_stream
  std::deque<Piece> pieces_;
  std::size_t handed_ = 0;  // bytes of the first piece that the stream has
  std::size_t waiting_bytes_ = 0;
  bool is_whole_ = false;
  bool is_finished_ = false;  // the stream knows
  std::unique_ptr<service::SpeechStream> stream_;
};

}  // namespace parley::server
