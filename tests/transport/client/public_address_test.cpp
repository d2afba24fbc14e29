// SPDX-License-Identifier: Apache-2.0
#include "transport/client/public_address.h"

#include <gtest/gtest.h>

namespace parley::transport {
namespace {

TEST(PublicAddress, AddressesOfTheInternetArePublic) {
  for (const char* address :
       {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.0.1", "100.128.0.1",
        "192.167.1.1", "223.255.255.255", "169.253.1.1", "2606:4700::1111", "2a00:1450:4001::8a",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:0808:0808::1"}) {
    EXPECT_TRUE(is_public_address(address)) << address;
  }
}

TEST(PublicAddress, NothingElseIs) {
  for (const char* address : {"127.0.0.1",
                              "127.255.1.2",
                              "0.0.0.0",
                              "10.1.2.3",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "100.127.255.255",
                              "224.0.0.1",
                              "255.255.255.255",
                              "198.18.0.1",
                              "192.0.2.1",
                              "203.0.113.9",
                              "240.0.0.1",
                              "::",
                              "::1",
                              "::7f00:1",
                              "fe80::1",
                              "fe80::1%lo",
                              "fc00::1",
                              "fd12:3456::1",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "::ffff:169.254.169.254",
                              "64:ff9b::7f00:1",
                              "64:ff9b::a00:1",
                              "64:ff9b:1::1",
                              "2002:7f00:1::",
                              "2002:a00:1::",
                              "2001::1",
                              "2001:db8::1",
                              "3fff::1",
                              "100::1",
                              "",
                              "localhost",
                              "8.8.8",
                              "0x7f.0.0.1",
                              "8.8.8.8.8"}) {
    EXPECT_FALSE(is_public_address(address)) << address;
  }
}

}  // namespace
}  // namespace parley::transport
