// SPDX-License-Identifier: Apache-2.0
//
// Checks of fields that our gRPC messages and Riva's share. Private to what reads gRPC's
// messages.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "media/media_time.h"
#include "protocol/protocol_error.h"
#include "protocol/speech/socket_message.h"

namespace parley::protocol {

/// The first thing that is wrong with a message.
class FirstProblem {
 public:
  void report(ProtocolError error) {
    if (!error_) error_ = std::move(error);
  }
  [[nodiscard]] bool any() const { return error_.has_value(); }
  [[nodiscard]] ProtocolError take() { return error_ ? std::move(*error_) : ProtocolError{}; }

 private:
  std::optional<ProtocolError> error_;
};

/// The bytes are not such a message, or one of its strings is not UTF-8.
[[nodiscard]] ProtocolError invalid_message(std::string_view name);
/// Words to speak, at most so many characters.
void check_text(std::string_view text, std::string_view path, std::size_t characters_max,
                FirstProblem& problem);
void check_name(std::string_view name, std::string_view path, std::size_t bytes_max,
                FirstProblem& problem);
/// 0: as `otherwise`.
[[nodiscard]] double checked_speed(double speed, std::string_view path, FirstProblem& problem);
/// 0: as the format likes it.
[[nodiscard]] int checked_rate(std::int32_t rate, std::string_view path, SpeechFormat format,
                               FirstProblem& problem);
/// "en-US" → "en": of texts, numbers and dates. Empty stays so.
[[nodiscard]] std::string checked_language(std::string_view code, std::string_view path,
                                           FirstProblem& problem);
[[nodiscard]] std::int32_t milliseconds(media::MediaTime time);

}  // namespace parley::protocol
