// SPDX-License-Identifier: Apache-2.0
//
// Servers that answer in every way that the protocol allows, and in some that it does not.
// tests/e2e/functions_test.py calls a real one.
#include "backend/tools/mcp_tools.h"

#include <atomic>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/tools/mcp_calling.h"
#include "backend/tools/mcp_client.h"
#include "backend/tools/mcp_exchange.h"
#include "backend/tools/mcp_peer.h"
#include "tests/backend/tools/call_watcher.h"
#include "tests/support/scripted_endpoint.h"

namespace parley::backend {
namespace {

using ::testing::HasSubstr;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;

std::string json(const std::string& body, const std::string& session = "") {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" +
         (session.empty() ? "" : "Mcp-Session-Id: " + session + "\r\n") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string empty(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n";
}
std::string id_of(const std::string& request) {
  const std::size_t at = request.find("\"id\":") + 5;
  return request.substr(at, request.find_first_of(",}", at) - at);
}
std::string result(const std::string& request, const std::string& text) {
  return R"({"jsonrpc":"2.0","id":)" + id_of(request) + R"(,"result":)" + text + "}";
}

/// Introduces itself as session s1, s2, …; lists two pages; what a call gets is the test's.
class Shelf {
 public:
  using OnCall = std::function<void(Peer& peer, const std::string& request)>;
  explicit Shelf(OnCall on_call) : on_call_(std::move(on_call)) {}

  [[nodiscard]] std::string url() const { return endpoint_.url() + "/mcp"; }
  std::atomic<int> introductions{0};
  std::atomic<int> calls{0};
  std::atomic<bool> left{false};

 private:
  void serve(Peer& peer) {
    for (;;) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      if (request.starts_with("DELETE ")) {
        peer.send(empty(405));
        left = true;
        left.notify_all();
      } else if (request.find(R"("method":"initialize")") != std::string::npos) {
        peer.send(json(result(request, R"({"protocolVersion":"2025-03-26","capabilities":{}})"),
                       "s" + std::to_string(++introductions)));
      } else if (request.find("notifications/initialized") != std::string::npos) {
        peer.send(empty(202));
      } else if (request.find(R"("cursor":"2")") != std::string::npos) {
        peer.send(json(result(request, R"({"tools":[{"name":"add"}]})")));
      } else if (request.find("tools/list") != std::string::npos) {
        peer.send(json(result(request,
                              R"({"tools":[{"name":"find","annotations":{"readOnlyHint":true}}],)"
                              R"("nextCursor":"2"})")));
      } else {
        ++calls;
        on_call_(peer, request);
      }
    }
  }
  const OnCall on_call_;
  ScriptedEndpoint endpoint_{[this](Peer& peer) { serve(peer); }};  // last: uses the others
};

class Mcp : public ::testing::Test {
 protected:
  Result<std::unique_ptr<McpTools>> open(const std::string& url) {
    McpServer server;
    server.label = "shelf";
    server.url = url;
    server.authorization = "Bearer key";
    server.allowed_tools = allowed;
    server.timeout = timeout;
    return McpTools::open(server, {.allow_private = true}, metrics);
  }
  std::string call(McpTools& tools) {
    auto one = std::make_shared<model::ToolCall>();
    one->name = "add";
    one->arguments = R"({"a":1})";
    one->begin(watcher.waker(), Instant::never());
    EXPECT_TRUE(tools.submit(one));
    watcher.wait_for(*one);
    return one->status ? one->output : "error: " + one->status.error().message;
  }

  std::optional<std::vector<std::string>> allowed;
  Millis timeout{5000};
  Metrics metrics;
  test::CallWatcher watcher;
};

constexpr const char* kThree = R"({"content":[{"type":"text","text":"3"}]})";

TEST_F(Mcp, ListsAllPagesAndCalls) {
  std::string seen;
  Shelf shelf([&](Peer& peer, const std::string& request) {
    seen = request;
    peer.send(json(result(request, kThree)));
  });
  auto tools = open(shelf.url());
  ASSERT_TRUE(tools) << tools.error().message;
  ASSERT_EQ((*tools)->tools().size(), 2U);
  EXPECT_EQ((*tools)->tools()[1].name, "add");
  EXPECT_EQ(call(**tools), "3");
  EXPECT_THAT(seen, HasSubstr("Mcp-Session-Id: s1\r\n"));
  EXPECT_THAT(seen, HasSubstr("MCP-Protocol-Version: 2025-03-26\r\n"));
  EXPECT_THAT(seen, HasSubstr("Authorization: Bearer key\r\n"));
  EXPECT_THAT(seen, HasSubstr(R"("params":{"name":"add","arguments":{"a":1}})"));
}

TEST_F(Mcp, OffersOnlyWhatIsAllowed) {
  Shelf shelf([](Peer&, const std::string&) {});
  allowed = {"add", "fly"};
  auto tools = open(shelf.url());
  ASSERT_TRUE(tools);
  ASSERT_EQ((*tools)->tools().size(), 1U);
  EXPECT_EQ((*tools)->tools()[0].name, "add");
}

TEST_F(Mcp, TakesTheAnswerOutOfAStreamThatStaysOpen) {
  Shelf shelf([](Peer& peer, const std::string& request) {
    peer.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    peer.send_chunk(
        ": ping\r\n\r\nevent: message\r\n"
        "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\r\n\r\n");
    peer.send_chunk("data: " + result(request, kThree) + "\n\n");
    peer.wait_until_closed();
  });
  auto tools = open(shelf.url());
  ASSERT_TRUE(tools);
  EXPECT_EQ(call(**tools), "3");
}

TEST_F(Mcp, IsIntroducedAgainToAServerThatForgot) {
  Shelf shelf([](Peer& peer, const std::string& request) {
    const bool is_known = request.find("Mcp-Session-Id: s2") != std::string::npos;
    peer.send(is_known ? json(result(request, kThree)) : empty(404));
  });
  auto tools = open(shelf.url());
  ASSERT_TRUE(tools);
  EXPECT_EQ(call(**tools), "3");
  EXPECT_EQ(shelf.introductions, 2);
  EXPECT_EQ(shelf.calls, 2);
}

TEST_F(Mcp, ASecondForgettingIsAnError) {
  Shelf shelf([](Peer& peer, const std::string&) { peer.send(empty(404)); });
  auto tools = open(shelf.url());
  ASSERT_TRUE(tools);
  EXPECT_THAT(call(**tools), HasSubstr("404"));
  EXPECT_EQ(shelf.calls, 2);
}

TEST_F(Mcp, AnAnswerThatWasLostIsNotAskedForAgain) {
  Shelf shelf([](Peer& peer, const std::string&) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{");
    peer.hang_up();
  });
  auto tools = open(shelf.url());
  ASSERT_TRUE(tools);
  EXPECT_THAT(call(**tools), HasSubstr("error: "));
  EXPECT_EQ(shelf.calls, 1);
}

TEST_F(Mcp, WhatTheToolSaysWentWrong) {
  Shelf shelf([](Peer& peer, const std::string& request) {
    peer.send(json(
        result(request, R"({"content":[{"type":"text","text":"no such book"}],"isError":true})")));
  });
  auto tools = open(shelf.url());
  ASSERT_TRUE(tools);
  EXPECT_EQ(call(**tools), "error: no such book");
}

TEST_F(Mcp, AnAnswerHasALimit) {
  Shelf shelf([](Peer& peer, const std::string&) {
    peer.send(json(std::string(kMcpAnswerBytesMax + 1, ' ')));
    peer.wait_until_closed();
  });
  auto tools = open(shelf.url());
  ASSERT_TRUE(tools);
  EXPECT_THAT(call(**tools), HasSubstr("too long"));
}

TEST_F(Mcp, ACancelAndTheEndOfTheHostEndACallOnce) {
  Shelf shelf([](Peer& peer, const std::string&) { peer.wait_until_closed(); });
  auto tools = open(shelf.url());
  ASSERT_TRUE(tools);
  auto first = std::make_shared<model::ToolCall>();
  first->name = "add";
  first->arguments = "{}";
  first->begin(watcher.waker(), Instant::never());
  EXPECT_TRUE((*tools)->submit(first));
  first->cancel();
  watcher.wait_for(*first);
  EXPECT_EQ(first->status.error().code, ErrorCode::cancelled);
  first->begin(watcher.waker(), Instant::never());
  EXPECT_TRUE((*tools)->submit(first));
  tools->reset();
  ASSERT_TRUE(first->done());
  EXPECT_EQ(first->status.error().code, ErrorCode::unavailable);
}

TEST_F(Mcp, WhoIsNoServerIsNotOpened) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    while (!peer.read_request().empty()) peer.send(json("<html>"));
  });
  const auto tools = open(endpoint.url());
  ASSERT_FALSE(tools);
  EXPECT_THAT(tools.error().message, HasSubstr("MCP server shelf"));
  EXPECT_FALSE(open("nowhere"));
  McpServer server;
  server.label = "inside";
  server.url = endpoint.url();
  const auto refused = McpTools::open(server, {}, metrics);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
}

std::shared_ptr<model::McpListing> listing_of(const model::McpAddress& server,
                                              test::CallWatcher& watcher) {
  auto listing = std::make_shared<model::McpListing>();
  listing->server = server;
  listing->begin(watcher.waker(), Instant::never());
  return listing;
}

TEST_F(Mcp, AServerThatASessionNamesIsListedAndCalled) {
  std::string seen;
  Shelf shelf([&](Peer& peer, const std::string& request) {
    seen = request;
    peer.send(json(result(request, kThree)));
  });
  McpClient client({.allow_private = true}, metrics);
  const auto listing = listing_of({"shelf", shelf.url(), {}, {{"X-Place", "hall"}}}, watcher);
  ASSERT_TRUE(client.open(listing));
  watcher.wait_for(*listing);
  ASSERT_TRUE(listing->status) << listing->status.error().message;
  ASSERT_EQ(listing->tools.size(), 2U);
  EXPECT_EQ(listing->tools[0].annotations, R"({"readOnlyHint":true})");
  EXPECT_TRUE(listing->tools[0].is_read_only);
  EXPECT_FALSE(listing->tools[1].is_read_only);
  auto one = std::make_shared<model::ToolCall>();
  one->name = "add";
  one->begin(watcher.waker(), Instant::never());
  ASSERT_TRUE(listing->host->submit(one));
  watcher.wait_for(*one);
  EXPECT_EQ(one->output, "3");
  EXPECT_THAT(seen, HasSubstr("X-Place: hall\r\n"));
  // It is told when nobody needs it any more.
  listing->host.reset();
  shelf.left.wait(false);
}

TEST_F(Mcp, WhatWouldBreakAMessageIsNotSent) {
  McpClient client({.allow_private = true}, metrics);
  const std::vector<model::McpAddress> servers{
      {"shelf", "http://127.0.0.1:9/", {}, {{"X-Place", "hall\r\nHost: other"}}},
      {"shelf", "http://127.0.0.1:9/", {}, {{"X Place", "hall"}}},
      {"shelf", "http://127.0.0.1:9/", {}, {{"Content-Length", "1"}}},
      {"shelf", "http://127.0.0.1:9/", "Bearer \n", {}},
      {"shelf", "nowhere", {}, {}}};
  for (const model::McpAddress& server : servers) {
    const auto listing = listing_of(server, watcher);
    ASSERT_TRUE(client.open(listing));
    watcher.wait_for(*listing);
    ASSERT_FALSE(listing->status);
    EXPECT_EQ(listing->status.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(listing->host, nullptr);
  }
}

TEST_F(Mcp, AListHasALastPage) {
  std::atomic<int> pages{0};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    for (;;) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      if (request.find(R"("method":"initialize")") != std::string::npos) {
        peer.send(json(result(request, R"({"protocolVersion":"2025-06-18"})")));
      } else if (request.find("tools/list") != std::string::npos) {
        ++pages;
        peer.send(json(result(request, R"({"tools":[],"nextCursor":"more"})")));
      } else {
        peer.send(empty(202));
      }
    }
  });
  const auto tools = open(endpoint.url());
  ASSERT_TRUE(tools) << tools.error().message;
  EXPECT_EQ(pages, kMcpPagesMax);
}

}  // namespace
}  // namespace parley::backend
