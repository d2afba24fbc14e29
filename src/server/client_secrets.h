// SPDX-License-Identifier: Apache-2.0
//
// Secrets that open sessions for a short while, with settings that whoever minted them chose: a
// browser gets one instead of a key. A secret may open several sessions until it expires; a session
// that is open outlives it. They live in memory only: a restart forgets them.
//
// Threads: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "protocol/realtime/client_secret.h"

namespace parley::server {

/// Secrets that have not expired; a further one is refused with 429 (counted).
inline constexpr std::size_t kSecretsLiveMax = 10'000;
/// Session settings that they may hold together, about; the same.
inline constexpr std::size_t kSecretsBytesMax = 64U << 20U;

/// Whose a session is.
struct SessionOwner {
  std::string name = {};    // ApiKeys::owner_of: who sees its conversation
  std::size_t account = 0;  // in KeyAccounts: whose limits it draws on
};

class ClientSecrets {
 public:
  using Session = std::shared_ptr<const protocol::SessionPatch>;

  /// Both must outlive it.
  ClientSecrets(const Clock& clock, Metrics& metrics);

  /// True for what looks like one of ours, whether it is known or not.
  [[nodiscard]] static bool is_secret(std::string_view token) noexcept;
  /// `bytes`: of the request that it comes from. `owner`: whose its sessions are.
  /// Errors: resource_exhausted.
  [[nodiscard]] Result<protocol::ClientSecretShown> mint(protocol::SessionPatch session,
                                                         std::chrono::seconds life,
                                                         std::size_t bytes,
                                                         SessionOwner owner = {});
  /// Null when it is unknown or has expired.
  [[nodiscard]] Session find(std::string_view value) const;
  /// Of nobody when it is unknown or has expired.
  [[nodiscard]] SessionOwner owner_of(std::string_view value) const;

 private:
  struct Entry {
    std::int64_t expires_at = 0;
    std::size_t bytes = 0;
    Session session;
    SessionOwner owner;
  };
  [[nodiscard]] Entry entry_of(std::string_view value) const;
  void sweep(std::int64_t now);

  const Clock& clock_;
  Counter& minted_;
  Counter& refused_;
  mutable std::mutex mutex_;  // held for a few moves, and for a sweep
  // By digest, so that how long a look-up takes says nothing about a secret.
  std::unordered_map<std::string, Entry> live_;  // GUARDED_BY(mutex_)
  std::size_t bytes_ = 0;                        // GUARDED_BY(mutex_)
};

}  // namespace parley::server
