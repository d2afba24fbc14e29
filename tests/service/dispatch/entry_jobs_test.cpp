// SPDX-License-Identifier: Apache-2.0
//
// Entry points run on real threads; nothing here waits for time to pass.
#include "service/dispatch/entry_jobs.h"

#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/dispatch/entry_state.h"
#include "tests/service/dispatch/fake_agents.h"

namespace parley::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string told(const AgentEvent& event) {
  if (const auto* said = std::get_if<WordsSaid>(&event)) return said->name + ": " + said->text;
  if (const auto* came = std::get_if<ParticipantCame>(&event)) return "+" + came->participant.name;
  if (const auto* state = std::get_if<AgentStateChanged>(&event)) return state->state;
  if (const auto* ends = std::get_if<EndComes>(&event)) {
    return ends->why == EndComes::Why::drains ? "drains" : "terminated";
  }
  if (const auto* left = std::get_if<AgentLeft>(&event)) {
    return left->why ? "left" : "left: " + left->why.error().message;
  }
  return std::holds_alternative<AgentEntered>(event) ? "entered" : "?";
}

Result<RoomAgent> assistant(EntryJob& job) { return job.join({.agent = "assistant"}); }

class EntryJobsTest : public ::testing::Test {
 protected:
  void make(EntryPoint entry) {
    auto made = std::make_unique<FakeAgents>();
    agents = made.get();
    jobs = std::make_unique<EntryJobs>(std::move(entry), std::move(made), metrics);
  }
  void make(std::function<Status(EntryJob&)> entrypoint) {
    make(EntryPoint{.entrypoint = std::move(entrypoint)});
  }
  void start(const std::string& id, const std::string& metadata = {}) {
    auto ended = std::make_shared<std::promise<Status>>();
    ends[id] = ended->get_future();
    jobs->start({.job = {.id = id, .room = "room of " + id, .metadata = metadata},
                 .url = "ws://livekit:7880",
                 .token = "token of " + id},
                [ended](Status status) { ended->set_value(std::move(status)); });
  }
  Status end_of(const std::string& id) { return ends.at(id).get(); }

  Metrics metrics;
  FakeAgents* agents = nullptr;
  std::map<std::string, std::future<Status>> ends;
  std::unique_ptr<EntryJobs> jobs;
};

TEST_F(EntryJobsTest, AnEntryPointSendsAnAgentAndIsToldWhatHappens) {
  std::vector<std::string> seen;
  make([&](EntryJob& job) -> Status {
    PARLEY_TRY(RoomAgent agent, job.join({.agent = "assistant", .greeting = "Hello!"}));
    seen.push_back(agent.identity() + " for " + job.facts().metadata);
    while (const std::optional<AgentEvent> event = agent.next()) seen.push_back(told(*event));
    return {};
  });
  start("a", "the metadata");
  const AgentWish wish = agents->wished("a");
  EXPECT_EQ(wish.order.agent, "assistant");
  EXPECT_EQ(wish.order.greeting, "Hello!");
  EXPECT_EQ(wish.assignment.job.room, "room of a");
  agents->enter("a");
  agents->tell("a", ParticipantCame{{.identity = "ann", .name = "Ann"}});
  agents->tell("a", WordsSaid{.identity = "ann", .name = "Ann", .text = "Hi."});
  agents->leave("a");
  EXPECT_TRUE(end_of("a"));
  EXPECT_THAT(seen, ElementsAre("agent-a for the metadata", "+Ann", "Ann: Hi.", "left"));
}

TEST_F(EntryJobsTest, WhatItThrowsEndsItsOwnJobOnly) {
  make([](EntryJob& job) -> Status {
    if (job.facts().id == "bad") throw std::runtime_error("no such customer");
    PARLEY_TRY(RoomAgent agent, assistant(job));
    return agent.wait();
  });
  start("good");
  agents->enter("good");
  start("bad");
  const Status bad = end_of("bad");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "the entry point threw: no such customer");
  agents->leave("good");
  EXPECT_TRUE(end_of("good"));
}

TEST_F(EntryJobsTest, AnErrorTakesTheAgentOut) {
  make([](EntryJob& job) -> Status {
    PARLEY_TRY(RoomAgent agent, assistant(job));
    return Error{ErrorCode::unavailable, "the database is away"};
  });
  start("a");
  agents->enter("a");
  EXPECT_THAT(agents->asked(1), ElementsAre("terminate a"));
  agents->leave("a");
  const Status ended = end_of("a");
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "the database is away");
}

TEST_F(EntryJobsTest, TheAgentStaysWhenTheEntryPointReturns) {
  std::promise<void> returns;
  make([&](EntryJob& job) -> Status {
    PARLEY_TRY(RoomAgent agent, assistant(job));
    PARLEY_TRY_STATUS(agent.say("Good day."));
    returns.set_value();
    return {};
  });
  start("a");
  agents->enter("a");
  returns.get_future().get();
  EXPECT_THAT(agents->asked(1), ElementsAre("a says Good day."));
  agents->tell("a", AgentStateChanged{"speaking"});  // nobody takes it
  agents->leave("a", Error{ErrorCode::unavailable, "the room is gone"});
  const Status ended = end_of("a");
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "the room is gone");
}

TEST_F(EntryJobsTest, AnAgentThatDoesNotGetInIsAnErrorOfJoin) {
  make([](EntryJob& job) -> Status {
    const Result<RoomAgent> agent = assistant(job);
    EXPECT_FALSE(agent);
    EXPECT_EQ(agent.error().message, "there is no agent 'assistant'");
    // Another one may be tried.
    PARLEY_TRY(RoomAgent second, job.join({.agent = "transcriber"}));
    EXPECT_EQ(told(second.next().value()), "left");
    EXPECT_EQ(second.next(), std::nullopt);
    return {};
  });
  start("a");
  agents->leave("a", Error{ErrorCode::not_found, "there is no agent 'assistant'"});
  EXPECT_EQ(agents->wished("a").order.agent, "transcriber");
  agents->enter("a");
  agents->leave("a");
  EXPECT_TRUE(end_of("a"));
}

TEST_F(EntryJobsTest, CommandsReachTheAgentWhileItIsThere) {
  make([](EntryJob& job) -> Status {
    PARLEY_TRY(RoomAgent agent, assistant(job));
    EXPECT_EQ(job.join({}).error().code, ErrorCode::failed_precondition);
    EXPECT_TRUE(agent.say("One."));
    EXPECT_TRUE(agent.interrupt());
    EXPECT_TRUE(agent.set_instructions("brief"));
    EXPECT_TRUE(agent.leave());
    EXPECT_TRUE(agent.wait());
    const Status late = agent.say("Two.");
    EXPECT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::failed_precondition);
    return {};
  });
  start("a");
  agents->enter("a");
  EXPECT_THAT(agents->asked(4),
              ElementsAre("a says One.", "a is silent", "a is brief", "finish a"));
  agents->leave("a");
  EXPECT_TRUE(end_of("a"));
}

TEST_F(EntryJobsTest, JobsAreToldThatTheEndComes) {
  std::vector<std::string> seen;
  make([&](EntryJob& job) -> Status {
    PARLEY_TRY(RoomAgent agent, assistant(job));
    while (const std::optional<AgentEvent> event = agent.next()) seen.push_back(told(*event));
    EXPECT_TRUE(job.is_ending());
    EXPECT_EQ(job.join({}).error().code, ErrorCode::cancelled);
    return {};
  });
  start("a");
  agents->enter("a");
  jobs->drain();
  jobs->terminate("a");
  jobs->terminate("nobody's");
  EXPECT_THAT(agents->asked(2), ElementsAre("drain", "terminate a"));
  agents->leave("a");
  EXPECT_TRUE(end_of("a"));
  EXPECT_THAT(seen, ElementsAre("drains", "terminated", "left"));
}

TEST_F(EntryJobsTest, OfTooManyEventsTheOldestAreLostAndCounted) {
  std::promise<void> joined;
  std::promise<void> full;
  std::vector<std::string> seen;
  make([&](EntryJob& job) -> Status {
    PARLEY_TRY(RoomAgent agent, assistant(job));
    joined.set_value();
    full.get_future().get();
    while (const std::optional<AgentEvent> event = agent.next()) seen.push_back(told(*event));
    return {};
  });
  start("a");
  agents->enter("a");
  joined.get_future().get();
  for (std::size_t i = 0; i < kAgentEventsMax + 4; ++i) {
    agents->tell("a", AgentStateChanged{std::to_string(i)});
  }
  agents->leave("a");
  full.set_value();
  EXPECT_TRUE(end_of("a"));
  ASSERT_EQ(seen.size(), kAgentEventsMax);
  EXPECT_EQ(seen.back(), "left");
  EXPECT_EQ(metrics.counter("parley_room_agent_events_lost_total", "").value(), 5U);
}

TEST_F(EntryJobsTest, EventsMayBeGivenToSomebodyElse) {
  std::vector<std::string> seen;
  std::promise<EntryJob*> running;
  make([&](EntryJob& job) -> Status {
    running.set_value(&job);
    while (const std::optional<AgentEvent> event = job.next()) {
      seen.push_back(told(*event));
      if (std::holds_alternative<AgentLeft>(*event)) job.dismiss();
    }
    return {};
  });
  start("a");
  EntryJob* const job = running.get_future().get();
  EXPECT_FALSE(job->agent().say("Too early."));
  EXPECT_TRUE(job->begin_join({.agent = "assistant"}));
  EXPECT_EQ(job->begin_join({}).error().code, ErrorCode::failed_precondition);
  agents->enter("a");
  agents->leave("a", Error{ErrorCode::unavailable, "gone"});
  EXPECT_FALSE(end_of("a"));
  EXPECT_THAT(seen, ElementsAre("entered", "left: gone"));
}

TEST_F(EntryJobsTest, AtTheEndAgentsLeaveAndEntryPointsAreWaitedFor) {
  bool has_seen_the_end = false;
  make([&](EntryJob& job) -> Status {
    PARLEY_TRY(RoomAgent agent, assistant(job));
    EXPECT_TRUE(agent.wait());
    EXPECT_FALSE(agent.say("Too late."));
    has_seen_the_end = true;
    return {};
  });
  start("a");
  agents->enter("a");
  jobs.reset();
  EXPECT_TRUE(has_seen_the_end);
  EXPECT_TRUE(end_of("a"));
}

TEST_F(EntryJobsTest, AThousandJobsLeaveNoThreadBehind) {
  std::vector<std::thread::id> threads;
  make([&](EntryJob&) -> Status {
    threads.push_back(std::this_thread::get_id());
    return {};
  });
  for (int i = 0; i < 1'000; ++i) {
    start(std::to_string(i));
    EXPECT_TRUE(end_of(std::to_string(i)));
  }
  EXPECT_EQ(threads.size(), 1'000U);
}

TEST_F(EntryJobsTest, JobsMayBeRefused) {
  make(EntryPoint{.request =
                      [](const protocol::Job& job) {
                        if (job.room.empty()) throw std::runtime_error("no room");
                        return job.room == "kitchen";
                      },
                  .entrypoint = [](EntryJob&) -> Status { return {}; }});
  EXPECT_TRUE(jobs->wants({.room = "kitchen"}));
  EXPECT_FALSE(jobs->wants({.room = "hall"}));
  EXPECT_FALSE(jobs->wants({}));
  EXPECT_EQ(jobs->load(), 0.25);
}

TEST_F(EntryJobsTest, PrewarmMayFailInWordsOrThrow) {
  make([](EntryJob&) -> Status { return {}; });
  EXPECT_TRUE(jobs->prewarm());
  make(EntryPoint{.prewarm = []() -> Status { throw std::runtime_error("no data"); },
                  .entrypoint = [](EntryJob&) -> Status { return {}; }});
  EXPECT_THAT(jobs->prewarm().error().message, HasSubstr("prewarm threw: no data"));
}

}  // namespace
}  // namespace parley::service
