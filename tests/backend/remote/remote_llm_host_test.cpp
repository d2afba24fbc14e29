// SPDX-License-Identifier: Apache-2.0
//
// The remote host against an endpoint that behaves well, and against each way of behaving badly.
#include "backend/remote/remote_llm_host.h"

#include <future>

#include <gtest/gtest.h>

#include "backend/remote/remote_reply.h"
#include "exec/thread_executor.h"
#include "tests/backend/listener.h"
#include "tests/support/scripted_endpoint.h"

namespace parley::backend {
namespace {

using model::LlmCall;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string event(const std::string& data) { return "data: " + data + "\n\n"; }
std::string word(const std::string& text) {
  return event(R"({"choices":[{"delta":{"content":")" + text + R"("}}]})");
}
const std::string kStop = event(R"({"choices":[{"delta":{},"finish_reason":"stop"}]})");
const std::string kDone = event("[DONE]");

void say(Peer& peer, const std::string& text) {
  peer.send(kStreamHead);
  peer.send_chunk(word(text));
  peer.send_chunk(kStop + kDone);
  peer.send("0\r\n\r\n");
}

class RemoteLlm : public testing::Test {
 protected:
  void connect(std::uint16_t port, RemoteLlmOptions options = {}) {
    options.url = "http://127.0.0.1:" + std::to_string(port) + "/v1/";
    options.model = "test";
    auto opened = RemoteLlmHost::open(std::move(options), metrics);
    ASSERT_TRUE(opened) << opened.error().message;
    host = std::move(*opened);
  }
  Outcome run(const std::shared_ptr<LlmCall>& call) {
    call->begin(listener.waker(), Instant::never());
    EXPECT_TRUE(host->submit(call));
    return listener.finish(*call);
  }

  Metrics metrics;
  exec::ThreadExecutor thread{"test-session"};
  Listener listener{thread};
  std::unique_ptr<RemoteLlmHost> host;
};

TEST_F(RemoteLlm, StreamsAnAnswer) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    const std::string request = peer.read_request();
    EXPECT_TRUE(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << request;
    EXPECT_NE(request.find("Authorization: Bearer secret\r\n"), std::string::npos);
    EXPECT_NE(request.find(R"("content":"Be kind.")"), std::string::npos);
    peer.send(kStreamHead);
    peer.send_chunk(": ping\n\n");
    for (const char c : word("Hello")) peer.send_chunk(std::string(1, c));
    peer.send_chunk(word(", you.") + kStop);
    peer.send_chunk(event(R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}})"));
    peer.send_chunk(kDone);
    peer.send("0\r\n\r\n");
    peer.wait_until_closed();
  });
  connect(endpoint.port(), {.api_key = "secret"});
  const auto call = make_call(1, "Be kind.", "Hello.");
  EXPECT_EQ(run(call).text, "Hello, you.");
  EXPECT_TRUE(call->status);
  EXPECT_EQ(call->finish_reason, LlmCall::Finish::stop);
  EXPECT_EQ(call->usage.input_tokens, 7);
  EXPECT_EQ(call->usage.output_tokens, 2);
}

TEST_F(RemoteLlm, UsesItsConnectionsAgain) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    for (int i = 0; !peer.read_request().empty(); ++i) say(peer, "Answer " + std::to_string(i));
  });
  connect(endpoint.port());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(run(make_call(1, "s", "u")).text.substr(0, 7), "Answer ");
  }
  // A call is done at [DONE]; the connection is free a moment later, so a few may be in use.
  EXPECT_LE(endpoint.connections(), 4);
}

TEST_F(RemoteLlm, ToleratesAnEndWithoutDone) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
    peer.send(word("Hi.") + kStop);
  });
  connect(endpoint.port());
  const auto call = make_call(1, "s", "u");
  EXPECT_EQ(run(call).text, "Hi.");
  EXPECT_TRUE(call->status);
}

TEST_F(RemoteLlm, ReadsAnAnswerThatIsNoStream) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    const std::string body =
        R"({"choices":[{"message":{"content":"Whole."},"finish_reason":"stop"}]})";
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
    peer.wait_until_closed();
  });
  connect(endpoint.port());
  const auto call = make_call(1, "s", "u");
  EXPECT_EQ(run(call).text, "Whole.");
  EXPECT_TRUE(call->status);
}

TEST_F(RemoteLlm, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    port = ScriptedEndpoint([](Peer&) {}).port();
  }
  connect(port);
  const auto call = make_call(1, "s", "u");
  run(call);
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::unavailable);
}

struct HttpFailure {
  int status;
  ErrorCode code;
};

TEST_F(RemoteLlm, SaysWhatAnHttpErrorMeans) {
  for (const auto& [status, code] :
       {HttpFailure{401, ErrorCode::permission_denied}, HttpFailure{404, ErrorCode::not_found},
        HttpFailure{429, ErrorCode::resource_exhausted},
        HttpFailure{400, ErrorCode::invalid_argument}, HttpFailure{503, ErrorCode::unavailable}}) {
    ScriptedEndpoint endpoint([status = status](Peer& peer) {
      peer.read_request();
      const std::string body = R"({"error":{"message":"because"}})";
      peer.send("HTTP/1.1 " + std::to_string(status) +
                " No\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
      peer.wait_until_closed();
    });
    connect(endpoint.port());
    const auto call = make_call(1, "s", "u");
    run(call);
    ASSERT_FALSE(call->status);
    EXPECT_EQ(call->status.error().code, code) << status;
    EXPECT_NE(call->status.error().message.find("because"), std::string::npos);
    host.reset();
  }
}

TEST_F(RemoteLlm, SaysThatAnAnswerBrokeOff) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.send(kStreamHead);
    peer.send_chunk(word("Half a"));
  });
  connect(endpoint.port());
  const auto call = make_call(1, "s", "u");
  EXPECT_EQ(run(call).text, "Half a");
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::unavailable);
}

TEST_F(RemoteLlm, ReportsAnErrorInTheMiddleOfAStream) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.send(kStreamHead);
    peer.send_chunk(word("Well") + event(R"({"error":{"message":"out of memory"}})"));
    peer.wait_until_closed();
  });
  connect(endpoint.port());
  const auto call = make_call(1, "s", "u");
  EXPECT_EQ(run(call).text, "Well");
  ASSERT_FALSE(call->status);
  EXPECT_NE(call->status.error().message.find("out of memory"), std::string::npos);
}

TEST_F(RemoteLlm, DoesNotWaitForEverForAFirstToken) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.send(kStreamHead);
    peer.send_chunk(": ping\n\n" + word(""));
    peer.wait_until_closed();
  });
  connect(endpoint.port(), {.first_token_timeout = Millis(20)});
  const auto call = make_call(1, "s", "u");
  run(call);
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::deadline_exceeded);
  EXPECT_NE(call->status.error().message.find("first token"), std::string::npos);
}

TEST_F(RemoteLlm, DoesNotWaitForEverForTheNextToken) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.send(kStreamHead);
    peer.send_chunk(word("Well"));
    peer.wait_until_closed();
  });
  connect(endpoint.port(), {.next_token_timeout = Millis(20)});
  const auto call = make_call(1, "s", "u");
  EXPECT_EQ(run(call).text, "Well");
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::deadline_exceeded);
}

TEST_F(RemoteLlm, ClosesTheSocketOfACancelledCall) {
  std::promise<void> closed;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    if (peer.number() > 0) {
      say(peer, "Fine.");
      return;
    }
    peer.send(kStreamHead);
    peer.send_chunk(word("Once upon a time"));
    peer.wait_until_closed();
    closed.set_value();
  });
  connect(endpoint.port());
  const auto call = make_call(1, "s", "u");
  call->begin(listener.waker(), Instant::never());
  ASSERT_TRUE(host->submit(call));
  listener.wait([&] { return call->deltas.size() > 0; });
  call->cancel();
  listener.finish(*call);
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::cancelled);
  closed.get_future().get();
  EXPECT_EQ(run(make_call(1, "s", "u")).text, "Fine.");
}

TEST_F(RemoteLlm, KeepsWhatASlowListenerHasNotTaken) {
  constexpr int kWords = 5000;
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.send(kStreamHead);
    for (int i = 0; i < kWords; ++i) peer.send_chunk(word("w"));
    peer.send_chunk(kStop + kDone);
    peer.send("0\r\n\r\n");
    peer.wait_until_closed();
  });
  connect(endpoint.port());
  const auto call = make_call(1, "s", "u");
  call->begin(listener.waker(), Instant::never());
  ASSERT_TRUE(host->submit(call));
  listener.wait([&] { return call->deltas.size() == call->deltas.capacity(); });
  EXPECT_EQ(listener.finish(*call).text, std::string(kWords, 'w'));
  EXPECT_TRUE(call->status);
}

TEST_F(RemoteLlm, KeepsTwentyCallsApart) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      const std::size_t at = request.find("code word ");
      say(peer, request.substr(at, 13));
    }
  });
  connect(endpoint.port());
  std::vector<std::shared_ptr<LlmCall>> calls;
  for (int i = 100; i < 120; ++i) {
    calls.push_back(make_call(1, "The code word " + std::to_string(i), "u"));
    calls.back()->begin(listener.waker(), Instant::never());
    ASSERT_TRUE(host->submit(calls.back()));
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(listener.finish(*calls[static_cast<std::size_t>(i)]).text,
              "code word " + std::to_string(100 + i));
  }
}

TEST_F(RemoteLlm, EndsWhatStillRunsWhenItGoesAway) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.wait_until_closed();
  });
  connect(endpoint.port());
  const auto call = make_call(1, "s", "u");
  call->begin(listener.waker(), Instant::never());
  ASSERT_TRUE(host->submit(call));
  host.reset();
  listener.finish(*call);
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::unavailable);
}

TEST_F(RemoteLlm, RefusesMoreThanMayRun) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.wait_until_closed();
  });
  connect(endpoint.port(), {.running_max = 1});
  const auto first = make_call(1, "s", "u");
  const auto second = make_call(2, "s", "u");
  first->begin(listener.waker(), Instant::never());
  second->begin(listener.waker(), Instant::never());
  EXPECT_TRUE(host->submit(first));
  EXPECT_FALSE(host->submit(second));
  first->cancel();
  listener.finish(*first);
}

TEST_F(RemoteLlm, ChecksItsOptions) {
  EXPECT_FALSE(RemoteLlmHost::open({.url = "ftp://x", .model = "m"}, metrics));
  EXPECT_FALSE(RemoteLlmHost::open({.url = "http://x", .model = ""}, metrics));
  const auto open = RemoteLlmHost::open({.url = "http://127.0.0.1:1/v1", .model = "m"}, metrics);
  ASSERT_TRUE(open);
  EXPECT_EQ((*open)->name(), "m");
  EXPECT_FALSE((*open)->is_demonstration());
}

}  // namespace
}  // namespace parley::backend
