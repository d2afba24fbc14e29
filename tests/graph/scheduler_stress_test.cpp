// SPDX-License-Identifier: Apache-2.0
//
// Everything that the scheduler does, at once and at random: strands that wake each other through
// mailboxes with both lanes, timers set and cancelled, strands closed while they run, graphs that
// are pushed, polled, updated, interrupted, run by future and stopped, all on one pool of workers.
// Rounds of it, each from a seed, until the time is over:
//
//   PARLEY_STRESS_SECONDS=300 graph_scheduler_stress_test       # 2 without it
//   PARLEY_STRESS_SEED=17 …                                     # begin with this round
//
// What is checked: a strand is never on two threads; each message and each frame arrives once, in
// order within its lane; nothing waits for ever (a lost wake hangs the round).
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "exec/mailbox.h"
#include "exec/strand.h"
#include "exec/timer_thread.h"
#include "exec/worker_pool.h"
#include "graph/runner.h"
#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using media::SpeechEvent;
using test::event;

std::uint64_t below(Random& random, std::uint64_t limit) { return random.next() % limit; }

// --- strands and mailboxes -----------------------------------------------------------------------

/// Counts the messages that are somewhere; one that is thrown away counts down as well.
class Token {
 public:
  explicit Token(std::atomic<int>& left) : left_(&left) { left_->fetch_add(1); }
  Token(Token&& other) noexcept : left_(std::exchange(other.left_, nullptr)) {}
  Token& operator=(Token&& other) noexcept {
    std::swap(left_, other.left_);
    return *this;
  }
  ~Token() {
    if (left_ != nullptr && left_->fetch_sub(1) == 1) left_->notify_all();
  }

 private:
  std::atomic<int>* left_;
};

struct Message {
  Token token;
  exec::Lane lane = exec::Lane::ordered;
  std::size_t from = 0;  // a thread that began it, or none: kNobody
  std::uint64_t number = 0;
  int hops_left = 0;
};
constexpr std::size_t kSenders = 2;
constexpr std::size_t kNobody = kSenders;

class Town;

class Citizen final : public exec::StrandBody {
 public:
  Citizen(Town& town, exec::Executor& pool, std::uint64_t seed, exec::MailboxOptions options)
      : strand(exec::Strand::make(pool, *this)),
        mailbox(options, strand->waker()),
        town_(town),
        random_(seed) {}
  ~Citizen() override { strand->close(); }

  std::shared_ptr<exec::Strand> strand;
  exec::Mailbox<Message> mailbox;
  std::uint64_t slices = 0;  // plain: only ever touched by one thread at a time

 private:
  bool run_slice() noexcept override;

  Town& town_;
  Random random_;
  std::uint64_t last_[kSenders][2] = {};  // number seen, by sender and lane
};

class Town {
 public:
  Town(exec::Executor& pool, exec::TimerService& timers, const Clock& clock, Random& random)
      : timers_(timers), clock_(clock) {
    const std::size_t count = 4 + below(random, 30);
    for (std::size_t i = 0; i < count; ++i) {
      citizens.push_back(std::make_unique<Citizen>(
          *this, pool, random.next(),
          exec::MailboxOptions{.capacity = 1 + below(random, 64),
                               .system_capacity = 1 + below(random, 64),
                               .when_full = below(random, 2) == 0 ? exec::WhenFull::fail
                                                                  : exec::WhenFull::drop_oldest}));
    }
  }

  /// One outside thread: sends, sets timers and cancels them, closes a few.
  void send(std::size_t sender, std::uint64_t seed) {
    Random random(seed);
    std::deque<exec::TimerService::Id> set;
    for (std::uint64_t number = 1; number <= 300; ++number) {
      Citizen& to = *citizens[below(random, citizens.size())];
      to.mailbox.push({.token = Token(left),
                       .lane = exec::Lane::ordered,
                       .from = sender,
                       .number = number,
                       .hops_left = static_cast<int>(below(random, 20))});
      to.mailbox.push({.token = Token(left),
                       .lane = exec::Lane::system,
                       .from = sender,
                       .number = number,
                       .hops_left = 0},
                      exec::Lane::system);
      if (below(random, 8) == 0) {
        set.push_back(
            timers_.schedule(clock_.now() + Micros(below(random, 3000)), to.strand->waker()));
      }
      if (set.size() > 5) {
        timers_.cancel(set.front());
        set.pop_front();
      }
      if (below(random, 100) == 0) {  // a session ends with all that it has
        to.strand->close();
        to.mailbox.close();
      }
    }
    for (const exec::TimerService::Id id : set) timers_.cancel(id);
  }

  void wait() {
    for (int now = left.load(); now != 0; now = left.load()) left.wait(now);
  }

  std::vector<std::unique_ptr<Citizen>> citizens;
  std::atomic<int> left{0};
  std::atomic<std::uint64_t> out_of_order{0};

 private:
  exec::TimerService& timers_;
  const Clock& clock_;
};

bool Citizen::run_slice() noexcept {
  ++slices;
  for (std::uint64_t budget = 1 + below(random_, 8); budget > 0; --budget) {
    std::optional<Message> message = mailbox.pop();
    if (!message) return false;
    if (message->from != kNobody) {
      std::uint64_t& last = last_[message->from][static_cast<std::size_t>(message->lane)];
      if (message->number <= last) ++town_.out_of_order;
      last = message->number;
    }
    if (message->hops_left-- == 0) continue;
    message->from = kNobody;
    Citizen& next = *town_.citizens[below(random_, town_.citizens.size())];
    const exec::Lane lane = below(random_, 4) == 0 ? exec::Lane::system : exec::Lane::ordered;
    next.mailbox.push(*std::move(message), lane);
  }
  return true;
}

// --- graphs --------------------------------------------------------------------------------------

/// Passes events on and numbers them; the numbers survive updates.
class Number final : public Operator {
 public:
  explicit Number(bool throws = false) : throws_(throws) {}
  Status adopt(Operator& predecessor) override {
    count_ = static_cast<Number&>(predecessor).count_;
    return {};
  }
  Result<Progress> process(ProcessContext& context) override {
    while (!in_.empty()) {
      if (!out_.has_room()) return Progress::blocked;
      SpeechEvent next = in_.pop();
      if (throws_ && next.head.sequence % 64 == 63) throw std::runtime_error("now and then");
      next.head.pts.flicks = static_cast<std::int64_t>(++count_);
      out_.push(std::move(next));
      if (count_ % 32 == 0) context.wake_at(context.now() + Micros(300));
    }
    return Progress::need_input;
  }

 private:
  bool throws_;
  std::uint64_t count_ = 0;
  In<SpeechEvent> in_{*this, "in"};
  Out<SpeechEvent> out_{*this, "out"};
};

/// a -> {left -> after, right}; `right` drops every 64th by throwing.
std::unique_ptr<Runner> open_graph(exec::WorkerPool& pool, exec::TimerService& timers,
                                   const Clock& clock, Metrics& metrics, Random& random) {
  GraphSpec spec;
  spec.add("a", std::make_unique<Number>());
  spec.add("left", std::make_unique<Number>());
  spec.add("after", std::make_unique<Number>(), {.segment = below(random, 2) == 0 ? "x" : ""});
  spec.add("right", std::make_unique<Number>(true), {.on_error = ErrorPolicy::skip_frame});
  spec.connect("a.out", "left.in").connect("a.out", "right.in").connect("left.out", "after.in");
  spec.inlet<SpeechEvent>("in", "a.in");
  spec.outlet<SpeechEvent>("left", "after.out").outlet<SpeechEvent>("right", "right.out");
  return *Runner::open(
      std::move(spec),
      {.scheduler = SchedulerType::async, .max_queue_size = std::size_t{1} << below(random, 8)},
      {.clock = clock, .timers = timers, .metrics = metrics, .executor = &pool});
}

void check_stream(const std::vector<media::Frame>& frames, std::uint64_t fed, bool has_gaps) {
  std::uint64_t sequence = 0;
  std::int64_t count = 0;
  for (const media::Frame& frame : frames) {
    const media::FrameHeader& head = std::get<SpeechEvent>(frame).head;
    do {
      ++sequence;
    } while (has_gaps && sequence % 64 == 63);
    ASSERT_EQ(head.sequence, sequence);
    ASSERT_EQ(head.pts.flicks, ++count);
  }
  if (has_gaps && sequence % 64 == 62) ++sequence;  // the last one may be one that was dropped
  ASSERT_EQ(sequence, fed);
}

/// Push, poll, update and interrupt from four threads; nothing is lost.
void stream(Runner& runner, std::uint64_t frames, std::uint64_t seed) {
  std::atomic<bool> done{false};
  std::vector<media::Frame> left;
  std::vector<media::Frame> right;
  const std::uint64_t dropped = (frames + 1) / 64;
  const auto poll = [&](const char* name, std::vector<media::Frame>& into, std::uint64_t count) {
    while (into.size() < count) {
      into.push_back(*runner.poll_until(name, Instant{std::chrono::hours(100'000)}));
    }
  };
  std::jthread updates([&] {
    Random random(seed);
    constexpr const char* kNodes[] = {"a", "left", "after", "right"};
    for (std::uint64_t turn = 1; !done.load(); ++turn) {
      const std::uint64_t node = below(random, 4);
      EXPECT_TRUE(runner.update_operator(kNodes[node], std::make_unique<Number>(node == 3)));
      runner.set_turn(media::Turn(turn));
      while (runner.poll_error()) {
      }
    }
  });
  std::jthread right_reader([&] { poll("right", right, frames - dropped); });
  std::jthread pusher([&] {
    for (std::uint64_t i = 1; i <= frames;) {
      if (runner.push("in", event(i))) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  poll("left", left, frames);
  right_reader.join();
  done = true;
  updates.join();
  check_stream(left, frames, false);
  check_stream(right, frames, true);
}

/// Several futures, and sometimes a stop in the middle of them.
void run_and_stop(Runner& runner, Random& random) {
  std::vector<std::future<Result<FramesByName>>> futures;
  const std::uint64_t jobs = 1 + below(random, 8);
  for (std::uint64_t i = 0; i < jobs; ++i) {
    std::vector<media::Frame> frames;
    for (std::uint64_t k = 0; k < 50; ++k) frames.emplace_back(event(64 + k % 60));
    futures.push_back(runner.run_async({{"in", std::move(frames)}}));
  }
  if (below(random, 2) == 0) runner.stop();
  for (auto& future : futures) {
    const Result<FramesByName> out = future.get();
    if (out) {
      ASSERT_EQ(out->at("left").size(), 50U);
      ASSERT_EQ(out->at("right").size(), 50U);
    } else {
      ASSERT_EQ(out.error().code, ErrorCode::cancelled);
    }
  }
}

// --- rounds --------------------------------------------------------------------------------------

void play_round(std::uint64_t seed) {
  Random random(seed);
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  exec::WorkerPool pool({.workers = 1 + below(random, 4), .metrics = &metrics});
  Town town(pool, timers, clock, random);
  const std::unique_ptr<Runner> streamed = open_graph(pool, timers, clock, metrics, random);
  const std::unique_ptr<Runner> stopped = open_graph(pool, timers, clock, metrics, random);
  {
    std::vector<std::jthread> threads;
    for (std::size_t sender = 0; sender < kSenders; ++sender) {
      threads.emplace_back([&town, sender, from = random.next()] { town.send(sender, from); });
    }
    threads.emplace_back([&, from = random.next()] { stream(*streamed, 500, from); });
    run_and_stop(*stopped, random);
  }
  town.wait();
  EXPECT_EQ(town.out_of_order, 0U);
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(SchedulerStress, HoldsUpUnderEverythingAtOnce) {
  const std::uint64_t seconds = number_from("PARLEY_STRESS_SECONDS", 2);
  std::uint64_t seed = number_from("PARLEY_STRESS_SEED", 1);
  const SteadyClock clock;
  const Instant end = clock.now() + std::chrono::seconds(seconds);
  std::uint64_t rounds = 0;
  Nanos longest{0};
  std::uint64_t longest_seed = 0;
  Instant now = clock.now();
  do {
    SCOPED_TRACE("round of seed " + std::to_string(seed));
    const Instant began = now;
    play_round(seed);
    now = clock.now();
    if (now - began > longest) {
      longest = now - began;
      longest_seed = seed;
    }
    ++seed;
    ++rounds;
  } while (now < end && !HasFailure());
  std::printf("%llu rounds; the longest took %.2f s (seed %llu)\n",
              static_cast<unsigned long long>(rounds), static_cast<double>(longest.count()) * 1e-9,
              static_cast<unsigned long long>(longest_seed));
}

}  // namespace
}  // namespace parley::graph
