// SPDX-License-Identifier: Apache-2.0
#include "server/client_secrets.h"

#include <array>
#include <span>
#include <utility>

#include <sys/random.h>

#include "base/check.h"
#include "base/sha256.h"

namespace parley::server {
namespace {

constexpr std::string_view kPrefix = "ek_";
constexpr std::size_t kRandomBytes = 24;
// What an entry costs beside its settings.
constexpr std::size_t kEntryBytes = 1024;

std::string make_value() {
  std::array<unsigned char, kRandomBytes> random{};
  // So few bytes are never cut short, and the pool is ready long before a server runs.
  PARLEY_CHECK(getrandom(random.data(), random.size(), 0) == static_cast<ssize_t>(random.size()));
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string value(kPrefix);
  for (const unsigned char byte : random) {
    value += kDigits[byte >> 4U];
    value += kDigits[byte & 15U];
  }
  return value;
}

std::string digest_of(std::string_view value) {
  Sha256 sha;
  sha.update(std::as_bytes(std::span(value)));
  return sha.finish();
}

}  // namespace

ClientSecrets::ClientSecrets(const Clock& clock, Metrics& metrics)
    : clock_(clock),
      minted_(metrics.counter("parley_client_secrets_total", "Client secrets minted")),
      refused_(metrics.counter("parley_client_secrets_refused_total",
                               "Client secrets refused because too many were live")) {}

bool ClientSecrets::is_secret(std::string_view token) noexcept {
  return token.starts_with(kPrefix);
}

Result<protocol::ClientSecretShown> ClientSecrets::mint(protocol::SessionPatch session,
                                                        std::chrono::seconds life,
                                                        std::size_t bytes, SessionOwner owner) {
  const std::int64_t now = clock_.unix_seconds();
  protocol::ClientSecretShown shown{make_value(), now + life.count()};
  Entry entry{.expires_at = shown.expires_at,
              .bytes = kEntryBytes + bytes,
              .session = std::make_shared<const protocol::SessionPatch>(std::move(session)),
              .owner = std::move(owner)};
  std::string digest = digest_of(shown.value);
  const std::lock_guard lock(mutex_);
  const auto is_full = [&] {
    return live_.size() >= kSecretsLiveMax || bytes_ + entry.bytes > kSecretsBytesMax;
  };
  if (is_full()) sweep(now);
  if (is_full()) {
    refused_.add();
    return Error{ErrorCode::resource_exhausted,
                 "Too many client secrets are live: use those that you have, or wait."};
  }
  minted_.add();
  bytes_ += entry.bytes;
  live_.emplace(std::move(digest), std::move(entry));
  return shown;
}

ClientSecrets::Session ClientSecrets::find(std::string_view value) const {
  return entry_of(value).session;
}

SessionOwner ClientSecrets::owner_of(std::string_view value) const { return entry_of(value).owner; }

ClientSecrets::Entry ClientSecrets::entry_of(std::string_view value) const {
  if (!is_secret(value)) return {};
  const std::string digest = digest_of(value);
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(digest);
  if (found == live_.end() || clock_.unix_seconds() >= found->second.expires_at) return {};
  return found->second;
}

void ClientSecrets::sweep(std::int64_t now) {
  std::erase_if(live_, [&](const auto& one) {
    if (now < one.second.expires_at) return false;
    bytes_ -= one.second.bytes;
    return true;
  });
}

}  // namespace parley::server
