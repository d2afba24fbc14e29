// SPDX-License-Identifier: Apache-2.0
//
// The keys that clients must show, where in a request they show them, and what each may use. A key
// is kept as its SHA-256 only. Those of a file may change while the server runs: a key that has
// gone from it, was revoked there or has expired is not found any more; what it opened goes on to
// its end. The number of a key stays the same as long as the server runs.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "server/key_limits.h"
#include "transport/http/http_message.h"

namespace parley::server {

class KeyRing;

/// The tokens of a `Sec-WebSocket-Protocol` header, in order.
[[nodiscard]] std::vector<std::string_view> offered_subprotocols(
    const transport::HttpRequest& request);

struct ApiKey {
  std::string name;    // in metrics and logs
  std::string sha256;  // 64 lower-case hexadecimal digits
  KeyLimits limits = {};
  // Shared with its account, which hears of its end.
  std::shared_ptr<KeyLife> life = std::make_shared<KeyLife>();
};

/// What a key may use unless it says otherwise: `limits.*`.
[[nodiscard]] KeyLimits default_limits(const Config& config);
/// One entry of `server.keys`: "name=web sha256=… sessions=10". Errors: invalid_argument.
[[nodiscard]] Result<ApiKey> parse_api_key(std::string_view entry, const KeyLimits& defaults);
/// SHA-256 in hexadecimal digits.
[[nodiscard]] std::string digest_of_key(std::string_view key);

class ApiKeys {
 public:
  /// Keys in clear, named key-1, key-2 and so on.
  explicit ApiKeys(const std::vector<std::string>& keys, const KeyLimits& limits = {});
  /// Those of `server.api_keys` and of `server.keys`. Errors: invalid_argument, naming the entry.
  [[nodiscard]] static Result<ApiKeys> make(const Config& config);
  /// And those of `server.keys_file` or `server.keys_url`, which is followed. Errors: what reading
  /// it says, too. `clock` and `metrics` outlive all copies.
  [[nodiscard]] static Result<ApiKeys> follow(const Config& config, const Clock& clock,
                                              Metrics& metrics);

  /// No keys, and no file of keys: everybody may come in.
  [[nodiscard]] bool is_open() const noexcept { return is_open_; }
  /// Every key that a request shows, of whatever kind.
  [[nodiscard]] static std::vector<std::string_view> shown(const transport::HttpRequest& request);
  /// Looks at `Authorization: Bearer K` (or `Token K`, as Deepgram's clients say), `api-key: K`,
  /// `xi-api-key: K` and the subprotocol `openai-insecure-api-key.K`, which is all that a browser
  /// can send. Keys are looked up by their digest, so that how long it takes says nothing of them.
  [[nodiscard]] bool admits(const transport::HttpRequest& request) const {
    return is_open() || find(request).has_value();
  }
  /// Which of `all` a request shows.
  [[nodiscard]] std::optional<std::size_t> find(const transport::HttpRequest& request) const;
  /// Which of `all` is `key`, wherever that was shown.
  [[nodiscard]] std::optional<std::size_t> find_key(std::string_view key) const;
  /// Whose things the request sees: a name made of its key, which does not tell the key. Empty
  /// where no keys are asked for, and for a request that is not admitted.
  [[nodiscard]] std::string owner_of(const transport::HttpRequest& request) const;
  /// Likewise of one that shows `key`, wherever that is.
  [[nodiscard]] std::string owner_of_key(std::string_view key) const;
  /// Those that have ended, too.
  [[nodiscard]] std::vector<ApiKey> all() const;
  /// Another one whenever `all` has changed.
  [[nodiscard]] std::uint64_t version() const;

 private:
  struct Standing {};  // so that `ApiKeys({})` can only mean no keys
  ApiKeys(Standing on, std::shared_ptr<KeyRing> ring);
  [[nodiscard]] std::string owner_at(std::optional<std::size_t> key) const;
  std::shared_ptr<KeyRing> ring_;  // shared by copies
  bool is_open_;
};

}  // namespace parley::server
