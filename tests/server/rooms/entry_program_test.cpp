// SPDX-License-Identifier: Apache-2.0
//
// The program at the other end of the socket is the test.
#include "server/rooms/entry_program.h"

#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/dispatch/entry_jobs.h"
#include "tests/service/dispatch/fake_agents.h"

namespace parley::server {
namespace {

using service::FakeAgents;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct EntryProgramTest : ::testing::Test {
  EntryProgramTest() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    peer = pair[0];
    auto adopted = EntryProgram::adopt(pair[1], [this] { gone.set_value(); });
    EXPECT_TRUE(adopted);
    program = std::move(*adopted);
    EXPECT_EQ(read(), R"({"type":"hello","protocol":1})");
  }
  ~EntryProgramTest() override {
    program->close();
    jobs.reset();
    hang_up();
  }
  void begin() {
    auto made = std::make_unique<FakeAgents>();
    agents = made.get();
    jobs = std::make_unique<service::EntryJobs>(program->entry_point(), std::move(made), metrics);
  }
  void hang_up() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }
  void write(const std::string& line) const {
    const std::string bytes = line + "\n";
    EXPECT_EQ(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// The next line; empty at the end.
  std::string read() const {
    std::string line;
    char one = 0;
    while (::recv(peer, &one, 1, 0) == 1) {
      if (one == '\n') return line;
      line += one;
    }
    return {};
  }
  void start(const std::string& id) {
    auto ended = std::make_shared<std::promise<Status>>();
    ends[id] = ended->get_future();
    jobs->start({.job = {.id = id, .room = "kitchen"}, .url = {}, .token = {}},
                [ended](Status status) { ended->set_value(std::move(status)); });
    EXPECT_THAT(read(), HasSubstr(R"({"type":"job","job":")" + id + '"'));
  }
  void join(const std::string& id) {
    write(R"({"type":"join","job":")" + id + R"(","order":{"agent":"assistant"}})");
    agents->enter(id);
    EXPECT_THAT(read(), HasSubstr(R"("type":"entered")"));
  }
  void done(const std::string& id, const std::string& error = "null") const {
    write(R"({"type":"done","job":")" + id + R"(","error":)" + error + "}");
  }
  Status end_of(const std::string& id) { return ends.at(id).get(); }

  Metrics metrics;
  int peer = -1;
  std::promise<void> gone;
  std::unique_ptr<EntryProgram> program;
  FakeAgents* agents = nullptr;
  std::map<std::string, std::future<Status>> ends;
  std::unique_ptr<service::EntryJobs> jobs;
};

TEST_F(EntryProgramTest, IsPrewarmedBeforeJobsCome) {
  begin();
  write(R"({"type":"ready"})");
  EXPECT_TRUE(jobs->prewarm());
}

TEST_F(EntryProgramTest, APrewarmThatFailsSaysWhy) {
  begin();
  write(R"({"type":"failed","error":"no database"})");
  EXPECT_EQ(jobs->prewarm().error().message, "prewarm has failed: no database");
}

TEST_F(EntryProgramTest, ItsCommandsAreFollowedAndItIsToldWhatHappens) {
  begin();
  start("a");
  join("a");
  EXPECT_EQ(agents->wished("a").order.agent, "assistant");
  write(R"({"type":"say","job":"a","text":"Hello."})");
  write(R"({"type":"interrupt","job":"a"})");
  write(R"({"type":"set_instructions","job":"a","instructions":"brief"})");
  write(R"({"type":"leave","job":"a"})");
  EXPECT_THAT(agents->asked(4),
              ElementsAre("a says Hello.", "a is silent", "a is brief", "finish a"));
  agents->tell("a", service::AgentStateChanged{"speaking"});
  EXPECT_THAT(read(), HasSubstr(R"("state":"speaking")"));
  agents->leave("a");
  EXPECT_THAT(read(), HasSubstr(R"("type":"left","error":null)"));
  done("a");
  EXPECT_TRUE(end_of("a"));
}

TEST_F(EntryProgramTest, WhatCannotBeFollowedIsRefused) {
  begin();
  start("a");
  write(R"({"type":"say","job":"a","text":"Too early."})");
  EXPECT_EQ(read(), R"({"job":"a","type":"refused","command":"say",)"
                    R"("why":"the agent is not in the room"})");
  write(R"({"type":"join","job":"a","order":{"speak":7}})");
  EXPECT_THAT(read(), HasSubstr(R"("command":"join","why":"Invalid type for 'order.speak')"));
  join("a");
  write(R"({"type":"join","job":"a"})");
  EXPECT_THAT(read(), HasSubstr("an agent in the room already"));
  write(R"({"type":"say","job":"a","text":""})");
  EXPECT_THAT(read(), HasSubstr("'text' is empty"));
  write(R"({"type":"say","job":"nobody's","text":"Hello."})");
  agents->leave("a");
  EXPECT_THAT(read(), HasSubstr("left"));
  done("a");
  EXPECT_TRUE(end_of("a"));
}

TEST_F(EntryProgramTest, AnErrorOfOneJobLeavesOthersAlone) {
  begin();
  start("good");
  join("good");
  start("bad");
  join("bad");
  done("bad", R"("ValueError: 7")");
  EXPECT_THAT(agents->asked(1), ElementsAre("terminate bad"));
  agents->leave("bad");
  EXPECT_EQ(end_of("bad").error().message, "ValueError: 7");
  agents->tell("good", service::AgentStateChanged{"listening"});
  EXPECT_THAT(read(), HasSubstr(R"("job":"good","type":"state")"));
  done("good");
  agents->leave("good");
  EXPECT_TRUE(end_of("good"));
}

TEST_F(EntryProgramTest, AProgramThatGoesTakesItsJobsWithIt) {
  begin();
  start("a");
  join("a");
  hang_up();
  gone.get_future().get();
  EXPECT_THAT(agents->asked(1), ElementsAre("terminate a"));
  agents->leave("a");
  EXPECT_EQ(end_of("a").error().message,
            "the program that does the jobs has gone: the other end has closed");
  EXPECT_THAT(program->trouble()->message, HasSubstr("has gone"));
  EXPECT_FALSE(jobs->prewarm());
  // What is assigned all the same fails at once.
  auto ended = std::make_shared<std::promise<Status>>();
  jobs->start({.job = {.id = "late"}, .url = {}, .token = {}},
              [ended](Status status) { ended->set_value(std::move(status)); });
  EXPECT_FALSE(ended->get_future().get());
}

TEST_F(EntryProgramTest, NonsenseIsTheEndOfIt) {
  begin();
  start("a");
  write("hello");
  gone.get_future().get();
  EXPECT_THAT(end_of("a").error().message, HasSubstr("sent what is no command"));
  EXPECT_EQ(read(), "");
}

TEST_F(EntryProgramTest, AtTheWorkersEndNobodyWaits) {
  begin();
  start("a");
  program->close();
  EXPECT_EQ(end_of("a").error().message, "the worker has ended");
  EXPECT_EQ(program->trouble(), std::nullopt) << "nothing went wrong";
}

}  // namespace
}  // namespace parley::server
