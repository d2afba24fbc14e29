// SPDX-License-Identifier: Apache-2.0
#include "tests/support/interleavings.h"

#include <algorithm>
#include <memory>
#include <unordered_map>

#include <setjmp.h>
#include <ucontext.h>

namespace parley::test {
namespace model {
namespace {

constexpr std::size_t kStackBytes = std::size_t{64} << 10U;
constexpr std::size_t kMain = kThreadsMax - 1;
constexpr std::size_t kTraceMax = 200;

struct Choice {
  std::size_t taken = 0;
  std::size_t count = 1;
};

/// A place to come back to. setjmp, because swapcontext makes a system call each time.
struct Resume {
  jmp_buf place;
};

struct Fiber {
  ucontext_t context{};  // for the first time
  Resume resume{};
  bool has_begun = false;
  std::function<void()> body;
  std::function<bool()> waits_for;  // empty: it can run
  bool has_ended = false;
};

/// Who was at a place of plain memory, and when.
struct Accesses {
  Clocks reads{};
  std::size_t writer = kThreadsMax;
  std::uint32_t written_at = 0;
};

/// The search and the execution that runs now. One at a time.
class Explorer {
 public:
  explicit Explorer(const ExploreOptions& options) : options_(options) {}

  Report run(const std::function<void(Program&)>& make);

  // What the fibers call.
  void step();
  void wait_until(std::function<bool()> is_so);
  std::size_t choose(std::size_t count);
  [[noreturn]] void fail(const std::string& what);
  [[nodiscard]] std::size_t thread() const { return current_; }
  Clocks& clocks() { return clocks_[current_]; }
  Accesses& accesses(const void* place) { return accesses_[place]; }
  [[nodiscard]] bool has_failed() const { return !failure_.empty(); }
  [[nodiscard]] bool is_fresh() const { return is_fresh_[current_]; }
  /// What the calling thread does from now on is not known to who knows what it did before.
  void advance() {
    ++clocks_[current_][current_];
    is_fresh_[current_] = false;
  }

 private:
  static void enter();
  void execute(const std::function<void(Program&)>& make);
  void start(std::vector<std::function<void()>> bodies);
  std::optional<std::size_t> next_thread();
  bool backtrack();
  [[nodiscard]] bool can_run(const Fiber& fiber) const {
    return !fiber.has_ended && (!fiber.waits_for || fiber.waits_for());
  }
  void enter_current() {
    if (_setjmp(main_.place) != 0) return;
    Fiber& fiber = *fibers_[current_];
    if (std::exchange(fiber.has_begun, true)) _longjmp(fiber.resume.place, 1);
    setcontext(&fiber.context);
  }
  void leave() {
    if (_setjmp(fibers_[current_]->resume.place) == 0) _longjmp(main_.place, 1);
  }

  const ExploreOptions options_;
  std::vector<Choice> choices_;  // of this execution; those before `depth_` are taken
  std::size_t depth_ = 0;
  std::array<std::unique_ptr<char[]>, kThreadsMax> stacks_;  // one execution after the other
  std::vector<std::unique_ptr<Fiber>> fibers_;
  Resume main_{};
  std::size_t current_ = kMain;
  std::size_t last_ = kMain;  // who ran before the scheduler
  int preemptions_ = 0;
  std::size_t steps_ = 0;
  std::string failure_;
  std::string trace_;  // threads in the order of their steps
  std::array<Clocks, kThreadsMax> clocks_{};
  std::unordered_map<const void*, Accesses> accesses_;
  std::array<bool, kThreadsMax> is_fresh_{};  // who waited reads the latest until it stores
};

Explorer* explorer = nullptr;

void Explorer::enter() {
  Explorer& self = *explorer;
  Fiber& fiber = *self.fibers_[self.current_];
  fiber.body();
  fiber.has_ended = true;
  self.leave();
}

/// The calling fiber is about to do something that others can see.
void Explorer::step() {
  if (current_ == kMain) return;
  if (++steps_ > options_.steps_max) fail("does not end");
  leave();
}

void Explorer::wait_until(std::function<bool()> is_so) {
  Fiber& fiber = *fibers_[current_];
  fiber.waits_for = std::move(is_so);
  leave();
  fiber.waits_for = nullptr;
  is_fresh_[current_] = true;
}

std::size_t Explorer::choose(std::size_t count) {
  if (count <= 1) return 0;
  if (depth_ == choices_.size()) choices_.push_back({0, count});
  return choices_[depth_++].taken;
}

/// Ends this execution: nobody comes back to the fibers, whose stacks are just dropped.
void Explorer::fail(const std::string& what) {
  failure_ = what;
  if (current_ != kMain) _longjmp(main_.place, 1);
  throw std::string(what);  // from a check at the end
}

/// Nobody: all have ended, or wait for each other.
std::optional<std::size_t> Explorer::next_thread() {
  std::vector<std::size_t> able;
  const bool last_can = last_ != kMain && can_run(*fibers_[last_]);
  if (last_can) able.push_back(last_);  // going on comes first
  for (std::size_t i = 0; i < fibers_.size(); ++i) {
    if (i != last_ && can_run(*fibers_[i])) able.push_back(i);
  }
  if (able.empty()) return std::nullopt;
  if (last_can && preemptions_ >= options_.preemptions_max) return last_;
  const std::size_t next = able[choose(able.size())];
  if (last_can && next != last_) ++preemptions_;
  return next;
}

void Explorer::start(std::vector<std::function<void()>> bodies) {
  fibers_.clear();
  for (std::function<void()>& body : bodies) {
    auto fiber = std::make_unique<Fiber>();
    fiber->body = std::move(body);
    std::unique_ptr<char[]>& stack = stacks_[fibers_.size()];
    if (stack == nullptr) stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = stack.get();
    fiber->context.uc_stack.ss_size = kStackBytes;
    makecontext(&fiber->context, &Explorer::enter, 0);
    clocks_[fibers_.size()] = clocks_[kMain];  // a thread knows what came before it
    clocks_[fibers_.size()][fibers_.size()] = 1;
    fibers_.push_back(std::move(fiber));
  }
}

void Explorer::execute(const std::function<void(Program&)>& make) {
  depth_ = 0;
  preemptions_ = 0;
  steps_ = 0;
  trace_.clear();
  clocks_ = {};
  for (Clocks& clocks : clocks_) clocks[kMain] = 1;
  accesses_.clear();
  is_fresh_ = {};
  current_ = kMain;
  last_ = kMain;
  Program program;
  make(program);
  start(std::move(program.bodies));
  while (const std::optional<std::size_t> next = next_thread()) {
    current_ = last_ = *next;
    trace_ += static_cast<char>('A' + *next);
    enter_current();
    current_ = kMain;
    if (!failure_.empty()) return;
  }
  for (const std::unique_ptr<Fiber>& fiber : fibers_) {
    if (!fiber->has_ended) {
      failure_ = "threads wait for ever";
      return;
    }
  }
  for (const Clocks& clocks : clocks_) {  // joined
    for (std::size_t i = 0; i < kThreadsMax; ++i) {
      clocks_[kMain][i] = std::max(clocks_[kMain][i], clocks[i]);
    }
  }
  for (const std::function<void()>& check : program.checks) check();
}

/// The next choices in order, or false when all were made.
bool Explorer::backtrack() {
  while (!choices_.empty() && choices_.back().taken + 1 == choices_.back().count) {
    choices_.pop_back();
  }
  if (choices_.empty()) return false;
  ++choices_.back().taken;
  return true;
}

Report Explorer::run(const std::function<void(Program&)>& make) {
  Report report;
  do {
    ++report.executions;
    try {
      execute(make);
    } catch (const std::string&) {  // a check at the end: `failure_` says which
    }
    fibers_.clear();  // and what they share
    if (!failure_.empty()) {
      report.failure = failure_ + " (threads in order: " + trace_.substr(0, kTraceMax) + ")";
      return report;
    }
  } while (backtrack() && report.executions < options_.executions_max);
  report.is_complete = choices_.empty();
  return report;
}

bool releases(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}
bool acquires(std::memory_order order) {
  return order == std::memory_order_acquire || order == std::memory_order_consume ||
         order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
void learn(const Clocks& from) {
  Clocks& mine = explorer->clocks();
  for (std::size_t i = 0; i < kThreadsMax; ++i) mine[i] = std::max(mine[i], from[i]);
}
Store make_store(std::uint64_t value, std::memory_order order) {
  const Clocks& mine = explorer->clocks();
  Store store{.value = value, .thread = explorer->thread(), .at = mine[explorer->thread()]};
  if (releases(order)) store.released = mine;
  explorer->advance();
  return store;
}

}  // namespace

Location::Location(std::uint64_t value) {
  history_.push_back(
      {.value = value, .thread = explorer->thread(), .at = explorer->clocks()[explorer->thread()]});
}

std::uint64_t Location::load(std::memory_order order) const {
  explorer->step();
  std::size_t& seen = seen_[explorer->thread()];
  std::size_t oldest = history_.size() - 1;
  if (order != std::memory_order_seq_cst && !explorer->is_fresh()) {
    // Back to what we have seen, or what happened before.
    while (oldest > seen && explorer->clocks()[history_[oldest].thread] < history_[oldest].at) {
      --oldest;
    }
  }
  const std::size_t newest = history_.size() - 1;
  seen = newest - explorer->choose(newest - oldest + 1);
  if (acquires(order)) learn(history_[seen].released);
  return history_[seen].value;
}

void Location::store(std::uint64_t value, std::memory_order order) {
  explorer->step();
  history_.push_back(make_store(value, order));
  seen_[explorer->thread()] = history_.size() - 1;
}

std::uint64_t Location::update(
    const std::function<std::optional<std::uint64_t>(std::uint64_t)>& change,
    std::memory_order order) {
  explorer->step();
  const Store before = history_.back();
  if (acquires(order)) learn(before.released);
  if (const std::optional<std::uint64_t> value = change(before.value)) {
    Store after = make_store(*value, order);
    // A read-modify-write goes on with the release sequence of what it read.
    for (std::size_t i = 0; i < kThreadsMax; ++i) {
      after.released[i] = std::max(after.released[i], before.released[i]);
    }
    history_.push_back(after);
  }
  seen_[explorer->thread()] = history_.size() - 1;
  return before.value;
}

void watch_read(const void* place) {
  if (explorer->has_failed()) return;
  Accesses& accesses = explorer->accesses(place);
  const Clocks& mine = explorer->clocks();
  if (accesses.writer < kThreadsMax && mine[accesses.writer] < accesses.written_at) {
    explorer->fail("data race: a read beside a write");
  }
  accesses.reads[explorer->thread()] = mine[explorer->thread()];
}

void watch_write(const void* place) {
  if (explorer->has_failed()) return;  // what is destroyed then says nothing
  Accesses& accesses = explorer->accesses(place);
  const Clocks& mine = explorer->clocks();
  if (accesses.writer < kThreadsMax && mine[accesses.writer] < accesses.written_at) {
    explorer->fail("data race: two writes");
  }
  for (std::size_t i = 0; i < kThreadsMax; ++i) {
    if (mine[i] < accesses.reads[i]) explorer->fail("data race: a write beside a read");
  }
  accesses.writer = explorer->thread();
  accesses.written_at = mine[accesses.writer];
}

void lock(Location& word) {
  while (word.update([](std::uint64_t) { return 1; }, std::memory_order_acquire) != 0) {
    explorer->wait_until([&word] { return word.latest() == 0; });
  }
}

void unlock(Location& word) { word.store(0, std::memory_order_release); }

}  // namespace model

Report explore(const ExploreOptions& options, const std::function<void(Program&)>& make) {
  model::Explorer explorer(options);
  model::explorer = &explorer;
  Report report = explorer.run(make);
  model::explorer = nullptr;
  return report;
}

void expect(bool is_so, const char* what) {
  if (!is_so) model::explorer->fail(what);
}

void wait_until(const std::function<bool()>& is_so) { model::explorer->wait_until(is_so); }

}  // namespace parley::test
