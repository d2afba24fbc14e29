// SPDX-License-Identifier: Apache-2.0
#include "transport/client/dialer.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scripted_endpoint.h"

namespace parley::transport {
namespace {

using testing_support::Peer;
using testing_support::ScriptedEndpoint;

Result<ClientConnectionPtr> dial(const std::string& url, bool public_only = false) {
  boost::asio::io_context context;
  Dialer dialer(context,
                {.connect_timeout = Millis(5000), .ca_file = {}, .public_only = public_only});
  Result<ClientConnectionPtr> dialed = Error{ErrorCode::internal, "never"};
  boost::asio::co_spawn(
      context,
      [&]() -> boost::asio::awaitable<void> {
        dialed = co_await dialer.dial(*parse_http_url(url));
      },
      boost::asio::detached);
  context.run();
  if (dialed) (*dialed).reset();  // it must not outlive its context
  return dialed;
}

TEST(Dialer, Connects) {
  const ScriptedEndpoint endpoint([](Peer& peer) { peer.wait_until_closed(); });
  EXPECT_TRUE(dial(endpoint.url()));
}

TEST(Dialer, NamesThePlaceThatItCannotReach) {
  const auto nobody = dial("http://127.0.0.1:1");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::unavailable);
  EXPECT_THAT(nobody.error().message, testing::HasSubstr("http://127.0.0.1:1: cannot connect"));
}

TEST(Dialer, StaysOnThePublicInternetWhereItIsToldTo) {
  const auto here = dial("http://127.0.0.1:1", true);
  ASSERT_FALSE(here);
  EXPECT_EQ(here.error().code, ErrorCode::permission_denied);
}

}  // namespace
}  // namespace parley::transport
