// SPDX-License-Identifier: Apache-2.0
//
// The keys that clients must show, and where in a request they show them.
//
// Threads: immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transport/http/http_message.h"

namespace parley::server {

/// The tokens of a `Sec-WebSocket-Protocol` header, in order.
[[nodiscard]] std::vector<std::string_view> offered_subprotocols(
    const transport::HttpRequest& request);

class ApiKeys {
 public:
  explicit ApiKeys(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  /// No keys: everybody may come in.
  [[nodiscard]] bool is_open() const noexcept { return keys_.empty(); }
  /// Every key that a request shows, of whatever kind.
  [[nodiscard]] static std::vector<std::string_view> shown(const transport::HttpRequest& request);
  /// Looks at `Authorization: Bearer K`, `api-key: K` and the subprotocol
  /// `openai-insecure-api-key.K`, which is all that a browser can send. Takes as long for a wrong
  /// key as for a right one.
  [[nodiscard]] bool admits(const transport::HttpRequest& request) const;
  /// Whose things the request sees: a name made of its key, which does not tell the key. Empty
  /// where no keys are asked for, and for a request that is not admitted.
  [[nodiscard]] std::string owner_of(const transport::HttpRequest& request) const;

 private:
  /// The key that the request shows and that is one of ours, if any.
  [[nodiscard]] std::string_view known_key(const transport::HttpRequest& request) const;
  [[nodiscard]] bool is_known(std::string_view key) const noexcept;
  const std::vector<std::string> keys_;
};

}  // namespace parley::server
