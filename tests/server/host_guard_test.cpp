// SPDX-License-Identifier: Apache-2.0
#include "server/host_guard.h"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(LoopbackName, KnowsItsNamesAndNoOthers) {
  for (const char* name :
       {"127.0.0.1", "127.255.255.254", "localhost", "LocalHost", "[::1]", "::1"}) {
    EXPECT_TRUE(is_loopback_name(name)) << name;
  }
  for (const char* name :
       {"", "128.0.0.1", "127.0.0", "127.0.0.1.", "127.0.0.1.example.com", "127.0.0.256",
        "127.0.0.01", "127.1", "localhost.", "localhost.example.com", "xlocalhost", "[::2]",
        "0.0.0.0", "10.0.0.1", "example.com", "2130706433", "127.0.0.1 ", "-127.0.0.1"}) {
    EXPECT_FALSE(is_loopback_name(name)) << name;
  }
}

TEST(WithoutPort, CutsPortsAndKeepsAddresses) {
  EXPECT_EQ(without_port("127.0.0.1:80"), "127.0.0.1");
  EXPECT_EQ(without_port("localhost"), "localhost");
  EXPECT_EQ(without_port("[::1]:8080"), "[::1]");
  EXPECT_EQ(without_port("[::1]"), "[::1]");
  EXPECT_EQ(without_port(""), "");
}

struct GuardCase {
  const char* host;    // nullptr: no header
  const char* origin;  // nullptr: no header
  bool is_let_in;
};

class HostGuardTable : public ::testing::TestWithParam<GuardCase> {};

TEST_P(HostGuardTable, LetsInOurOwnPagesAndPrograms) {
  const GuardCase& given = GetParam();
  const HostGuard guard({"https://app.example.com"});
  transport::HttpRequest request;
  if (given.host != nullptr) request.headers.emplace_back("host", given.host);
  if (given.origin != nullptr) request.headers.emplace_back("ORIGIN", given.origin);
  EXPECT_EQ(!guard.refusal(request), given.is_let_in) << guard.refusal(request).value_or("let in");
}

INSTANTIATE_TEST_SUITE_P(
    Requests, HostGuardTable,
    ::testing::Values(
        // Programs send no origin.
        GuardCase{"127.0.0.1:8080", nullptr, true}, GuardCase{"localhost:8080", nullptr, true},
        GuardCase{"[::1]:8080", nullptr, true}, GuardCase{"127.0.0.1", nullptr, true},
        // Names that point here but are not ours: DNS rebinding.
        GuardCase{"evil.example", nullptr, false}, GuardCase{"evil.example:8080", nullptr, false},
        GuardCase{"127.0.0.1.evil.example", nullptr, false}, GuardCase{nullptr, nullptr, false},
        GuardCase{"", nullptr, false}, GuardCase{"192.168.1.2:8080", nullptr, false},
        GuardCase{"evil.example", "http://evil.example", false},
        // Pages of ours, and of other sites.
        GuardCase{"127.0.0.1:8080", "http://127.0.0.1:8080", true},
        GuardCase{"localhost:8080", "http://localhost:3000", true},
        GuardCase{"127.0.0.1:8080", "http://localhost:8080", true},
        GuardCase{"[::1]:8080", "http://[::1]:8080", true},
        GuardCase{"127.0.0.1:8080", "https://evil.example", false},
        GuardCase{"127.0.0.1:8080", "http://localhost.evil.example", false},
        GuardCase{"127.0.0.1:8080", "http://127.0.0.1@evil.example", false},
        GuardCase{"127.0.0.1:8080", "null", false}, GuardCase{"127.0.0.1:8080", "file://", false},
        GuardCase{"127.0.0.1:8080", "chrome-extension://localhost", false},
        GuardCase{"127.0.0.1:8080", "", false},
        // What the configuration lets in.
        GuardCase{"127.0.0.1:8080", "https://app.example.com", true},
        GuardCase{"127.0.0.1:8080", "http://app.example.com", false},
        GuardCase{"127.0.0.1:8080", "https://app.example.com.evil.example", false}));

TEST(HostGuard, RefusesAmbiguousRequests) {
  const HostGuard guard({});
  transport::HttpRequest request;
  request.headers = {{"Host", "127.0.0.1"}, {"host", "evil.example"}};
  EXPECT_TRUE(guard.refusal(request));
  request.headers = {{"Host", "127.0.0.1"}, {"Origin", "http://localhost"}, {"Origin", "null"}};
  EXPECT_TRUE(guard.refusal(request));
}

}  // namespace
}  // namespace parley::server
