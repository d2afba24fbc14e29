// SPDX-License-Identifier: Apache-2.0
//
// Which addresses are of the public internet: where a service may be sent that somebody else named.
// Everything that reaches the machine itself, its network, or a cloud's metadata is not.
// Threads: pure function.
#pragma once

#include <string_view>

namespace parley::transport {

/// `address`: IPv4 or IPv6 as text, without brackets. False for what is no address. An IPv6 address
/// that stands for an IPv4 one (mapped, NAT64, 6to4) is as public as that one.
[[nodiscard]] bool is_public_address(std::string_view address) noexcept;

}  // namespace parley::transport
