// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/worker_socket.h"

#include <future>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/room/access_token.h"
#include "protocol/room/worker_proto.h"
#include "tests/support/scripted_endpoint.h"
#include "tests/support/scripted_socket.h"

namespace parley::server {
namespace {

using protocol::JobUpdate;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;
using testing_support::ScriptedSocket;

/// Each job is over when it has begun, unless it waits for `terminate` or `drain`.
class ShortJobs final : public service::JobRunner {
 public:
  explicit ShortJobs(bool waits = false) : waits_(waits) {}
  void start(service::JobAssignment assignment, std::function<void(Status)> done) override {
    token = assignment.token;
    if (!waits_) return done({});
    done_ = std::move(done);
  }
  void terminate(const std::string& /*job_id*/) override { drain(); }
  void drain() override {
    if (auto done = std::exchange(done_, nullptr)) done({});
  }
  [[nodiscard]] double load() const override { return 0.125; }

  std::string token;

 private:
  const bool waits_;
  std::function<void(Status)> done_;
};

/// LiveKit's side, message by message.
class Server {
 public:
  explicit Server(Peer& peer) : socket_(peer) { is_open_ = socket_.open(); }
  [[nodiscard]] bool is_open() const { return is_open_; }
  [[nodiscard]] std::string request() const { return socket_.request(); }
  void say(const protocol::ServerMessage& message) { socket_.send_binary(to_proto(message)); }
  /// The next message of that kind; others before it are passed over.
  template <typename Message>
  Message hear() {
    while (const auto frame = socket_.read()) {
      const auto parsed = protocol::parse_worker_message(frame->bytes);
      const auto* any = std::get_if<protocol::WorkerMessage>(&parsed);
      if (any == nullptr) break;
      if (const auto* message = std::get_if<Message>(any)) return *message;
    }
    ADD_FAILURE() << "the worker has gone";
    return {};
  }
  void wait_until_closed() {
    while (socket_.read()) continue;
  }

 private:
  ScriptedSocket socket_;
  bool is_open_ = false;
};

LiveKitAddress address_of(const ScriptedEndpoint& endpoint) {
  Config::Rooms rooms;
  rooms.url = endpoint.url();
  rooms.key = "devkey";
  rooms.secret = "secret";
  return *livekit_address(rooms);
}

service::AgentWorkerOptions options() {
  return {.url = "ws://livekit", .agent_name = "parley", .version = "0.1", .jobs_max = 2};
}

protocol::Job job() { return {.id = "AJ_1", .room = "kitchen", .agent_name = "parley"}; }

TEST(WorkerSocket, AJobFromItsOfferToItsEnd) {
  std::promise<void> ended;
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    Server livekit(peer);
    ASSERT_TRUE(livekit.is_open());
    EXPECT_TRUE(livekit.request().starts_with("GET /agent HTTP/1.1\r\n"));
    const std::string head = livekit.request();
    const std::size_t begin = head.find("Authorization: Bearer ") + 22;
    const auto token =
        protocol::verify_access_token(head.substr(begin, head.find("\r\n", begin) - begin),
                                      "secret", SteadyClock().unix_seconds());
    ASSERT_TRUE(token) << token.error().message;
    EXPECT_TRUE(token->video.is_worker);
    EXPECT_EQ(livekit.hear<protocol::RegisterWorker>().agent_name, "parley");
    livekit.say(protocol::Registered{"AW_1", "1.9.12", "ND_1", 1});
    EXPECT_EQ(livekit.hear<protocol::WorkerUpdate>().load, 0.125F);
    livekit.say(protocol::JobOffer{job()});
    EXPECT_TRUE(livekit.hear<protocol::JobAnswer>().is_available);
    livekit.say(protocol::JobAssigned{job(), "", "a.b.c"});
    EXPECT_EQ(livekit.hear<JobUpdate>().state, JobUpdate::State::running);
    EXPECT_EQ(livekit.hear<JobUpdate>().state, JobUpdate::State::success);
    ended.set_value();
    livekit.wait_until_closed();
  });
  const SteadyClock clock;
  Metrics metrics;
  ShortJobs jobs;
  WorkerSocket worker(address_of(endpoint), options(), jobs, clock, metrics);
  worker.start();
  ended.get_future().get();
  EXPECT_EQ(jobs.token, "a.b.c");
  EXPECT_EQ(worker.report().state, service::WorkerReport::State::registered);
  EXPECT_EQ(worker.report().server_version, "1.9.12");
  EXPECT_EQ(worker.trouble(), std::nullopt);
}

TEST(WorkerSocket, DrainsAndItsLastWordsAreHeard) {
  std::promise<void> running;
  std::promise<JobUpdate::State> last;
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    Server livekit(peer);
    livekit.hear<protocol::RegisterWorker>();
    livekit.say(protocol::Registered{"AW_1", "1.9.12", "ND_1", 1});
    livekit.say(protocol::JobOffer{job()});
    livekit.hear<protocol::JobAnswer>();
    livekit.say(protocol::JobAssigned{job(), "", "a.b.c"});
    livekit.hear<JobUpdate>();
    running.set_value();
    while (!livekit.hear<protocol::WorkerUpdate>().is_full) continue;
    last.set_value(livekit.hear<JobUpdate>().state);
    livekit.wait_until_closed();
  });
  const SteadyClock clock;
  Metrics metrics;
  ShortJobs jobs(true);
  WorkerSocket worker(address_of(endpoint), options(), jobs, clock, metrics);
  worker.start();
  running.get_future().get();
  worker.drain();
  EXPECT_TRUE(worker.wait_until_over(Millis(20'000)));
  EXPECT_EQ(last.get_future().get(), JobUpdate::State::success);
  EXPECT_EQ(worker.report().state, service::WorkerReport::State::over);
}

TEST(WorkerSocket, ComesBackToAServerThatCutItOff) {
  std::promise<void> again;
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    Server livekit(peer);
    livekit.hear<protocol::RegisterWorker>();
    livekit.say(protocol::Registered{"AW_" + std::to_string(peer.number()), "1.9.12", "ND_1", 1});
    livekit.hear<protocol::WorkerUpdate>();
    if (peer.number() == 0) return;
    again.set_value();
    livekit.wait_until_closed();
  });
  const SteadyClock clock;
  Metrics metrics;
  ShortJobs jobs;
  WorkerSocket worker(address_of(endpoint), options(), jobs, clock, metrics);
  worker.start();
  again.get_future().get();
}

TEST(WorkerSocket, ARefusalIsTroubleThatSaysWhatToDo) {
  std::promise<void> asked;
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 15\r\n\r\ninvalid API key");
    peer.wait_until_closed();
    asked.set_value();
  });
  const SteadyClock clock;
  Metrics metrics;
  ShortJobs jobs;
  WorkerSocket worker(address_of(endpoint), options(), jobs, clock, metrics);
  worker.start();
  asked.get_future().get();
  worker.drain();
  EXPECT_TRUE(worker.wait_until_over(Millis(20'000)));
  EXPECT_THAT(worker.trouble().value_or(""),
              testing::AllOf(testing::HasSubstr("401 (invalid API key)"),
                             testing::HasSubstr("rooms.secret")));
}

}  // namespace
}  // namespace parley::server
