// SPDX-License-Identifier: Apache-2.0
#include "transport/client/public_address.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include <arpa/inet.h>

namespace parley::transport {
namespace {

using V4 = std::array<std::uint8_t, 4>;
using V6 = std::array<std::uint8_t, 16>;

struct Net4 {
  V4 address;
  int bits;
};
// IANA's registry of special-purpose IPv4 addresses, and multicast.
constexpr std::array<Net4, 15> kSpecial4{{
    {{0, 0, 0, 0}, 8},
    {{10, 0, 0, 0}, 8},
    {{100, 64, 0, 0}, 10},
    {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16},
    {{172, 16, 0, 0}, 12},
    {{192, 0, 0, 0}, 24},
    {{192, 0, 2, 0}, 24},
    {{192, 88, 99, 0}, 24},
    {{192, 168, 0, 0}, 16},
    {{198, 18, 0, 0}, 15},
    {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24},
    {{224, 0, 0, 0}, 4},
    {{240, 0, 0, 0}, 4},
}};

struct Net6 {
  std::array<std::uint8_t, 16> address;
  int bits;
};
// Within the global unicast block 2000::/3, what is special (2001::/23 holds Teredo and others).
constexpr std::array<Net6, 3> kSpecial6{{
    {{0x20, 0x01, 0x00, 0x00}, 23},
    {{0x20, 0x01, 0x0D, 0xB8}, 32},
    {{0x3F, 0xFF, 0x00, 0x00}, 20},
}};
constexpr Net6 kGlobal{{0x20}, 3};
constexpr Net6 kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96};
constexpr Net6 kNat64{{0x00, 0x64, 0xFF, 0x9B}, 96};
constexpr Net6 k6to4{{0x20, 0x02}, 16};

template <typename Address, typename Net>
bool is_in(const Address& address, const Net& net) {
  int bits = net.bits;
  for (std::size_t i = 0; bits > 0; ++i, bits -= 8) {
    const int shift = std::max(0, 8 - bits);
    if ((address[i] >> shift) != (net.address[i] >> shift)) return false;
  }
  return true;
}

bool is_public(const V4& address) {
  return std::none_of(kSpecial4.begin(), kSpecial4.end(),
                      [&](const Net4& net) { return is_in(address, net); });
}

bool is_public(const V6& address) {
  const auto v4_at = [&](std::size_t at) {
    return V4{address[at], address[at + 1], address[at + 2], address[at + 3]};
  };
  if (is_in(address, kMapped) || is_in(address, kNat64)) return is_public(v4_at(12));
  if (is_in(address, k6to4)) return is_public(v4_at(2));
  return is_in(address, kGlobal) &&
         std::none_of(kSpecial6.begin(), kSpecial6.end(),
                      [&](const Net6& net) { return is_in(address, net); });
}

}  // namespace

bool is_public_address(std::string_view address) noexcept {
  constexpr std::size_t kLongest = 64;
  if (address.size() > kLongest) return false;
  // A scope ("fe80::1%eth0") is of a link, and nothing of a link is public.
  const std::string text(address);
  V4 v4{};
  if (::inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return is_public(v4);
  V6 v6{};
  if (::inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return is_public(v6);
  return false;
}

}  // namespace parley::transport
