// SPDX-License-Identifier: Apache-2.0
//
// How many requests each remote address makes in a minute, whatever keys they show: who guesses
// keys or floods is turned away before anything is read of it.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/metrics.h"
#include "service/realtime/allowance.h"

namespace parley::server {

/// Addresses that are counted at one time; the one that was seen longest ago is forgotten
/// (counted).
inline constexpr std::size_t kAddressesMax = 10'000;

/// Who is counted as one: "192.0.2.7" of "192.0.2.7:5555"; of IPv6 the network of 64 bits, because
/// whoever has one address of it has them all. An IPv4 address written as IPv6 is the IPv4 address.
[[nodiscard]] std::string address_of(std::string_view remote);

class AddressLimits {
 public:
  /// `per_minute` 0: no limit, and nothing is counted.
  AddressLimits(int per_minute, const Clock& clock, Metrics& metrics);

  /// Counts one request of `remote` ("ADDRESS:PORT"), unless it had enough in this minute.
  [[nodiscard]] std::optional<service::Allowance::Refusal> take(std::string_view remote);

 private:
  struct Entry {
    std::string address;
    std::int64_t minute = 0;
    int requests = 0;
  };
  [[nodiscard]] Entry& entry_of(std::string address);

  const int per_minute_;
  const Clock& clock_;
  Counter& refused_;
  Counter& forgotten_;
  std::mutex mutex_;          // held for a look-up
  std::list<Entry> entries_;  // GUARDED_BY(mutex_): seen last comes first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_address_;  // GUARDED_BY(mutex_)
};

}  // namespace parley::server
