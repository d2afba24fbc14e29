// SPDX-License-Identifier: Apache-2.0
//
// Mailbox, ring and waker in every order that threads can meet in, and with every stale value that
// the memory model allows. Each property is shown to be found missing: the same program with one
// thing broken fails.
#include "tests/support/interleavings.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/mailbox.h"
#include "exec/spsc_ring.h"
#include "exec/strand_state.h"

namespace parley::exec {
namespace {

using test::expect;
using test::explore;
using test::ModelAtomic;
using test::ModelMutex;
using test::ModelSync;
using test::Program;
using test::Report;
using test::wait_until;
using test::Watched;
using ::testing::HasSubstr;

// --- the checker itself: small programs whose answer is known ------------------------------------

TEST(Interleavings, FindsALostUpdate) {
  const Report report = explore({}, [](Program& program) {
    auto count = std::make_shared<ModelAtomic<int>>(0);
    for (int i = 0; i < 2; ++i) {
      program.thread([count] { count->store(count->load() + 1); });
    }
    program.at_end([count] { expect(count->latest() == 2, "an update is lost"); });
  });
  EXPECT_THAT(report.failure, HasSubstr("an update is lost"));
}

TEST(Interleavings, RunsEveryOrder) {
  // Two threads of two steps each meet in 4! / (2! 2!) orders.
  const Report report = explore({.preemptions_max = 10}, [](Program& program) {
    auto a = std::make_shared<ModelAtomic<int>>(0);
    for (int i = 0; i < 2; ++i) {
      program.thread([a] {
        a->fetch_add(1);
        a->fetch_add(1);
      });
    }
    program.at_end([a] { expect(a->latest() == 4, "a sum"); });
  });
  EXPECT_EQ(report.failure, "");
  EXPECT_TRUE(report.is_complete);
  EXPECT_GE(report.executions, 6U);
}

/// A flag that says that a value is there.
Report publish(std::memory_order store, std::memory_order load) {
  return explore({}, [=](Program& program) {
    struct State {
      ModelAtomic<int> flag{0};
      std::optional<Watched> value;
    };
    auto state = std::make_shared<State>();
    program.thread([=] {
      state->value.emplace(7);
      state->flag.store(1, store);
    });
    program.thread([=] {
      if (state->flag.load(load) == 1) expect(state->value->value() == 7, "the value");
    });
  });
}

TEST(Interleavings, FindsAMissingReleaseAndAMissingAcquire) {
  EXPECT_EQ(publish(std::memory_order_release, std::memory_order_acquire).failure, "");
  EXPECT_THAT(publish(std::memory_order_relaxed, std::memory_order_acquire).failure,
              HasSubstr("data race"));
  EXPECT_THAT(publish(std::memory_order_release, std::memory_order_relaxed).failure,
              HasSubstr("data race"));
}

/// Dekker: each says that it comes and looks whether the other does. Both may see nobody, unless
/// all is seq_cst.
Report both_miss(std::memory_order order) {
  return explore({}, [=](Program& program) {
    struct State {
      std::array<ModelAtomic<int>, 2> here;
      std::array<int, 2> seen{1, 1};
    };
    auto state = std::make_shared<State>();
    for (std::size_t i = 0; i < 2; ++i) {
      program.thread([=] {
        state->here[i].store(
            1, order == std::memory_order_seq_cst ? order : std::memory_order_release);
        state->seen[i] = state->here[1 - i].load(order);
      });
    }
    program.at_end([=] { expect(state->seen[0] == 1 || state->seen[1] == 1, "both saw nobody"); });
  });
}

TEST(Interleavings, FindsWhatOnlyAStoreBufferShows) {
  EXPECT_EQ(both_miss(std::memory_order_seq_cst).failure, "");
  EXPECT_THAT(both_miss(std::memory_order_acquire).failure, HasSubstr("both saw nobody"));
}

TEST(Interleavings, FindsADeadlock) {
  const Report report = explore({}, [](Program& program) {
    auto mutexes = std::make_shared<std::array<ModelMutex, 2>>();
    for (std::size_t i = 0; i < 2; ++i) {
      program.thread([=] {
        (*mutexes)[i].lock();
        (*mutexes)[1 - i].lock();
        (*mutexes)[1 - i].unlock();
        (*mutexes)[i].unlock();
      });
    }
  });
  EXPECT_THAT(report.failure, HasSubstr("wait for ever"));
}

// --- SpscRing ------------------------------------------------------------------------------------

/// Sends `values` numbers through a ring; what is refused is tried again.
template <typename Sync>
Report pass_through_ring(std::size_t capacity, int values, int preemptions_max) {
  return explore({.preemptions_max = preemptions_max}, [=](Program& program) {
    struct State {
      explicit State(std::size_t size) : ring(size) {}
      SpscRing<Watched, Sync> ring;
      std::size_t pushed = 0;
      std::size_t popped = 0;
    };
    auto state = std::make_shared<State>(capacity);
    program.thread([=] {
      for (int i = 0; i < values; ++i) {
        Watched value(i);
        while (!state->ring.try_push(std::move(value))) {
          expect(value.value() == i, "a value that was refused is untouched");
          wait_until([=] { return state->pushed - state->popped < capacity; });
        }
        ++state->pushed;
      }
    });
    program.thread([=] {
      for (int i = 0; i < values; ++i) {
        std::optional<Watched> value = state->ring.try_pop();
        while (!value) {
          wait_until([=] { return state->pushed > state->popped; });
          value = state->ring.try_pop();
        }
        ++state->popped;
        expect(value->value() == i, "values come in order, each once");
      }
      expect(!state->ring.try_pop().has_value(), "no more comes out than went in");
    });
  });
}

/// Atomics on whose order nobody may rely.
template <typename T>
class RelaxedAtomic {
 public:
  RelaxedAtomic(T value) : value_(value) {}  // NOLINT: as std::atomic
  T load(std::memory_order /*order*/) const { return value_.load(std::memory_order_relaxed); }
  void store(T value, std::memory_order /*order*/) {
    value_.store(value, std::memory_order_relaxed);
  }

 private:
  ModelAtomic<T> value_;
};
struct RelaxedSync {
  template <typename T>
  using Atomic = RelaxedAtomic<T>;
};

TEST(SpscRingInterleavings, ValuesComeInOrderEachOnceWithoutARace) {
  for (const std::size_t capacity : {1U, 2U}) {
    const Report report = pass_through_ring<ModelSync>(capacity, 4, 4);
    EXPECT_EQ(report.failure, "");
    EXPECT_TRUE(report.is_complete);
    RecordProperty("orders_capacity_" + std::to_string(capacity),
                   std::to_string(report.executions));
  }
}

TEST(SpscRingInterleavings, NeedsItsMemoryOrder) {
  EXPECT_THAT((pass_through_ring<RelaxedSync>(2, 3, 2).failure), HasSubstr("data race"));
}

// --- Strand and waker ----------------------------------------------------------------------------

/// What Strand does around its state, with its queue reduced to a count. `State` may be a broken
/// one.
template <template <typename> typename State>
struct ModelStrand {
  State<ModelSync> state;
  ModelAtomic<int> posted{0};
  int running = 0;
  bool body_is_gone = false;
  std::function<bool()> slice;

  void wake() {
    if (!state.wake()) return;
    test::model::watch_write(this);  // queued_self_
    posted.fetch_add(1, std::memory_order_release);
  }
  /// A worker: runs what is posted until `is_over`.
  void work(const std::function<bool()>& is_over) {
    while (true) {
      wait_until([&] { return posted.latest() > 0 || is_over(); });
      int waiting = posted.latest();
      if (waiting == 0) return;
      if (posted.compare_exchange_strong(waiting, waiting - 1, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
        run();
      }
    }
  }
  void run() {
    test::model::watch_write(this);
    if (!state.begin_slice()) return;
    expect(++running == 1, "two slices at once");
    expect(!body_is_gone, "a slice after close");
    test::model::watch_write(&slice);  // what the strand owns
    const bool has_more = slice();
    expect(!body_is_gone, "the body went during a slice");
    --running;
    if (!state.end_slice(has_more)) return;
    test::model::watch_write(this);
    posted.fetch_add(1, std::memory_order_release);
  }
};

/// `wakers` threads leave a note each and wake; two workers run the strand, whose slices read
/// notes.
template <template <typename> typename State>
Report wake_from_everywhere(std::size_t wakers, int preemptions_max) {
  return explore({.preemptions_max = preemptions_max}, [=](Program& program) {
    struct World {
      ModelStrand<State> strand;
      std::array<ModelAtomic<int>, 3> notes;
      std::array<bool, 3> read{};
      std::size_t finished = 0;
    };
    auto world = std::make_shared<World>();
    world->strand.slice = [world = world.get(), wakers] {
      for (std::size_t i = 0; i < wakers; ++i) {
        // Relaxed: that the note is seen at all is the waker's doing.
        if (world->notes[i].load(std::memory_order_relaxed) == 1) world->read[i] = true;
      }
      return false;
    };
    for (std::size_t i = 0; i < wakers; ++i) {
      program.thread([=] {
        world->notes[i].store(1, std::memory_order_relaxed);
        world->strand.wake();
        ++world->finished;
      });
    }
    for (int worker = 0; worker < 2; ++worker) {
      program.thread([=] {
        world->strand.work([=] { return world->finished == wakers && world->strand.running == 0; });
      });
    }
    program.at_end([=] {
      for (std::size_t i = 0; i < wakers; ++i) expect(world->read[i], "a wake is lost");
    });
  });
}

/// Looks before it leaps: what StrandState::wake must not do.
template <typename Sync>
class HastyState {
 public:
  bool wake() {
    if (state_.load(std::memory_order_relaxed) == 3) return false;  // "it will run anyway"
    return (state_.fetch_or(3, std::memory_order_acq_rel) & 2U) == 0;
  }
  bool begin_slice() {
    state_.exchange(6, std::memory_order_acq_rel);
    return true;
  }
  bool end_slice(bool /*has_more*/) {
    std::uint32_t state = 6;
    if (state_.compare_exchange_strong(state, 0, std::memory_order_acq_rel,
                                       std::memory_order_relaxed)) {
      return false;
    }
    state_.exchange(2, std::memory_order_acq_rel);
    return true;
  }

 private:
  typename Sync::template Atomic<std::uint32_t> state_{0};
};

/// Forgets what came while it ran.
template <typename Sync>
class ForgetfulState {
 public:
  bool wake() { return (state_.fetch_or(3, std::memory_order_acq_rel) & 2U) == 0; }
  bool begin_slice() {
    state_.exchange(6, std::memory_order_acq_rel);
    return true;
  }
  bool end_slice(bool /*has_more*/) {
    state_.exchange(0, std::memory_order_acq_rel);
    return false;
  }

 private:
  typename Sync::template Atomic<std::uint32_t> state_{0};
};

TEST(StrandInterleavings, NoWakeIsLostAndNoTwoSlicesMeet) {
  for (const std::size_t wakers : {1U, 2U}) {
    const Report report = wake_from_everywhere<StrandState>(wakers, wakers == 1 ? 5 : 3);
    EXPECT_EQ(report.failure, "") << wakers;
    EXPECT_TRUE(report.is_complete);
    RecordProperty("orders_wakers_" + std::to_string(wakers), std::to_string(report.executions));
  }
}

TEST(StrandInterleavings, AWakeMustBeAReadModifyWrite) {
  EXPECT_THAT(wake_from_everywhere<HastyState>(2, 3).failure, HasSubstr("a wake is lost"));
}

TEST(StrandInterleavings, AWakeDuringASliceMustBeKept) {
  EXPECT_THAT(wake_from_everywhere<ForgetfulState>(2, 3).failure, HasSubstr("a wake is lost"));
}

TEST(StrandInterleavings, AfterCloseTheBodyIsNeverTouched) {
  const Report report = explore({.preemptions_max = 3}, [](Program& program) {
    struct World {
      ModelStrand<StrandState> strand;
      int ended = 0;
    };
    auto world = std::make_shared<World>();
    world->strand.slice = [] { return false; };
    program.thread([=] {
      world->strand.wake();
      world->strand.wake();
      ++world->ended;
    });
    program.thread([=] {
      world->strand.state.close(false);
      test::model::watch_write(&world->strand.slice);  // the owner destroys the body
      world->strand.body_is_gone = true;
      ++world->ended;
    });
    program.thread([=] {
      world->strand.work([=] { return world->ended == 2 && world->strand.running == 0; });
    });
  });
  EXPECT_EQ(report.failure, "");
  EXPECT_TRUE(report.is_complete);
}

// --- Mailbox -------------------------------------------------------------------------------------

struct NoMutex {
  void lock() {}
  void unlock() {}
};
struct UnlockedSync {
  using Mutex = NoMutex;
};

/// Two producers, a strand's worth of wakes, one consumer that pops all when woken.
template <typename Sync>
Report fill_mailbox(MailboxOptions options, int preemptions_max) {
  return explore({.preemptions_max = preemptions_max}, [=](Program& program) {
    struct World;
    struct WorldWaker {
      World* world;
      void wake() const { world->strand.wake(); }
    };
    struct World {
      explicit World(MailboxOptions mailbox_options) : mailbox(mailbox_options, {this}) {}
      ModelStrand<StrandState> strand;
      Mailbox<Watched, Sync, WorldWaker> mailbox;
      std::array<int, 2> accepted{};  // by lane
      int dropped = 0;
      std::array<int, 2> popped{};
      std::array<int, 2> last{-1, -1};  // of each producer
      int ended = 0;
    };
    auto world = std::make_shared<World>(options);
    world->strand.slice = [world = world.get()] {
      while (std::optional<Watched> message = world->mailbox.pop()) {
        const int value = message->value();
        const auto producer = static_cast<std::size_t>(value / 100);
        if (value % 100 >= 50) {
          ++world->popped[1];
        } else {
          expect(value > world->last[producer], "a producer's messages come in order, each once");
          world->last[producer] = value;
          ++world->popped[0];
        }
      }
      return false;
    };
    for (int producer = 0; producer < 2; ++producer) {
      program.thread([=] {
        for (int i = 0; i < 2; ++i) {
          const bool is_system = producer == 1 && i == 1;
          const int value = producer * 100 + (is_system ? 50 : i);
          const PushResult result =
              world->mailbox.push(Watched(value), is_system ? Lane::system : Lane::ordered);
          if (result == PushResult::dropped_oldest) ++world->dropped;
          if (result != PushResult::full) ++world->accepted[is_system ? 1 : 0];
        }
        ++world->ended;
      });
    }
    program.thread([=] {
      world->strand.work([=] { return world->ended == 2 && world->strand.running == 0; });
    });
    program.at_end([=] {
      expect(world->popped[1] == 1, "a system message is never dropped");
      expect(world->popped[0] == world->accepted[0] - world->dropped,
             "what was accepted comes out or was counted as dropped");
      expect(world->mailbox.size() == 0, "nothing is left behind");
    });
  });
}

TEST(MailboxInterleavings, EveryMessageComesOutOrIsCounted) {
  for (const WhenFull when_full : {WhenFull::fail, WhenFull::drop_oldest}) {
    const Report report = fill_mailbox<ModelSync>({.capacity = 1, .when_full = when_full}, 2);
    EXPECT_EQ(report.failure, "");
    EXPECT_TRUE(report.is_complete);
    RecordProperty(when_full == WhenFull::fail ? "orders_fail" : "orders_drop_oldest",
                   std::to_string(report.executions));
  }
}

TEST(MailboxInterleavings, NeedsItsMutex) {
  EXPECT_NE((fill_mailbox<UnlockedSync>({.capacity = 2}, 2).failure), "");
}

}  // namespace
}  // namespace parley::exec
