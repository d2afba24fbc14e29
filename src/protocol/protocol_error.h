// SPDX-License-Identifier: Apache-2.0
//
// What is told to a client whose event cannot be served, with the codes of the Realtime API
// (openai-realtime reference, §2.4). An error never ends a session, except the fatal ones that the
// server sends before it closes. Threads: value type; makers are pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::protocol {

struct ProtocolError {
  enum class Type : std::uint8_t { invalid_request, server };

  Type type = Type::invalid_request;
  std::string code;
  std::string message;
  std::optional<std::string> param;     // path of the field at fault
  std::optional<std::string> event_id;  // the client event at fault, when it named itself
  bool is_in_client_words = false;      // `param` needs no translation into the client's dialect
};

[[nodiscard]] std::string_view to_string(ProtocolError::Type type) noexcept;

/// The reason of a WebSocket close that follows a fatal error: "<type>.<code>".
[[nodiscard]] std::string close_reason(const ProtocolError& error);

// Makers, one per message form.
[[nodiscard]] ProtocolError invalid_json();
/// A frame that is no event: binary, not an object, or without a `type`.
[[nodiscard]] ProtocolError invalid_event(std::string message);
[[nodiscard]] ProtocolError missing_parameter(std::string path);
[[nodiscard]] ProtocolError unknown_parameter(std::string path);
[[nodiscard]] ProtocolError invalid_value(std::string path, std::string message);
/// "Invalid value: 'x'. Supported values are: 'a', 'b' and 'c'."; `supported` is ready to print.
[[nodiscard]] ProtocolError unsupported_value(std::string path, std::string_view value,
                                              std::string_view supported);
/// "Invalid type for 'p': expected a string, but got null instead."
[[nodiscard]] ProtocolError invalid_type(std::string path, std::string_view expected,
                                         std::string_view got);
[[nodiscard]] ProtocolError string_too_long(std::string path, std::size_t length_max,
                                            std::size_t length);

}  // namespace parley::protocol
