// SPDX-License-Identifier: Apache-2.0
#include "protocol/protocol_error.h"

#include <utility>

namespace parley::protocol {
namespace {

constexpr std::size_t kQuotedBytesMax = 100;  // of a client's value in a message

ProtocolError make(std::string code, std::string message, std::optional<std::string> param) {
  ProtocolError error;
  error.code = std::move(code);
  error.message = std::move(message);
  error.param = std::move(param);
  return error;
}

}  // namespace

std::string_view to_string(ProtocolError::Type type) noexcept {
  return type == ProtocolError::Type::server ? "server_error" : "invalid_request_error";
}

std::string close_reason(const ProtocolError& error) {
  return std::string(to_string(error.type)) + "." + error.code;
}

ProtocolError invalid_json() {
  return make("invalid_json",
              "We could not parse JSON from your message. Every frame must be one JSON object.",
              std::nullopt);
}

ProtocolError invalid_event(std::string message) {
  return make("invalid_event", std::move(message), std::nullopt);
}

ProtocolError missing_parameter(std::string path) {
  return make("missing_required_parameter", "Missing required parameter: '" + path + "'.", path);
}

ProtocolError unknown_parameter(std::string path) {
  return make("unknown_parameter", "Unknown parameter: '" + path + "'.", path);
}

ProtocolError invalid_value(std::string path, std::string message) {
  return make("invalid_value", std::move(message), std::move(path));
}

ProtocolError unsupported_value(std::string path, std::string_view value,
                                std::string_view supported) {
  std::string message = "Invalid value: '";
  message += value.substr(0, kQuotedBytesMax);
  message += value.size() > kQuotedBytesMax ? "...'" : "'";
  message += ". Supported values are: ";
  message += supported;
  message += '.';
  return invalid_value(std::move(path), std::move(message));
}

ProtocolError invalid_type(std::string path, std::string_view expected, std::string_view got) {
  std::string message = "Invalid type for '" + path + "': expected ";
  message += expected;
  message += ", but got ";
  message += got;
  message += " instead.";
  return make("invalid_type", std::move(message), std::move(path));
}

ProtocolError string_too_long(std::string path, std::size_t length_max, std::size_t length) {
  return make("string_above_max_length",
              "Invalid '" + path + "': string too long. Expected a string with maximum length " +
                  std::to_string(length_max) + ", but got a string with length " +
                  std::to_string(length) + " instead.",
              path);
}

}  // namespace parley::protocol
