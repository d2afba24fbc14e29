// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/leased_jobs.h"

#include <future>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/room/access_token.h"
#include "protocol/room/kept_job.h"
#include "store/memory/memory_leases.h"

namespace parley::server {
namespace {

using ::testing::ElementsAre;

constexpr const char* kSecret = "a secret of thirty-two bytes, or more";

/// What is done with the jobs. Threads: the test's, and that of the leases.
class Jobs final : public service::JobRunner {
 public:
  void start(service::JobAssignment assignment, std::function<void(Status)> done) override {
    done_[assignment.job.id] = std::move(done);
  }
  void terminate(const std::string& /*job_id*/) override {}
  void drain() override { ADD_FAILURE() << "each job is told to leave"; }
  void leave(const std::string& job_id, const std::string& successor) override {
    left.set_value(job_id + " " + successor);
  }
  [[nodiscard]] double load() const override { return 0.25; }
  [[nodiscard]] std::string name_of(const protocol::Job& /*job*/) const override { return "Ada"; }
  void finish(const std::string& job_id) { done_.at(job_id)({}); }

  std::promise<std::string> left;

 private:
  std::map<std::string, std::function<void(Status)>> done_;
};

/// A job that somebody else has, or had.
protocol::KeptJob job_of_another() {
  return {.job = {.id = "AJ_1", .room = "kitchen", .room_sid = "RM_1", .agent_name = "parley"},
          .identity = "agent-AJ_1",
          .name = "Ada"};
}

service::JobAssignment a_job(const std::string& id) {
  service::JobAssignment assignment;
  assignment.job = {.id = id, .room = "kitchen", .room_sid = "RM_1"};
  return assignment;
}

class LeasedJobsTest : public ::testing::Test {
 protected:
  /// `answer` of LiveKit to the question for a room.
  void make(Result<transport::HttpAnswer> answer, Millis life = Millis(1)) {
    auto made = std::make_unique<store::MemoryLeases>(clock);
    leases = made.get();
    LiveKitAddress address;
    address.room_url = "ws://127.0.0.1:1";
    address.http = *transport::parse_http_url("http://127.0.0.1:1");
    address.key = "key";
    address.secret = kSecret;
    jobs_with_leases.emplace(
        jobs, std::move(made),
        LeasedJobs::Options{.address = std::move(address),
                            .leases = {.holder = "us", .life = life}},
        clock, metrics,
        [this, answer](const transport::HttpPost& post, const transport::HttpPostDone& done) {
          asked.set_value(post);
          done(answer);
        });
  }
  void serve() {
    jobs_with_leases->serve(
        {.report =
             [] {
               service::WorkerReport report;
               report.state = service::WorkerReport::State::registered;
               return report;
             },
         .adopt =
             [this](service::JobAssignment assignment, const std::function<void()>& /*refused*/) {
               adopted.set_value(std::move(assignment));
             }});
  }
  [[nodiscard]] std::size_t kept() { return leases->due(10)->size(); }

  SteadyClock clock;
  Metrics metrics;
  Jobs jobs;
  store::MemoryLeases* leases = nullptr;  // the thread's, while it is served
  std::promise<transport::HttpPost> asked;
  std::promise<service::JobAssignment> adopted;
  std::optional<LeasedJobs> jobs_with_leases;
};

TEST_F(LeasedJobsTest, AJobOfADeadWorkerIsGoneOnWithWhereItsRoomIsThere) {
  make(transport::HttpAnswer{200, R"({"rooms":[{"name":"kitchen","sid":"RM_1"}]})"});
  ASSERT_TRUE(leases->put("another", "AJ_1", to_json(job_of_another()), Millis(0)));
  serve();
  const transport::HttpPost question = asked.get_future().get();
  EXPECT_EQ(question.url.path, "/twirp/livekit.RoomService/ListRooms");
  EXPECT_EQ(question.body, R"({"names":["kitchen"]})");
  service::JobAssignment assignment = adopted.get_future().get();
  EXPECT_EQ(assignment.job.id, "AJ_1");
  EXPECT_EQ(assignment.url, "ws://127.0.0.1:1");
  EXPECT_TRUE(assignment.takes_over);
  EXPECT_EQ(assignment.predecessor, "");
  const auto token = protocol::verify_access_token(assignment.token, kSecret, clock.unix_seconds());
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->identity, "agent-AJ_1") << "LiveKit puts out the dead one";
  EXPECT_EQ(token->name, "Ada");
  EXPECT_EQ(token->kind, "agent");
  EXPECT_EQ(token->attributes.at("lk.agent_name"), "parley");
  EXPECT_EQ(token->video.room, "kitchen");
  EXPECT_TRUE(token->video.can_join && token->video.can_update_own_metadata.value_or(false));
  jobs_with_leases->start(std::move(assignment), [](const Status& /*status*/) {});
  jobs.finish("AJ_1");
  jobs_with_leases->stop();
  EXPECT_EQ(kept(), 0U);
}

TEST_F(LeasedJobsTest, ARoomThatIsOverGetsNoAgent) {
  make(transport::HttpAnswer{200, R"({"rooms":[{"name":"kitchen","sid":"RM_2"}]})"});
  ASSERT_TRUE(leases->put("another", "AJ_1", to_json(job_of_another()), Millis(0)));
  serve();
  asked.get_future().get();
  jobs_with_leases->stop();
  EXPECT_EQ(kept(), 0U);
  EXPECT_EQ(adopted.get_future().wait_for(Millis(0)), std::future_status::timeout);
}

TEST_F(LeasedJobsTest, AJobThatEndsIsReleasedAndOneThatIsCutIsNot) {
  make(Error{ErrorCode::unavailable, "away"});
  serve();
  std::promise<void> ended;
  for (const char* id : {"AJ_1", "AJ_2"}) {
    jobs_with_leases->start(a_job(id), [&](const Status& status) {
      EXPECT_TRUE(status);
      ended.set_value();
    });
  }
  jobs.finish("AJ_1");
  ended.get_future().get();
  jobs_with_leases->stop();
  const std::vector<std::string> ids{"AJ_1", "AJ_2"};
  EXPECT_THAT(*leases->renew("us", ids, Millis(1)),
              ElementsAre(store::LeaseState::gone, store::LeaseState::held));
  EXPECT_EQ(jobs_with_leases->load(), 0.25);
}

TEST_F(LeasedJobsTest, ADrainOffersEachJobAndLetsItGoWhenNobodyComes) {
  make(Error{ErrorCode::unavailable, "away"}, Millis(60'000));
  serve();
  jobs_with_leases->start(a_job("AJ_1"), [](const Status& /*status*/) {});
  jobs_with_leases->drain();
  EXPECT_EQ(jobs.left.get_future().get(), "AJ_1 ");
  jobs.finish("AJ_1");
  jobs_with_leases->stop();
  EXPECT_EQ(kept(), 1U) << "its room waits for a worker";
}

}  // namespace
}  // namespace parley::server
