// SPDX-License-Identifier: Apache-2.0
//
// Any bytes on a socket of a listener whose paths below /b answer with streamed bodies. Whatever
// comes, every body's sink is closed once, and the connection ends in good time.
//
// The first byte: its lowest bit says whether the client ends its direction, and the others how
// many bytes follow that say what is done with bodies (written, finished, aborted, refused). The
// rest is what the client sends.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "tests/support/socket_client.h"
#include "transport/listener.h"

namespace {

using namespace parley;  // NOLINT: one file, one subject

constexpr std::uint64_t kLookEvery = 64;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

/// Counts itself as open until it is told that it is closed.
class CountingSink final : public transport::HttpBodySink {
 public:
  explicit CountingSink(std::atomic<int>& open) : open_(open) { ++open_; }
  void on_close() override {
    require(!std::exchange(is_closed_, true), "a body is closed once");
    --open_;
  }

 private:
  std::atomic<int>& open_;
  bool is_closed_ = false;
};

void act_on(transport::HttpBody& body, unsigned char action) {
  switch (action % 8) {
    case 5:
      return body.finish();
    case 6:
      return body.abort();
    case 7:
      body.refuse({.status = 503, .body = "no"});
      return;
    default:
      body.write(std::make_shared<const std::string>(action * 37U, 'x'));
  }
}

class Place final : public transport::ListenerHandler {
 public:
  Place() {
    transport::ListenerOptions options;
    options.body_bytes_max = 10'000;
    options.header_timeout = options.keep_alive_timeout = options.body_timeout = Millis(20);
    options.queue_bytes_soft = 10'000;
    options.queue_bytes_hard = 20'000;
    listener_ = std::move(*transport::Listener::start(options, *this, metrics_));
  }
  ~Place() override { listener_.reset(); }

  void prepare(std::string_view actions) {
    const std::lock_guard lock(mutex_);
    actions_ = actions;
  }
  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  void wait_until_quiet() const {
    while (listener_->connections() > 0 || open_.load() > 0) std::this_thread::yield();
  }

 private:
  void on_http(transport::HttpRequest request, transport::HttpReply reply) override {
    if (!request.path.starts_with("/b")) return reply.send({.body = std::move(request.body)});
    const auto body = reply.stream({}, std::make_unique<CountingSink>(open_));
    const std::lock_guard lock(mutex_);
    for (const char action : actions_) act_on(*body, static_cast<unsigned char>(action));
  }
  transport::UpgradeDecision on_upgrade(const transport::HttpRequest& /*request*/) override {
    return transport::HttpResponse{.status = 404};
  }

  Metrics metrics_;
  std::atomic<int> open_{0};
  std::mutex mutex_;
  std::string actions_;  // GUARDED_BY(mutex_)
  std::unique_ptr<transport::Listener> listener_;
};

/// Made once; goes with the process.
Place& place() {
  static Place one;
  return one;
}

void ask(std::string_view bytes, bool ends) {
  test::Socket socket(place().port());
  require(socket.is_connected(), "the port is open");
  socket.send(bytes);
  if (ends) socket.finish_sending();
  socket.receive_all();
}

/// Where threads wait long for a core one request may come too late for the short timeouts here.
bool is_well() {
  constexpr int kTries = 50;
  for (int i = 0; i < kTries; ++i) {
    if (test::http(place().port(), "GET", "/healthz").status == 200) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::uint64_t runs = 0;
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t actions = std::min<std::size_t>(data[0] / 2U, bytes.size());
  place().prepare(bytes.substr(0, actions));
  const SteadyClock clock;
  const Instant begun = clock.now();
  ask(bytes.substr(actions), data[0] % 2U == 1);
  place().wait_until_quiet();
  require(clock.now() - begun < std::chrono::seconds(test::kPatienceSeconds), "no read gives up");
  if (++runs % kLookEvery == 0) {
    require(is_well(), "the server is well");
    place().wait_until_quiet();
  }
  return 0;
}
