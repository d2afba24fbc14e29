// SPDX-License-Identifier: Apache-2.0
//
// Runs a small concurrent program in every order that its threads can meet in, and says what went
// wrong in the first order in which something does. Stateless model checking by depth-first search
// (as VeriSoft, CHESS and Relacy do it): the program is run again and again from the start, each
// time with other choices.
//
//   const Report report = explore({}, [](Program& program) {
//     auto ring = std::make_shared<SpscRing<Watched, ModelSync>>(2);
//     program.thread([ring] { … });
//     program.thread([ring] { … });
//     program.at_end([ring] { expect(ring->size() == 0, "…"); });
//   });
//   EXPECT_EQ(report.failure, "");
//
// What is chosen: before each access to a ModelAtomic or ModelMutex, which thread goes on (at most
// `preemptions_max` times one that could have gone on does not); and at each load that is not
// seq_cst, which of the values that the C++ memory model allows it reads: any that is not older
// than what the thread has seen or what happened before. So a missing release, acquire or
// read-modify-write shows, on a processor that would never show it.
//
// What is found: a failed `expect`, a data race on a Watched value, threads that wait for each
// other for ever, a program that does not end. Not modelled: fences, loads of values not stored
// yet. seq_cst is taken for "reads the latest", which is a little stronger than the standard.
//
// Threads: all model threads run in the calling thread, as fibers.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::test {

struct ExploreOptions {
  int preemptions_max = 3;
  std::size_t executions_max = 3'000'000;
  std::size_t steps_max = 2'000;  // of one execution; beyond it the program does not end
};

struct Report {
  std::string failure;         // empty: nothing went wrong
  std::size_t executions = 0;  // orders that were run
  bool is_complete = false;    // all there are within preemptions_max
};

/// One execution of the program under test; made anew for each.
class Program {
 public:
  void thread(std::function<void()> body) { bodies.push_back(std::move(body)); }
  /// Runs after all threads have ended.
  void at_end(std::function<void()> check) { checks.push_back(std::move(check)); }

  std::vector<std::function<void()>> bodies;
  std::vector<std::function<void()>> checks;
};

[[nodiscard]] Report explore(const ExploreOptions& options,
                             const std::function<void(Program&)>& make);

/// Fails the execution.
void expect(bool is_so, const char* what);
/// The calling thread goes on only when `is_so()`. What it loads then, until its next store, is the
/// latest: a store is seen in the end, so that a loop that tries again ends. It learns nothing
/// else.
void wait_until(const std::function<bool()>& is_so);

namespace model {

inline constexpr std::size_t kThreadsMax = 6;  // the main program included, as the last
/// How far each thread had come, as somebody knows.
using Clocks = std::array<std::uint32_t, kThreadsMax>;

struct Store {
  std::uint64_t value = 0;
  std::size_t thread = 0;
  std::uint32_t at = 0;  // the storing thread's own clock
  Clocks released{};     // what an acquire load of it learns
};

/// The history of one atomic variable.
class Location {
 public:
  explicit Location(std::uint64_t value);
  std::uint64_t load(std::memory_order order) const;
  void store(std::uint64_t value, std::memory_order order);
  /// Reads the latest; stores what `change` makes of it, unless that is nothing.
  std::uint64_t update(const std::function<std::optional<std::uint64_t>(std::uint64_t)>& change,
                       std::memory_order order);
  [[nodiscard]] std::uint64_t latest() const { return history_.back().value; }

 private:
  std::vector<Store> history_;
  mutable std::array<std::size_t, kThreadsMax> seen_{};  // by thread: index in history_
};

/// Accesses to plain memory at `place`: two that are not ordered, one of them a write, are a race.
void watch_read(const void* place);
void watch_write(const void* place);

void lock(Location& word);
void unlock(Location& word);

}  // namespace model

/// std::atomic, as far as the code under test needs it.
template <typename T>
class ModelAtomic {
  static_assert(sizeof(T) <= sizeof(std::uint64_t));

 public:
  ModelAtomic(T value = {}) : word_(to(value)) {}  // NOLINT: as std::atomic
  T load(std::memory_order order = std::memory_order_seq_cst) const {
    return from(word_.load(order));
  }
  void store(T value, std::memory_order order = std::memory_order_seq_cst) {
    word_.store(to(value), order);
  }
  T exchange(T value, std::memory_order order = std::memory_order_seq_cst) {
    return from(word_.update([&](std::uint64_t) { return to(value); }, order));
  }
  T fetch_add(T by, std::memory_order order = std::memory_order_seq_cst) {
    return from(
        word_.update([&](std::uint64_t old) { return to(static_cast<T>(from(old) + by)); }, order));
  }
  T fetch_or(T bits, std::memory_order order = std::memory_order_seq_cst) {
    return from(word_.update(
        [&](std::uint64_t old) { return to(static_cast<T>(from(old) | bits)); }, order));
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order order,
                               std::memory_order /*failure*/) {
    const T wanted = expected;
    expected = from(word_.update(
        [&](std::uint64_t old) -> std::optional<std::uint64_t> {
          if (from(old) != wanted) return std::nullopt;
          return to(desired);
        },
        order));
    return expected == wanted;
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order order,
                             std::memory_order failure) {
    return compare_exchange_strong(expected, desired, order, failure);
  }
  void wait(T old, std::memory_order /*order*/ = std::memory_order_seq_cst) const {
    wait_until([&] { return latest() != old; });
  }
  void notify_all() {}
  /// For wait_until and checks: no step of the program.
  [[nodiscard]] T latest() const { return from(word_.latest()); }

 private:
  static std::uint64_t to(T value) { return static_cast<std::uint64_t>(value); }
  static T from(std::uint64_t value) { return static_cast<T>(value); }
  model::Location word_;
};

class ModelMutex {
 public:
  void lock() { model::lock(word_); }
  void unlock() { model::unlock(word_); }

 private:
  model::Location word_{0};
};

/// The policy that exec's primitives take in place of StdSync.
struct ModelSync {
  template <typename T>
  using Atomic = ModelAtomic<T>;
  using Mutex = ModelMutex;
};

/// A value whose place is watched: moving from it, into it and destroying it are accesses.
class Watched {
 public:
  explicit Watched(int value) : value_(value) { model::watch_write(this); }
  Watched(Watched&& other) noexcept : value_(other.take()) { model::watch_write(this); }
  Watched& operator=(Watched&& other) noexcept {
    value_ = other.take();
    model::watch_write(this);
    return *this;
  }
  ~Watched() { model::watch_write(this); }
  [[nodiscard]] int value() const {
    model::watch_read(this);
    return value_;
  }

 private:
  int take() noexcept {
    model::watch_write(this);
    return std::exchange(value_, -1);
  }
  int value_;
};

}  // namespace parley::test
