// SPDX-License-Identifier: Apache-2.0
#include "service/dispatch/agent_worker.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/service/dispatch/fake_livekit.h"

namespace parley::service {
namespace {

using namespace std::chrono_literals;
using protocol::JobUpdate;
using protocol::RegisterWorker;
using protocol::WorkerUpdate;
using State = WorkerReport::State;

LinkLoss lost() { return {LinkLoss::Why::unreachable, 0, "connection refused"}; }

std::string value_of(const Metrics& metrics, const std::string& series) {
  const std::string text = "\n" + metrics.render();
  const std::size_t at = text.find("\n" + series + " ");
  if (at == std::string::npos) return "absent";
  const std::size_t from = at + series.size() + 2;
  return text.substr(from, text.find('\n', from) - from);
}

TEST(AgentWorker, RegistersAndThenSaysHowBusyItIs) {
  FakeLiveKit livekit;
  livekit.worker.start(livekit.now);
  EXPECT_EQ(livekit.link.connects, 1);
  EXPECT_EQ(livekit.worker.report().state, State::connecting);
  livekit.worker.on_open(livekit.now);
  const auto hello = livekit.link.take<RegisterWorker>();
  ASSERT_EQ(hello.size(), 1U);
  EXPECT_EQ(hello[0].agent_name, "parley");
  EXPECT_TRUE(livekit.link.sent.empty()) << "nothing else before the answer";
  livekit.worker.on_message(protocol::Registered{"AW_1", "1.9.12", "ND_1", 1}, livekit.now);
  EXPECT_EQ(livekit.worker.report().state, State::registered);
  EXPECT_EQ(livekit.worker.report().worker_id, "AW_1");
  EXPECT_EQ(livekit.link.take<WorkerUpdate>().size(), 1U);
  livekit.runner.measured = 0.25;
  livekit.pass(2500ms);
  const auto updates = livekit.link.take<WorkerUpdate>();
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_FALSE(updates[0].is_full);
  EXPECT_EQ(updates[0].load, 0.25F);
  EXPECT_EQ(updates[0].jobs, 0U);
  EXPECT_EQ(value_of(livekit.metrics, "parley_room_worker_connected"), "1");
  EXPECT_EQ(value_of(livekit.metrics, "parley_room_worker_load_percent"), "25");
}

TEST(AgentWorker, AJobIsAnsweredBegunAndEnded) {
  FakeLiveKit livekit;
  livekit.begin();
  const auto answer = livekit.offer("AJ_1");
  EXPECT_EQ(answer.job_id, "AJ_1");
  EXPECT_TRUE(answer.is_available);
  EXPECT_EQ(answer.identity, "agent-AJ_1");
  EXPECT_EQ(answer.name, "parley");
  EXPECT_EQ(answer.attributes.at("lk.agent.state"), "initializing");
  livekit.assign("AJ_1");
  ASSERT_EQ(livekit.runner.started.size(), 1U);
  EXPECT_EQ(livekit.runner.started[0].url, "ws://livekit:7880");
  EXPECT_EQ(livekit.runner.started[0].token, "token of AJ_1");
  auto updates = livekit.link.take<JobUpdate>();
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].state, JobUpdate::State::running);
  EXPECT_EQ(livekit.worker.report().rooms.at(0).second, "room of AJ_1");
  livekit.finish("AJ_1", Error{ErrorCode::unavailable, "the room is gone"});
  EXPECT_GE(livekit.link.wakes, 1);
  updates = livekit.link.take<JobUpdate>();
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].state, JobUpdate::State::failed);
  EXPECT_EQ(updates[0].error, "the room is gone");
  EXPECT_EQ(livekit.worker.report().jobs, 0U);
  livekit.run("AJ_2");
  livekit.finish("AJ_2");
  EXPECT_EQ(livekit.link.take<JobUpdate>().back().state, JobUpdate::State::success);
  EXPECT_EQ(value_of(livekit.metrics, R"(parley_room_worker_jobs_total{outcome="failed"})"), "1");
  EXPECT_EQ(value_of(livekit.metrics, R"(parley_room_worker_jobs_total{outcome="success"})"), "1");
}

TEST(AgentWorker, TheRunnerNamesItsAgents) {
  FakeLiveKit livekit;
  livekit.begin();
  protocol::Job job = FakeLiveKit::job("AJ_1");
  job.metadata = "named";
  livekit.worker.on_message(protocol::JobOffer{job}, livekit.now);
  EXPECT_EQ(livekit.link.take<protocol::JobAnswer>().at(0).name, "Lia");
}

TEST(AgentWorker, APromiseTakesAPlaceUntilItIsTooLate) {
  FakeLiveKit livekit;  // two places
  livekit.begin();
  EXPECT_TRUE(livekit.offer("AJ_1").is_available);
  livekit.link.take<WorkerUpdate>();
  EXPECT_TRUE(livekit.offer("AJ_2").is_available);
  const auto full = livekit.link.take<WorkerUpdate>();
  ASSERT_EQ(full.size(), 1U) << "full is told at once";
  EXPECT_TRUE(full[0].is_full);
  EXPECT_EQ(full[0].load, 1.0F);
  EXPECT_FALSE(livekit.offer("AJ_3").is_available) << "a limit is a limit";
  livekit.pass(7499ms);
  EXPECT_FALSE(livekit.offer("AJ_3").is_available);
  livekit.link.take<WorkerUpdate>();
  livekit.pass(1ms);
  EXPECT_FALSE(livekit.link.take<WorkerUpdate>().at(0).is_full);
  EXPECT_EQ(livekit.worker.report().promised, 0U);
  EXPECT_TRUE(livekit.offer("AJ_3").is_available);
  EXPECT_EQ(value_of(livekit.metrics, R"(parley_room_worker_availability_total{answer="full"})"),
            "2");
}

TEST(AgentWorker, AnAssignmentThatComesLateIsTakenWhereThereIsAPlace) {
  FakeLiveKit livekit;
  livekit.begin();
  livekit.offer("AJ_1");
  livekit.pass(8s);
  livekit.assign("AJ_1");
  EXPECT_EQ(livekit.runner.started.size(), 1U);
  livekit.assign("AJ_1");
  EXPECT_EQ(livekit.runner.started.size(), 1U) << "once";
  livekit.run("AJ_2");
  livekit.link.take<JobUpdate>();
  livekit.assign("AJ_3");
  EXPECT_EQ(livekit.runner.started.size(), 2U);
  const auto updates = livekit.link.take<JobUpdate>();
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].state, JobUpdate::State::failed);
}

TEST(AgentWorker, WithoutSlackInTheModelsItIsFull) {
  FakeLiveKit livekit;
  livekit.begin();
  livekit.runner.measured = 0.9;
  EXPECT_FALSE(livekit.offer("AJ_1").is_available);
  EXPECT_TRUE(livekit.link.take<WorkerUpdate>().back().is_full);
  livekit.runner.measured = 0.5;
  livekit.pass(2500ms);
  EXPECT_FALSE(livekit.link.take<WorkerUpdate>().back().is_full);
  EXPECT_TRUE(livekit.offer("AJ_1").is_available);
}

TEST(AgentWorker, AnOfferThatIsFaultyOrRunsHereIsAnsweredWithNo) {
  FakeLiveKit livekit;
  livekit.begin();
  livekit.worker.on_message(
      protocol::JobOffer{FakeLiveKit::job("AJ_1"), false, "job.metadata is too long"}, livekit.now);
  const auto answers = livekit.link.take<protocol::JobAnswer>();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_FALSE(answers[0].is_available);
  livekit.run("AJ_2");
  EXPECT_FALSE(livekit.offer("AJ_2").is_available);
}

TEST(AgentWorker, AJobThatTheRunnerDoesNotWantIsForTheNextWorker) {
  FakeLiveKit livekit;
  livekit.begin();
  livekit.runner.unwanted = "AJ_1";
  const protocol::JobAnswer refused = livekit.offer("AJ_1");
  EXPECT_FALSE(refused.is_available);
  EXPECT_FALSE(refused.is_unwanted) << "others may want it";
  EXPECT_TRUE(livekit.offer("AJ_2").is_available);
}

TEST(AgentWorker, LiveKitMayEndAJob) {
  FakeLiveKit livekit;
  livekit.begin();
  livekit.run("AJ_1");
  livekit.worker.on_message(protocol::JobTerminated{"AJ_1"}, livekit.now);
  livekit.worker.on_message(protocol::JobTerminated{"AJ_unknown"}, livekit.now);
  EXPECT_EQ(livekit.runner.terminated, std::vector<std::string>{"AJ_1"});
  livekit.finish("AJ_1");
  EXPECT_EQ(livekit.worker.report().jobs, 0U);
}

TEST(AgentWorker, JobsGoOnWithoutAConnectionAndAreToldWithTheNext) {
  FakeLiveKit livekit;
  livekit.begin();
  livekit.run("AJ_1");
  livekit.run("AJ_2");
  livekit.pass(20s);
  livekit.worker.on_lost(lost(), livekit.now);
  EXPECT_EQ(livekit.worker.report().state, State::waiting);
  EXPECT_EQ(livekit.worker.report().jobs, 2U);
  EXPECT_NE(livekit.worker.report().trouble.value_or("").find("connection refused"),
            std::string::npos);
  livekit.finish("AJ_2");
  livekit.link.sent.clear();
  livekit.pass(0s);
  EXPECT_EQ(livekit.link.connects, 2) << "at once, the first time";
  livekit.open();
  EXPECT_EQ(livekit.link.take<protocol::JobsGoOn>().at(0).job_ids,
            std::vector<std::string>{"AJ_1"});
  const auto updates = livekit.link.take<JobUpdate>();
  ASSERT_EQ(updates.size(), 2U);
  EXPECT_EQ(updates[0].job_id, "AJ_1");
  EXPECT_EQ(updates[0].state, JobUpdate::State::running);
  EXPECT_EQ(updates[1].job_id, "AJ_2");
  EXPECT_EQ(updates[1].state, JobUpdate::State::success);
  EXPECT_EQ(livekit.worker.report().trouble, std::nullopt);
  EXPECT_EQ(value_of(livekit.metrics, "parley_room_worker_reconnects_total"), "1");
}

TEST(AgentWorker, TriesAgainLaterAndLater) {
  FakeLiveKit livekit;
  livekit.worker.start(livekit.now);
  std::vector<Nanos> pauses;
  for (int i = 0; i < 8; ++i) {
    livekit.worker.on_lost(lost(), livekit.now);
    const Instant before = livekit.now;
    const int connects = livekit.link.connects;
    while (livekit.link.connects == connects) livekit.pass(livekit.worker.next() - livekit.now);
    pauses.push_back(livekit.now - before);
  }
  EXPECT_EQ(pauses, (std::vector<Nanos>{0s, 2s, 4s, 6s, 8s, 10s, 10s, 10s}));
}

// It would otherwise be asked as fast as the network is.
TEST(AgentWorker, AConnectionThatDoesNotLastIsNoGoodOne) {
  FakeLiveKit livekit;
  livekit.begin();
  livekit.worker.on_lost({LinkLoss::Why::closed, 0, ""}, livekit.now);
  livekit.pass(0s);
  livekit.open();
  livekit.worker.on_lost({LinkLoss::Why::closed, 0, ""}, livekit.now);
  livekit.pass(1999ms);
  EXPECT_EQ(livekit.link.connects, 2);
  livekit.pass(1ms);
  EXPECT_EQ(livekit.link.connects, 3);
}

TEST(AgentWorker, ARefusalSaysWhatToDoAndIsTriedSlowly) {
  const auto trouble_of = [](int status) {
    FakeLiveKit livekit;
    livekit.worker.start(livekit.now);
    livekit.worker.on_lost({LinkLoss::Why::refused, status, "no"}, livekit.now);
    livekit.pass(29s);
    EXPECT_EQ(livekit.link.connects, status < 500 ? 1 : 2) << status;
    if (status >= 500) return std::string("tried sooner");
    livekit.pass(1s);
    EXPECT_EQ(livekit.link.connects, 2) << status;
    return livekit.worker.report().trouble.value_or("");
  };
  EXPECT_NE(trouble_of(401).find("check rooms.key and rooms.secret"), std::string::npos);
  EXPECT_NE(trouble_of(404).find("rooms.url"), std::string::npos);
  EXPECT_EQ(trouble_of(503), "tried sooner");
}

TEST(AgentWorker, AServerThatIsNoneOrSilentIsLeft) {
  FakeLiveKit livekit;
  livekit.worker.start(livekit.now);
  livekit.worker.on_open(livekit.now);
  livekit.worker.on_message(protocol::WorkerPong{}, livekit.now);
  EXPECT_EQ(livekit.link.closes, 1);
  EXPECT_NE(livekit.worker.report().trouble.value_or("").find("registration"), std::string::npos);
  livekit.pass(0s);
  livekit.worker.on_open(livekit.now);
  livekit.worker.on_nonsense("not protobuf", livekit.now);
  EXPECT_EQ(livekit.link.closes, 2);
  livekit.pass(2s);
  livekit.worker.on_open(livekit.now);
  livekit.pass(10s);
  EXPECT_EQ(livekit.link.closes, 3);
  EXPECT_NE(livekit.worker.report().trouble.value_or("").find("does not answer"),
            std::string::npos);
}

TEST(AgentWorker, ADeadConnectionIsFoundByPings) {
  FakeLiveKit livekit;
  livekit.begin();
  livekit.pass(30s);
  EXPECT_EQ(livekit.link.take<protocol::WorkerPing>().size(), 1U);
  livekit.worker.on_message(protocol::WorkerPong{}, livekit.now);
  livekit.pass(39s);
  EXPECT_EQ(livekit.link.closes, 0);
  livekit.pass(1s);
  EXPECT_EQ(livekit.link.closes, 1);
  EXPECT_NE(livekit.worker.report().state, State::registered);
}

TEST(AgentWorker, ALaterProtocolAndNonsenseAreLivedWith) {
  FakeLiveKit livekit;
  livekit.worker.start(livekit.now);
  livekit.open(7);
  livekit.worker.on_nonsense("job.id is missing", livekit.now);
  livekit.worker.on_message(protocol::UnknownMessage{}, livekit.now);
  EXPECT_EQ(livekit.worker.report().state, State::registered);
  EXPECT_TRUE(livekit.offer("AJ_1").is_available);
}

TEST(AgentWorker, DrainsUntilItsJobsHaveEnded) {
  FakeLiveKit livekit;
  livekit.begin();
  livekit.run("AJ_1");
  livekit.offer("AJ_2");
  livekit.link.sent.clear();
  livekit.worker.drain(livekit.now);
  EXPECT_TRUE(livekit.runner.is_draining);
  EXPECT_TRUE(livekit.link.take<WorkerUpdate>().at(0).is_full);
  EXPECT_FALSE(livekit.offer("AJ_3").is_available) << "answered all the same";
  livekit.assign("AJ_2");
  EXPECT_EQ(livekit.link.take<JobUpdate>().at(0).state, JobUpdate::State::failed);
  EXPECT_EQ(livekit.runner.started.size(), 1U);
  EXPECT_FALSE(livekit.worker.is_over());
  EXPECT_EQ(livekit.worker.report().state, State::draining);
  livekit.finish("AJ_1");
  EXPECT_EQ(livekit.link.take<JobUpdate>().at(0).state, JobUpdate::State::success);
  EXPECT_TRUE(livekit.worker.is_over());
  EXPECT_EQ(livekit.link.closes, 1);
  EXPECT_EQ(livekit.worker.next(), Instant::never());
}

TEST(AgentWorker, ADrainHasAnEnd) {
  FakeLiveKit livekit;
  livekit.begin();
  livekit.run("AJ_1");
  livekit.worker.drain(livekit.now);
  livekit.pass(9999ms);
  EXPECT_FALSE(livekit.worker.is_over());
  livekit.pass(1ms);
  EXPECT_TRUE(livekit.worker.is_over());
  EXPECT_EQ(livekit.runner.terminated, std::vector<std::string>{"AJ_1"});
  livekit.finish("AJ_1");
  EXPECT_EQ(value_of(livekit.metrics, R"(parley_room_worker_jobs_total{outcome="cut"})"), "1");
}

TEST(AgentWorker, WithoutAConnectionOrAJobADrainIsOverAtOnce) {
  FakeLiveKit livekit;
  livekit.worker.start(livekit.now);
  livekit.worker.on_lost(lost(), livekit.now);
  livekit.worker.drain(livekit.now);
  EXPECT_TRUE(livekit.worker.is_over());
  livekit.pass(60s);
  EXPECT_EQ(livekit.link.connects, 1);
}

TEST(AgentWorker, AJobOfAnotherWorkerTakesAPlaceAndEndsAsAnyOther) {
  FakeLiveKit livekit;
  livekit.begin();
  const JobAssignment theirs{.job = FakeLiveKit::job("AJ_9"),
                             .url = "ws://x",
                             .token = "t",
                             .takes_over = true,
                             .predecessor = "agent-AJ_9"};
  EXPECT_TRUE(livekit.worker.adopt(theirs, livekit.now));
  EXPECT_FALSE(livekit.worker.adopt(theirs, livekit.now)) << "it runs here already";
  ASSERT_EQ(livekit.runner.started.size(), 1U);
  EXPECT_EQ(livekit.runner.started[0].predecessor, "agent-AJ_9");
  EXPECT_TRUE(livekit.link.take<JobUpdate>().empty()) << "LiveKit knows nothing of it";
  EXPECT_EQ(livekit.worker.report().jobs, 1U);
  livekit.run("AJ_1");
  EXPECT_FALSE(livekit.offer("AJ_2").is_available) << "full";
  livekit.finish("AJ_9");
  EXPECT_TRUE(livekit.offer("AJ_2").is_available);
  livekit.worker.drain(livekit.now);
  EXPECT_FALSE(livekit.worker.adopt(theirs, livekit.now));
}

TEST(AgentWorker, EndsThatNobodyHearsOfAreFewEnough) {
  FakeLiveKit livekit({.url = "ws://x", .agent_name = "p", .version = "1", .jobs_max = 1000});
  livekit.begin();
  for (int i = 0; i < 300; ++i) livekit.run("AJ_" + std::to_string(i));
  livekit.worker.on_lost(lost(), livekit.now);
  for (int i = 0; i < 300; ++i) livekit.finish("AJ_" + std::to_string(i));
  livekit.link.sent.clear();
  livekit.pass(10s);
  livekit.open();
  EXPECT_EQ(livekit.link.take<JobUpdate>().size(), AgentWorker::kEndsKeptMax);
}

}  // namespace
}  // namespace parley::service
