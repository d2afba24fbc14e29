// SPDX-License-Identifier: Apache-2.0
//
// Workers that share a place of leases, in virtual time.
#include "service/dispatch/job_leases.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory/memory_leases.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using store::LeaseState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A place that can be away.
class Place final : public store::LeaseBackend {
 public:
  explicit Place(const Clock& clock) : leases_(clock) {}
  Status put(std::string_view holder, const std::string& id, std::string_view text,
             Millis life) override {
    return is_away ? Status(away()) : leases_.put(holder, id, text, life);
  }
  Result<std::vector<LeaseState>> renew(std::string_view holder, std::span<const std::string> ids,
                                        Millis life) override {
    if (is_away) return away();
    return leases_.renew(holder, ids, life);
  }
  Status offer(std::string_view holder, std::span<const std::string> ids) override {
    return is_away ? Status(away()) : leases_.offer(holder, ids);
  }
  Result<std::vector<store::DueLease>> due(std::size_t count_max) override {
    if (is_away) return away();
    return leases_.due(count_max);
  }
  Result<std::optional<store::ClaimedLease>> claim(std::string_view holder, const std::string& id,
                                                   Millis life) override {
    if (is_away) return away();
    return leases_.claim(holder, id, life);
  }
  Status release(std::string_view holder, const std::string& id) override {
    return is_away ? Status(away()) : leases_.release(holder, id);
  }

  bool is_away = false;

 private:
  static Error away() { return {ErrorCode::unavailable, "the place is away"}; }
  store::MemoryLeases leases_;
};

struct Worker final : LeaseListener {
  Worker(const std::string& name, Place& place)
      : leases({.holder = name, .life = 3s}, place, *this, metrics) {}
  void take_over(const protocol::KeptJob& kept, const std::string& predecessor) override {
    lines.push_back("take " + kept.identity + (predecessor.empty() ? "" : " after " + predecessor));
    taken = kept;
    --slack.places;
  }
  void lose(const std::string& job_id) override { lines.push_back("lose " + job_id); }
  void leave(const std::string& job_id, const std::string& successor) override {
    lines.push_back("leave " + job_id + (successor.empty() ? "" : " to " + successor));
  }
  std::vector<std::string> news() { return std::exchange(lines, {}); }

  Metrics metrics;
  JobLeases leases;
  WorkerSlack slack{.takes_jobs = true, .load = 0.0, .places = 10};
  protocol::KeptJob taken;
  std::vector<std::string> lines;
};

class JobLeasesTest : public ::testing::Test {
 protected:
  /// What runs is polled as its thread would.
  void run(Millis length, std::vector<Worker*> workers) {
    for (Millis passed{0}; passed < length; passed += 100ms) {
      clock.advance(100ms);
      for (Worker* worker : workers) {
        if (clock.now() >= worker->leases.next()) worker->leases.poll(worker->slack, clock.now());
      }
    }
  }
  void begin(Worker& worker, const std::string& id) {
    worker.leases.begin(
        {.job = {.id = id, .room = "kitchen", .room_sid = "RM_1"}, .identity = "agent-" + id},
        clock.now());
  }

  ManualClock clock;
  Place place{clock};
  Worker one{"one", place};
  Worker two{"two", place};
};

TEST_F(JobLeasesTest, AJobThatIsRenewedStaysWhereItIs) {
  begin(one, "AJ_1");
  run(60s, {&one, &two});
  EXPECT_THAT(one.news(), IsEmpty());
  EXPECT_THAT(two.news(), IsEmpty());
}

TEST_F(JobLeasesTest, AJobWhoseWorkerDiesIsTakenOverByOne) {
  Worker three{"three", place};
  begin(one, "AJ_1");
  run(5s, {&one, &two, &three});
  run(4s, {&two, &three});  // its life, and a look
  EXPECT_EQ(two.lines.size() + three.lines.size(), 1U);
  Worker& heir = two.lines.empty() ? three : two;
  EXPECT_THAT(heir.news(), ElementsAre("take agent-AJ_1"));
  EXPECT_EQ(heir.taken.job.room_sid, "RM_1");
  heir.leases.begin(heir.taken, clock.now());
  run(60s, {&two, &three});
  EXPECT_THAT(two.news(), IsEmpty());
  EXPECT_THAT(three.news(), IsEmpty());
}

TEST_F(JobLeasesTest, WhoThoughtThatItHadAJobLosesIt) {
  begin(one, "AJ_1");
  run(5s, {&one, &two});
  run(5s, {&two});  // one was stopped, and goes on
  run(2s, {&one, &two});
  EXPECT_THAT(one.news(), ElementsAre("lose AJ_1"));
  EXPECT_THAT(two.news(), ElementsAre("take agent-AJ_1"));
  EXPECT_EQ(one.leases.held(), 0U);
}

TEST_F(JobLeasesTest, AJobThatIsOverIsNobodys) {
  begin(one, "AJ_1");
  run(5s, {&one, &two});
  one.leases.end("AJ_1");
  run(60s, {&two});
  EXPECT_THAT(two.news(), IsEmpty());
}

TEST_F(JobLeasesTest, WhoHasLessToDoTakesIt) {
  Worker busy{"busy", place};
  busy.slack.load = 0.8;
  two.slack.load = 0.1;
  begin(one, "AJ_1");
  run(5s, {&one, &busy, &two});
  run(6s, {&busy, &two});
  EXPECT_THAT(busy.news(), IsEmpty());
  EXPECT_THAT(two.news(), ElementsAre("take agent-AJ_1"));
}

TEST_F(JobLeasesTest, NobodyTakesMoreThanItHasPlacesFor) {
  for (const char* id : {"AJ_1", "AJ_2", "AJ_3"}) begin(one, id);
  two.slack.places = 2;
  run(5s, {&one, &two});
  run(3200ms, {&two});
  EXPECT_EQ(two.lines.size(), 2U);
  two.slack.takes_jobs = false;
  run(60s, {&two});
  EXPECT_EQ(two.lines.size(), 2U);
}

TEST_F(JobLeasesTest, WhatIsOfferedIsTakenAtOnceAndItsAgentIsToldWhoComes) {
  begin(one, "AJ_1");
  run(5s, {&one, &two});
  one.leases.offer_all(clock.now());
  run(1500ms, {&one, &two});
  EXPECT_THAT(two.news(), ElementsAre("take agent-AJ_1-2 after agent-AJ_1"));
  EXPECT_THAT(one.news(), ElementsAre("leave AJ_1 to agent-AJ_1-2"));
  one.leases.end("AJ_1");
  run(60s, {&one, &two});
  EXPECT_THAT(one.news(), IsEmpty());
  // And on: the next one has yet another name.
  two.leases.begin(two.taken, clock.now());
  two.leases.offer_all(clock.now());
  Worker three{"three", place};
  run(5s, {&two, &three});
  EXPECT_THAT(three.news(), ElementsAre("take agent-AJ_1-3 after agent-AJ_1-2"));
}

TEST_F(JobLeasesTest, WhatNobodyWantsIsLeftAndWaitsForAWorker) {
  begin(one, "AJ_1");
  run(5s, {&one});
  one.leases.offer_all(clock.now());
  run(2500ms, {&one});
  EXPECT_THAT(one.news(), ElementsAre("leave AJ_1"));
  one.leases.end("AJ_1");
  run(20s, {&two});
  EXPECT_THAT(two.news(), ElementsAre("take agent-AJ_1-2 after agent-AJ_1"));
}

TEST_F(JobLeasesTest, WhatWaitedTooLongIsForgotten) {
  begin(one, "AJ_1");
  clock.advance(11min);
  run(10s, {&two});
  EXPECT_THAT(two.news(), IsEmpty());
  EXPECT_EQ(two.metrics.counter("parley_room_leases_total", "", {{"outcome", "forgotten"}}).value(),
            1);
}

TEST_F(JobLeasesTest, WhileThePlaceIsAwayNothingChanges) {
  begin(one, "AJ_1");
  run(5s, {&one, &two});
  place.is_away = true;
  begin(one, "AJ_2");
  run(30s, {&one, &two});
  place.is_away = false;
  // Two looks before one has renewed: it waits.
  run(10s, {&two, &one});
  EXPECT_THAT(one.news(), IsEmpty());
  EXPECT_THAT(two.news(), IsEmpty());
  run(5s, {&two});
  EXPECT_THAT(two.news(), ElementsAre("take agent-AJ_1", "take agent-AJ_2"));
}

TEST_F(JobLeasesTest, AnEndThatCouldNotBeToldIsToldLater) {
  begin(one, "AJ_1");
  run(5s, {&one, &two});
  place.is_away = true;
  one.leases.end("AJ_1");
  run(5s, {&one, &two});
  place.is_away = false;
  run(60s, {&one, &two});
  EXPECT_THAT(two.news(), IsEmpty());
}

TEST_F(JobLeasesTest, ADrainWithoutThePlaceWaitsForNobody) {
  begin(one, "AJ_1");
  run(5s, {&one});
  place.is_away = true;
  one.leases.offer_all(clock.now());
  run(100ms, {&one});
  one.leases.poll(one.slack, clock.now());
  EXPECT_THAT(one.news(), ElementsAre("leave AJ_1"));
}

TEST_F(JobLeasesTest, AJobThatKillsItsWorkersIsGivenUp) {
  begin(one, "AJ_1");
  int heirs = 0;
  for (int turn = 0; turn < 6; ++turn) {
    Worker heir{"heir " + std::to_string(turn), place};
    run(8s, {&heir});
    heirs += static_cast<int>(heir.lines.size());
  }
  EXPECT_EQ(heirs, JobLeases::kDeathsMax);
}

TEST_F(JobLeasesTest, AJobThatWasHeldForLongStartsToCountAnew) {
  begin(one, "AJ_1");
  run(70s, {&one});
  for (int turn = 0; turn < 6; ++turn) {
    Worker heir{"heir " + std::to_string(turn), place};
    run(8s, {&heir});
    ASSERT_THAT(heir.news(), ElementsAre("take agent-AJ_1"));
    heir.leases.begin(heir.taken, clock.now());
    run(70s, {&heir});
  }
}

TEST_F(JobLeasesTest, WhatCannotBeReadIsGivenUp) {
  ASSERT_TRUE(place.put("one", "AJ_1", "nonsense", 0ms));
  run(10s, {&two});
  EXPECT_THAT(two.news(), IsEmpty());
  EXPECT_THAT(*place.due(1), IsEmpty());
}

}  // namespace
}  // namespace parley::service
