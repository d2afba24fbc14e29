// SPDX-License-Identifier: Apache-2.0
//
// A listener on a free port whose handler echoes, for tests that talk to it with real sockets.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "tests/support/socket_client.h"
#include "transport/listener.h"

namespace parley::transport {

/// What sinks were told, for the test's thread to wait for.
class Events {
 public:
  void add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  /// False when `count` events that start with `start` have not come after a long while.
  bool wait_for(const std::string& start, std::ptrdiff_t count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(test::kPatienceSeconds), [&] {
      return std::ranges::count_if(
                 events_, [&](const auto& event) { return event.starts_with(start); }) >= count;
    });
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

/// Sends back what it gets; large messages are only counted.
class EchoSink : public ConnectionSink {
 public:
  explicit EchoSink(Events& events) : events_(events) {}
  void on_open(std::shared_ptr<Connection> connection) override {
    connection_ = std::move(connection);
    events_.add("open");
  }
  Flow on_text(std::string_view text) override {
    if (text.starts_with("close ")) {
      connection_->close(static_cast<std::uint16_t>(std::stoi(std::string(text.substr(6)))),
                         "as asked");
    } else if (text.size() > 1'000'000) {
      connection_->send_text(std::make_shared<std::string>(std::to_string(text.size())));
    } else {
      connection_->send_text(std::make_shared<std::string>(text));
    }
    return Flow::more;
  }
  Flow on_binary(std::span<const std::byte> bytes) override {
    connection_->send_binary(
        std::make_shared<std::string>(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    return Flow::more;
  }
  void on_writable() override { events_.add("writable"); }
  void on_close(std::uint16_t code, std::string_view reason) override {
    events_.add("close " + std::to_string(code) + " " + std::string(reason));
  }

 protected:
  Events& events_;
  std::shared_ptr<Connection> connection_;
};

/// Says what became of a streamed body.
class EventBodySink final : public HttpBodySink {
 public:
  explicit EventBodySink(Events& events) : events_(events) {}
  void on_writable() override { events_.add("writable"); }
  void on_close() override { events_.add("body closed"); }

 private:
  Events& events_;
};

inline Message piece(std::string_view text) { return std::make_shared<const std::string>(text); }

class ListenerFixture : public ::testing::Test, public ListenerHandler {
 protected:
  ListenerFixture() {
    make_sink = [this] { return std::make_unique<EchoSink>(events); };
  }
  // Before the fixture's own end begins: the listener's threads call it.
  void TearDown() override { listener.reset(); }
  void start() {
    auto started = Listener::start(options, *this, metrics);
    ASSERT_TRUE(started) << started.error().message;
    listener = std::move(*started);
  }
  [[nodiscard]] std::uint16_t port() const { return listener->port(); }

  std::optional<HttpResponse> on_head(const HttpRequest& request) override {
    if (request.path == "/early") return HttpResponse{.status = 403, .body = "early"};
    return std::nullopt;
  }
  BodyDecision admit_body(const HttpRequest& request) override {
    if (request.path == "/full") return HttpResponse{.status = 503, .body = "full"};
    if (request.path != "/large") return {};
    return BodyRoom{.bytes_max = options.body_bytes_max * 4, .place = place};
  }
  void on_http(HttpRequest request, HttpReply reply) override {
    if (request.path == "/dropped") return;
    if (request.path == "/later") {
      const std::lock_guard lock(mutex);
      later.emplace_back(std::move(reply));
      events.add("later");
      return;
    }
    if (request.path == "/body") {
      auto begun = reply.stream({.content_type = "audio/mpeg", .headers = {{"X-Voice", "joe"}}},
                                std::make_unique<EventBodySink>(events));
      if (on_body) on_body(*begun);
      const std::lock_guard lock(mutex);
      body = std::move(begun);
      events.add("body begun");
      return;
    }
    reply.send({.status = 200,
                .content_type = "text/plain",
                .body = request.method + " " + request.path + " " + request.body,
                .headers = {{"X-Echo", std::string(request.header("x-echo").value_or(""))}}});
  }
  UpgradeDecision on_upgrade(const HttpRequest& request) override {
    if (request.path == "/no") return HttpResponse{.status = 404, .body = "not here"};
    const bool offered = request.header("Sec-WebSocket-Protocol").has_value();
    return UpgradeAccepted{make_sink(), offered ? "chat" : ""};
  }

  void on_done(const HttpRequest& request, const HttpOutcome& outcome) override {
    if (on_ended) on_ended(request, outcome);
  }

  ListenerOptions options;
  Metrics metrics;
  Events events;
  std::mutex mutex;
  std::vector<HttpReply> later;    // GUARDED_BY(mutex)
  std::shared_ptr<HttpBody> body;  // GUARDED_BY(mutex) until "body begun"
  std::shared_ptr<void> place;     // of what is posted to /large
  std::function<void(HttpBody&)> on_body;
  std::function<std::unique_ptr<ConnectionSink>()> make_sink;
  std::function<void(const HttpRequest&, const HttpOutcome&)> on_ended;  // set before start
  std::unique_ptr<Listener> listener;  // last: its threads call the members above
};

}  // namespace parley::transport
