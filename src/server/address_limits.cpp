// SPDX-License-Identifier: Apache-2.0
#include "server/address_limits.h"

#include <array>
#include <cstring>
#include <utility>

#include <arpa/inet.h>

namespace parley::server {
namespace {

constexpr std::int64_t kSecondsPerMinute = 60;
constexpr std::size_t kNetworkBytes = 8;  // of the 16 of an IPv6 address

}  // namespace

std::string address_of(std::string_view remote) {
  const std::size_t colon = remote.rfind(':');
  std::string host(remote.substr(0, colon));
  if (!host.starts_with('[') || !host.ends_with(']')) return host;
  host = host.substr(1, host.size() - 2);
  in6_addr address{};
  if (::inet_pton(AF_INET6, host.c_str(), &address) != 1) return host;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr mapped{};
    std::memcpy(&mapped, &address.s6_addr[12], sizeof mapped);
    return ::inet_ntop(AF_INET, &mapped, text.data(), text.size());
  }
  std::memset(&address.s6_addr[kNetworkBytes], 0, sizeof address.s6_addr - kNetworkBytes);
  return ::inet_ntop(AF_INET6, &address, text.data(), text.size());
}

AddressLimits::AddressLimits(int per_minute, const Clock& clock, Metrics& metrics)
    : per_minute_(per_minute),
      clock_(clock),
      refused_(metrics.counter("parley_address_refused_total",
                               "Requests refused at limits.requests_per_minute_per_address")),
      forgotten_(metrics.counter("parley_address_forgotten_total",
                                 "Addresses no longer counted because there were too many")) {}

std::optional<service::Allowance::Refusal> AddressLimits::take(std::string_view remote) {
  if (per_minute_ == 0) return std::nullopt;
  const std::int64_t now = clock_.unix_seconds();
  const std::lock_guard lock(mutex_);
  Entry& entry = entry_of(address_of(remote));
  const std::int64_t minute = now / kSecondsPerMinute;
  if (std::exchange(entry.minute, minute) != minute) entry.requests = 0;
  if (entry.requests < per_minute_) {
    ++entry.requests;
    return std::nullopt;
  }
  refused_.add();
  const std::int64_t wait = kSecondsPerMinute - now % kSecondsPerMinute;
  return service::Allowance::Refusal{"Rate limit reached: " + std::to_string(per_minute_) +
                                         " requests per minute from one address. Please try again "
                                         "in " +
                                         std::to_string(wait) + "s.",
                                     wait};
}

AddressLimits::Entry& AddressLimits::entry_of(std::string address) {
  if (const auto known = by_address_.find(address); known != by_address_.end()) {
    entries_.splice(entries_.begin(), entries_, known->second);
    return entries_.front();
  }
  if (entries_.size() == kAddressesMax) {
    by_address_.erase(entries_.back().address);
    entries_.pop_back();
    forgotten_.add();
  }
  entries_.push_front({std::move(address)});
  by_address_.emplace(entries_.front().address, entries_.begin());
  return entries_.front();
}

}  // namespace parley::server
