// SPDX-License-Identifier: Apache-2.0
//
// Jobs and a client of LiveKit's that the test plays: what it is asked for is noted, and it tells
// what the test wants it to.
#include "server/rooms/room_jobs.h"

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transport/livekit/ffi.h"
#include "transport/livekit/ffi_hub.h"
#include "transport/livekit/joined_room.h"

namespace parley::server {
namespace {

namespace ffi = transport::ffi;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// What the client is asked for, and what it tells. Threads: any.
class PlayedLibrary final : public transport::LiveKitLibrary, public transport::Ffi {
 public:
  explicit PlayedLibrary(Metrics& metrics)
      : counters_(metrics), hub_(*this, counters_.events_dropped, counters_.awaited) {}

  std::unique_ptr<transport::LiveKitRoom> join(
      transport::LiveKitJoin join,
      std::shared_ptr<transport::LiveKitRoomListener> listener) override {
    return std::make_unique<transport::JoinedRoom>(hub_, counters_, std::move(join),
                                                   std::move(listener));
  }
  /// Each answer is an empty message: "I will".
  std::optional<ffi::FfiResponse> request(const ffi::FfiRequest& request) override {
    const std::lock_guard lock(mutex_);
    requests_[request.message_case()].push_back(request);
    changed_.notify_all();
    return ffi::FfiResponse();
  }
  void drop(std::uint64_t handle) override {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(given_.erase(handle), 1U) << handle;
    changed_.notify_all();
  }

  /// That request of its kind, once it has come.
  ffi::FfiRequest asked(ffi::FfiRequest::MessageCase kind, std::size_t index = 0) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return requests_[kind].size() > index; });
    return requests_[kind][index];
  }
  std::size_t times(ffi::FfiRequest::MessageCase kind) {
    const std::lock_guard lock(mutex_);
    return requests_[kind].size();
  }
  void wait_until_nothing_is_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return given_.empty(); });
  }

  /// The `index`th who wanted to join is in; his room's handle is 2 * index + 1.
  void let_in(std::size_t index = 0) {
    const std::uint64_t room = 2 * index + 1;
    ffi::FfiEvent event;
    ffi::ConnectCallback& connect = *event.mutable_connect();
    connect.set_async_id(asked(ffi::FfiRequest::kConnect, index).connect().request_async_id());
    auto& result = *connect.mutable_result();
    result.mutable_room()->mutable_handle()->set_id(give(room));
    fill(*result.mutable_room()->mutable_info());
    result.mutable_local_participant()->mutable_handle()->set_id(give(room + 1));
    fill(*result.mutable_local_participant()->mutable_info());
    tell(event);
  }
  void refuse(const std::string& why) {
    ffi::FfiEvent event;
    event.mutable_connect()->set_async_id(
        asked(ffi::FfiRequest::kConnect).connect().request_async_id());
    event.mutable_connect()->set_error(why);
    tell(event);
  }
  void end_room(ffi::DisconnectReason why) {
    ffi::FfiEvent event;
    event.mutable_room_event()->set_room_handle(1);
    event.mutable_room_event()->mutable_disconnected()->set_reason(why);
    tell(event);
  }
  /// The `index`th room that was left is closed, and its handles are no longer needed.
  void close(std::size_t index = 0) {
    ffi::FfiEvent event;
    event.mutable_disconnect()->set_async_id(
        asked(ffi::FfiRequest::kDisconnect, index).disconnect().request_async_id());
    tell(event);
  }

 private:
  std::uint64_t give(std::uint64_t handle) {
    const std::lock_guard lock(mutex_);
    given_.insert(handle);
    return handle;
  }
  static void fill(ffi::RoomInfo& room) {
    room.set_name("kitchen");
    room.set_sid("RM_1");
  }
  static void fill(ffi::ParticipantInfo& participant) {
    participant.set_sid("PA_1");
    participant.set_name("Parley");
    participant.set_identity("agent-1");
    participant.set_kind(ffi::PARTICIPANT_KIND_AGENT);
  }
  void tell(ffi::FfiEvent event) { hub_.take(std::move(event)); }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<ffi::FfiRequest::MessageCase, std::vector<ffi::FfiRequest>> requests_;  // GUARDED_BY
  std::set<std::uint64_t> given_;  // GUARDED_BY(mutex_); handles
  transport::LiveKitCounters counters_;
  transport::FfiHub hub_;  // last: its thread uses the others
};

class RoomJobsTest : public ::testing::Test {
 protected:
  RoomJobsTest() {
    config.models.fake = true;
    config.models.path = root_.string();
    config.rooms.agent = "transcriber";
    config.rooms.jobs_max = 4;
  }
  ~RoomJobsTest() override {
    jobs.reset();
    std::filesystem::remove_all(root_);
  }
  Result<std::unique_ptr<service::RoomAgents>> make() {
    auto loaded = Engine::load(config, metrics, [](std::string_view) {});
    EXPECT_TRUE(loaded);
    engine = std::move(*loaded);
    return make_room_jobs({config, *engine, metrics, {}, livekit});
  }
  void open() {
    auto made = make();
    ASSERT_TRUE(made) << made.error().message;
    jobs = std::move(*made);
  }
  static protocol::Job job(const std::string& id, std::string metadata = {}) {
    protocol::Job job;
    job.id = id;
    job.room = "kitchen";
    job.metadata = std::move(metadata);
    return job;
  }
  /// Its end.
  std::future<Status> start(const std::string& id, std::string metadata = {}) {
    auto ended = std::make_shared<std::promise<Status>>();  // kept by the job
    jobs->start({job(id, std::move(metadata)), "ws://livekit", "token-" + id},
                [ended](Status status) { ended->set_value(std::move(status)); });
    return ended->get_future();
  }
  static std::string message(std::future<Status> ended) {
    const Status status = ended.get();
    return status ? "" : status.error().message;
  }

  const std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) /
      ("room_jobs_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  Config config;
  Metrics metrics;
  PlayedLibrary library{metrics};
  transport::LiveKitLibrary* livekit = &library;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<service::JobRunner> jobs;
};

TEST_F(RoomJobsTest, WithoutTheLibraryThereAreNoJobsAndItIsSaidWhatToDo) {
  livekit = nullptr;
  const auto made = make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::not_found);
  EXPECT_THAT(made.error().message,
              AllOf(HasSubstr((root_ / "sdk/livekit/lib/liblivekit_ffi.so").string()),
                    HasSubstr("tools/deps")));
}

TEST_F(RoomJobsTest, AnAgentThatIsWrongKeepsEveryJobFromRunning) {
  config.rooms.agent = "interpreter";
  const auto made = make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "rooms.agent: there is no agent 'interpreter'");
}

TEST_F(RoomJobsTest, AJobThatAsksForWhatThereIsNotEndsWithTheReasonAndJoinsNothing) {
  open();
  EXPECT_THAT(message(start("AJ_1", "interpreter")),
              AllOf(HasSubstr("the job's metadata: 'agent': "), HasSubstr("'interpreter'"),
                    HasSubstr("'transcriber'")));
  EXPECT_THAT(message(start("AJ_2", R"({"agent":"translator","to":5})")), HasSubstr("'to'"));
  EXPECT_THAT(message(start("AJ_3", R"({"agent":"transcriber","to":"x!"})")),
              AllOf(HasSubstr("'to'"), HasSubstr("'x!'"), HasSubstr("expected")));
  EXPECT_EQ(message(start("AJ_4", R"({"agent":"transcriber","speak":true})")),
            "'speak' is 'true', but the agent 'transcriber' has nothing to say");
  EXPECT_EQ(library.times(ffi::FfiRequest::kConnect), 0U);
  EXPECT_EQ(jobs->load(), 0.0) << "they take no place";
}

TEST_F(RoomJobsTest, AJobJoinsItsRoomAndEndsWithIt) {
  open();
  auto ended = start("AJ_1");
  const ffi::ConnectRequest connect = library.asked(ffi::FfiRequest::kConnect).connect();
  EXPECT_EQ(connect.url(), "ws://livekit");
  EXPECT_EQ(connect.token(), "token-AJ_1");
  EXPECT_FALSE(connect.options().auto_subscribe());
  library.let_in();
  EXPECT_EQ(library.asked(ffi::FfiRequest::kRegisterRpcMethod).register_rpc_method().method(),
            "say");
  library.end_room(ffi::ROOM_DELETED);
  EXPECT_EQ(message(std::move(ended)), "");
  library.close();
  library.wait_until_nothing_is_held();
  EXPECT_EQ(jobs->load(), 0.0);
}

TEST_F(RoomJobsTest, ARoomThatCannotBeJoinedIsSaid) {
  open();
  auto ended = start("AJ_1");
  library.refuse("signal failure: HTTP error: 401 Unauthorized");
  EXPECT_THAT(message(std::move(ended)),
              AllOf(HasSubstr("joining the room"), HasSubstr("401 Unauthorized")));
}

TEST_F(RoomJobsTest, AConnectionThatIsLostForGoodIsAFailure) {
  open();
  auto ended = start("AJ_1");
  library.let_in();
  library.end_room(ffi::JOIN_FAILURE);
  EXPECT_THAT(message(std::move(ended)), HasSubstr("JOIN_FAILURE"));
}

TEST_F(RoomJobsTest, OneThatIsEndedBeforeItWasInLeavesNothing) {
  open();
  auto ended = start("AJ_1");
  library.asked(ffi::FfiRequest::kConnect);
  jobs->terminate("AJ_1");
  EXPECT_EQ(message(std::move(ended)), "");
  EXPECT_EQ(library.times(ffi::FfiRequest::kDisconnect), 0U) << "there is no room yet";
  library.let_in();
  library.close();
  library.wait_until_nothing_is_held();
  jobs->terminate("AJ_1");
  jobs->terminate("AJ_unknown");
}

TEST_F(RoomJobsTest, LiveKitMayEndAJob) {
  open();
  auto ended = start("AJ_1");
  library.let_in();
  library.asked(ffi::FfiRequest::kRegisterRpcMethod, 2);
  jobs->terminate("AJ_1");
  EXPECT_EQ(message(std::move(ended)), "");
  EXPECT_EQ(library.asked(ffi::FfiRequest::kDisconnect).disconnect().room_handle(), 1U);
  library.close();
  library.wait_until_nothing_is_held();
}

TEST_F(RoomJobsTest, JobsAreLoadAndAtMostAsManyAsAreAllowed) {
  open();
  EXPECT_EQ(jobs->load(), 0.0);
  std::vector<std::future<Status>> running;
  for (const char* id : {"AJ_1", "AJ_2", "AJ_3"}) running.push_back(start(id));
  EXPECT_EQ(jobs->load(), 0.75);
  running.push_back(start("AJ_4"));
  EXPECT_EQ(message(start("AJ_5")), "all 4 sessions are taken");
  EXPECT_EQ(jobs->load(), 1.0);
  jobs->terminate("AJ_2");
  EXPECT_EQ(message(std::move(running[1])), "");
  EXPECT_EQ(jobs->load(), 0.75);
  jobs->terminate("AJ_3");
  EXPECT_EQ(message(std::move(running[2])), "");
  EXPECT_EQ(jobs->load(), 0.5);
}

TEST_F(RoomJobsTest, ADrainEndsJobsWhereNobodySpeaksAndTakesNoMore) {
  open();
  auto in = start("AJ_1");
  library.let_in();
  library.asked(ffi::FfiRequest::kRegisterRpcMethod, 2);
  auto joining = start("AJ_2");
  library.asked(ffi::FfiRequest::kConnect, 1);
  jobs->drain();
  EXPECT_EQ(message(std::move(in)), "");
  EXPECT_EQ(message(std::move(joining)), "");
  EXPECT_EQ(library.asked(ffi::FfiRequest::kDisconnect).disconnect().room_handle(), 1U);
  EXPECT_EQ(message(start("AJ_3")), "the server is shutting down");
  EXPECT_EQ(library.times(ffi::FfiRequest::kConnect), 2U);
}

TEST_F(RoomJobsTest, AJobThatRunsHereAlreadyIsNotBegunAgain) {
  open();
  auto first = start("AJ_1");
  library.let_in();
  library.asked(ffi::FfiRequest::kRegisterRpcMethod, 2);
  EXPECT_EQ(message(start("AJ_1")), "the job AJ_1 runs here already");
  EXPECT_EQ(library.times(ffi::FfiRequest::kConnect), 1U);
  jobs->terminate("AJ_1");
  EXPECT_EQ(message(std::move(first)), "");
}

TEST_F(RoomJobsTest, JobsThatWereNotEvenBegunEndWithTheWorker) {
  open();
  std::vector<std::future<Status>> ends;
  for (int i = 0; i < 40; ++i) ends.push_back(start("AJ_" + std::to_string(i)));
  jobs.reset();
  for (std::future<Status>& end : ends) EXPECT_NE(message(std::move(end)), "");
}

TEST_F(RoomJobsTest, WhoIsDestroyedEndsEveryJob) {
  open();
  auto in = start("AJ_1");
  library.let_in();
  library.asked(ffi::FfiRequest::kRegisterRpcMethod, 2);
  auto joining = start("AJ_2");
  library.asked(ffi::FfiRequest::kConnect, 1);
  jobs.reset();
  EXPECT_EQ(message(std::move(in)), "the worker has ended");
  EXPECT_EQ(message(std::move(joining)), "the worker has ended");
}

TEST_F(RoomJobsTest, AnAgentIsCalledWhatItsJobSays) {
  open();
  EXPECT_EQ(jobs->name_of(job("AJ_1", R"({"agent":"assistant","name":"Ada"})")), "Ada");
  EXPECT_EQ(jobs->name_of(job("AJ_1")), "Transcriber") << "the worker's own agent";
  EXPECT_EQ(jobs->name_of(job("AJ_1", "interpreter")), "") << "the job will say why";
}

}  // namespace
}  // namespace parley::server
