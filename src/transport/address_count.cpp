// SPDX-License-Identifier: Apache-2.0
#include "transport/address_count.h"

#include "base/check.h"

namespace parley::transport {

std::string address_key(const boost::asio::ip::address& address) {
  constexpr std::ptrdiff_t kNetworkBytes = 8;
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const boost::asio::ip::address_v6 v6 = address.to_v6();
  const auto bytes = v6.to_bytes();
  // RFC 4291 §2.5.5.2: an IPv4 address that came in through an IPv6 socket.
  if (v6.is_v4_mapped()) return {bytes.end() - 4, bytes.end()};
  return {bytes.begin(), bytes.begin() + kNetworkBytes};
}

bool AddressCount::enter(const std::string& key) {
  if (max_ == 0) return true;
  const std::lock_guard lock(mutex_);
  std::size_t& count = counts_[key];
  if (count >= max_) return false;
  ++count;
  return true;
}

void AddressCount::leave(const std::string& key) {
  if (max_ == 0) return;
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(key);
  PARLEY_CHECK(found != counts_.end());
  if (--found->second == 0) counts_.erase(found);
}

}  // namespace parley::transport
