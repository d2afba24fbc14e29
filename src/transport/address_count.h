// SPDX-License-Identifier: Apache-2.0
//
// How many connections each remote address has. Private to src/transport: it includes Asio.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

#include <boost/asio/ip/address.hpp>

namespace parley::transport {

/// Who is counted as one: an IPv4 address, or an IPv6 network of 64 bits, because whoever has one
/// address of it has them all.
[[nodiscard]] std::string address_key(const boost::asio::ip::address& address);

class AddressCount {
 public:
  /// At most so many of one key; 0: any number, and nothing is counted.
  explicit AddressCount(std::size_t max) : max_(max) {}

  /// False, and not counted, when it has enough.
  [[nodiscard]] bool enter(const std::string& key);
  /// Once for each `enter` that was true.
  void leave(const std::string& key);

 private:
  const std::size_t max_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> counts_;  // GUARDED_BY(mutex_): none is 0
};

}  // namespace parley::transport
