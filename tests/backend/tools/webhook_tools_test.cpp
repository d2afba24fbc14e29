// SPDX-License-Identifier: Apache-2.0
//
// Endpoints that die, are slow, refuse, and answer twice: each call has one output.
#include "backend/tools/webhook_tools.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/sha256.h"
#include "tests/backend/tools/call_watcher.h"
#include "tests/support/scripted_endpoint.h"

namespace parley::backend {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string failed(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 0\r\n\r\n";
}

std::string header(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

class Webhooks : public ::testing::Test {
 protected:
  std::unique_ptr<WebhookTools> open(std::uint16_t port,
                                     WebhookOptions options = {.allow_private = true}) {
    WebhookTool tool;
    tool.tool.name = "order";
    tool.url = "http://127.0.0.1:" + std::to_string(port) + "/hook";
    tool.secret = "whsec_c2VjcmV0";
    tool.timeout = timeout;
    tool.retries = 2;
    tool.retry_delay = 1ms;
    auto made = WebhookTools::open({tool}, std::move(options), clock, metrics);
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  std::shared_ptr<model::ToolCall> start(WebhookTools& tools) {
    auto call = std::make_shared<model::ToolCall>();
    call->name = "order";
    call->arguments = R"({"id":7})";
    call->call_id = "call_1";
    call->begin(watcher.waker(), Instant::never());
    EXPECT_TRUE(tools.submit(call));
    return call;
  }
  std::string result(WebhookTools& tools) {
    const auto call = start(tools);
    watcher.wait_for(*call);
    return call->status ? call->output : "error: " + call->status.error().message;
  }

  Millis timeout{5000};
  SteadyClock clock;
  Metrics metrics;
  test::CallWatcher watcher;
};

TEST_F(Webhooks, SignsWhatItSends) {
  std::string request;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    request = peer.read_request();
    peer.send(ok(R"({"state":"sent"})"));
  });
  const auto tools = open(endpoint.port());
  EXPECT_EQ(result(*tools), R"({"state":"sent"})");
  const std::string body = request.substr(request.find("\r\n\r\n") + 4);
  EXPECT_EQ(body,
            R"({"type":"function_call","call_id":"call_1","name":"order","arguments":{"id":7}})");
  EXPECT_TRUE(request.starts_with("POST /hook HTTP/1.1\r\n"));
  EXPECT_EQ(header(request, "webhook-id"), "call_1");
  EXPECT_EQ(header(request, "Idempotency-Key"), "call_1");
  const std::string time = header(request, "webhook-timestamp");
  EXPECT_NEAR(static_cast<double>(std::atoll(time.c_str())),
              static_cast<double>(clock.unix_seconds()), 60.0);
  std::string expected = "v1,";
  base64_append(expected, hmac_sha256("secret", "call_1." + time + "." + body));
  EXPECT_EQ(header(request, "webhook-signature"), expected);
}

TEST_F(Webhooks, KilledInTheMiddleItIsAskedAgainWithTheSameKey) {
  std::mutex mutex;
  std::set<std::string> keys;
  std::atomic<int> requests{0};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    const std::string request = peer.read_request();
    if (request.empty()) return;
    {
      const std::lock_guard lock(mutex);
      keys.insert(header(request, "Idempotency-Key"));
    }
    if (++requests == 1) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf an ans");  // and dies
      return;
    }
    peer.send(ok("whole"));
  });
  const auto tools = open(endpoint.port());
  EXPECT_EQ(result(*tools), "whole");
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(keys.size(), 1U);
}

TEST_F(Webhooks, TriesAgainWhatMayPassAndNothingElse) {
  std::atomic<int> requests{0};
  std::atomic<int> status{503};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    while (!peer.read_request().empty()) {
      ++requests;
      peer.send(failed(status));
    }
  });
  const auto tools = open(endpoint.port());
  EXPECT_EQ(result(*tools), "error: The function answered with HTTP status 503.");
  EXPECT_EQ(requests.exchange(0), 3);
  status = 404;
  EXPECT_EQ(result(*tools), "error: The function answered with HTTP status 404.");
  EXPECT_EQ(requests.exchange(0), 1);
  status = 302;
  EXPECT_EQ(result(*tools), "error: The function answered with HTTP status 302.");
  EXPECT_EQ(requests.exchange(0), 1) << "a redirect is not followed";
}

TEST_F(Webhooks, OneThatIsTooSlowIsGivenUp) {
  timeout = Millis(50);
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.wait_until_closed();
  });
  const auto tools = open(endpoint.port());
  EXPECT_EQ(result(*tools), "error: The function took too long.");
}

TEST_F(Webhooks, NobodyThere) {
  std::uint16_t port = 0;
  {
    ScriptedEndpoint gone([](Peer&) {});
    port = gone.port();
  }
  const auto tools = open(port);
  EXPECT_EQ(result(*tools), "error: The function could not be reached.");
}

TEST_F(Webhooks, ASecondAnswerIsNobodys) {
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send(ok("first") + ok("second"));
    peer.wait_until_closed();
  });
  const auto tools = open(endpoint.port());
  EXPECT_EQ(result(*tools), "first");
}

TEST_F(Webhooks, AnAnswerHasALimit) {
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send(ok(std::string(model::kToolOutputBytesMax + 1, 'x')));
    peer.wait_until_closed();
  });
  const auto tools = open(endpoint.port());
  EXPECT_EQ(result(*tools), "error: The function's output is too long.");
}

TEST_F(Webhooks, BytesThatAreNoTextAreReplaced) {
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send(
        ok("a\xFF"
           "b"));
  });
  const auto tools = open(endpoint.port());
  EXPECT_EQ(result(*tools),
            "a\xEF\xBF\xBD"
            "b");
}

TEST_F(Webhooks, ACancelClosesTheSocket) {
  std::atomic<bool> closed{false};
  std::atomic<bool> reached{false};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    reached = true;
    reached.notify_all();
    peer.wait_until_closed();
    closed = true;
    closed.notify_all();
  });
  const auto tools = open(endpoint.port());
  const auto call = start(*tools);
  reached.wait(false);
  call->cancel();
  watcher.wait_for(*call);
  EXPECT_EQ(call->status.error().code, ErrorCode::cancelled);
  closed.wait(false);
}

TEST_F(Webhooks, TheHostGoesInTheMiddle) {
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.wait_until_closed();
  });
  auto tools = open(endpoint.port());
  const auto call = start(*tools);
  tools.reset();
  ASSERT_TRUE(call->done());
  EXPECT_EQ(call->status.error().code, ErrorCode::unavailable);
}

TEST_F(Webhooks, PrivateAddressesAreRefusedWhateverTheirName) {
  std::atomic<int> connections{0};
  ScriptedEndpoint endpoint([&](Peer&) { ++connections; });
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0.0.0.0",
                           "[::1]", "[::ffff:127.0.0.1]"}) {
    WebhookTool tool;
    tool.tool.name = "order";
    tool.url = "http://" + std::string(host) + ":" + std::to_string(endpoint.port()) + "/";
    auto tools = WebhookTools::open({tool}, {}, clock, metrics);
    ASSERT_TRUE(tools);
    const std::string said = result(**tools);
    // Some resolvers do not know the odd spellings; then nobody is reached either.
    EXPECT_THAT(said, ::testing::AnyOf("error: The function's address is not allowed.",
                                       "error: The function could not be reached."))
        << host;
    if (std::string(host) == "127.0.0.1" || std::string(host) == "[::ffff:127.0.0.1]") {
      EXPECT_THAT(said, HasSubstr("not allowed")) << host;
    }
  }
  EXPECT_EQ(connections, 0);
}

TEST_F(Webhooks, RefusesBadOptions) {
  WebhookTool tool;
  tool.tool.name = "x";
  tool.url = "ftp://example.com";
  EXPECT_FALSE(WebhookTools::open({tool}, {}, clock, metrics));
  tool.url = "http://example.com";
  tool.secret = "whsec_???";
  EXPECT_FALSE(WebhookTools::open({tool}, {}, clock, metrics));
}

}  // namespace
}  // namespace parley::backend
