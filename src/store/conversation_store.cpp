// SPDX-License-Identifier: Apache-2.0
#include "store/conversation_store.h"

#include <utility>

#include "base/log.h"

namespace parley::store {
namespace {

/// Conversations erased before other calls get their turn.
constexpr std::size_t kSweepCount = 50;

std::size_t bytes_of(const Change& change) {
  struct Size {
    std::size_t operator()(const PutItem& put) const { return put.item.json.size(); }
    std::size_t operator()(const PutAudio& put) const { return put.audio.samples.size() * 2; }
    std::size_t operator()(const PutResponse& put) const { return put.response.json.size(); }
    std::size_t operator()(const MoveItem&) const { return 0; }
    std::size_t operator()(const DropItem&) const { return 0; }
    std::size_t operator()(const ClearItems&) const { return 0; }
  };
  return sizeof(Change) + std::visit(Size{}, change);
}

std::size_t bytes_of(const Batch& batch) {
  std::size_t bytes = sizeof(Batch);
  for (const Change& change : batch.changes) bytes += bytes_of(change);
  return bytes;
}

/// The caller's own mistake, or its bad luck: the store works.
bool is_about_the_call(ErrorCode code) {
  return code == ErrorCode::not_found || code == ErrorCode::failed_precondition ||
         code == ErrorCode::invalid_argument;
}

}  // namespace

ConversationStore::Counts::Counts(Metrics& metrics)
    : batches(metrics.counter("parley_store_batches_total", "Batches that were kept")),
      failures(metrics.counter("parley_store_failures_total",
                               "Calls of the store that failed for its own reasons")),
      refused(metrics.counter("parley_store_refused_total",
                              "Calls of the store that were refused since too many waited")),
      swept(metrics.counter("parley_store_swept_total",
                            "Conversations erased after store.retention_days")),
      waiting(metrics.gauge("parley_store_waiting", "Calls that wait for the store")),
      healthy(metrics.gauge("parley_store_healthy", "1 when the store's last call worked, else 0")),
      seconds(metrics.histogram(
          "parley_store_write_seconds", "One write of a group of batches",
          {0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0})) {
  healthy.set(1);
}

ConversationStore::ConversationStore(std::unique_ptr<StoreBackend> backend,
                                     const Surroundings& around, StoreOptions options)
    : backend_(std::move(backend)),
      timers_(around.timers),
      clock_(around.clock),
      options_(options),
      counts_(around.metrics),
      strand_(exec::Strand::make(around.executor, *this)) {
  strand_->wake();  // for the first sweep
}

ConversationStore::~ConversationStore() {
  strand_->close();
  timers_.cancel(sweep_timer_);
  while (work()) continue;
}

void ConversationStore::append(Batch batch, Done<Status> done) {
  const std::size_t bytes = bytes_of(batch);
  auto call = std::make_unique<Append>(std::move(batch), std::move(done), bytes);
  enter({.append = std::move(call), .other = {}}, bytes);
}

template <typename T, typename Ask>
void ConversationStore::ask(Ask what, Done<T> done) {
  enter({.append = nullptr,
         .other =
             [this, what = std::move(what), done = std::move(done)](Result<StoreBackend*> backend) {
               if (!backend) return done(std::move(backend).error());
               T answer = what(**backend);
               note(answer ? Status() : Status(answer.error()));
               done(std::move(answer));
             }},
        0);
}

void ConversationStore::load(Key key, Done<Result<Conversation>> done) {
  ask([key = std::move(key)](StoreBackend& backend) { return backend.load(key); }, std::move(done));
}

void ConversationStore::take(Key key, Done<Result<Conversation>> done) {
  ask([key = std::move(key)](StoreBackend& backend) { return backend.take(key); }, std::move(done));
}

void ConversationStore::list(ListQuery query, Done<Result<Page>> done) {
  ask([query = std::move(query)](StoreBackend& backend) { return backend.list(query); },
      std::move(done));
}

void ConversationStore::erase(Key key, Done<Status> done) {
  ask([key = std::move(key)](StoreBackend& backend) { return backend.erase(key); },
      std::move(done));
}

void ConversationStore::enter(Call call, std::size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < options_.calls_waiting_max &&
        bytes_waiting_ + bytes <= options_.bytes_waiting_max) {
      bytes_waiting_ += bytes;
      waiting_.push(std::move(call));
      counts_.waiting.set(static_cast<std::int64_t>(waiting_.size()));
      strand_->wake();
      return;
    }
  }
  counts_.refused.add();
  const Error full{ErrorCode::resource_exhausted, "too much waits for the conversation store"};
  if (call.append) {
    call.append->done(full);
  } else {
    call.other(full);
  }
}

std::optional<std::string> ConversationStore::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

bool ConversationStore::run_slice() noexcept {
  const bool more = work();
  if (options_.retention.count() > 0 && clock_.now() >= next_sweep_) sweep();
  if (!more) backend_->rest();
  return more;
}

bool ConversationStore::work() {
  std::vector<std::unique_ptr<Append>> group;
  std::optional<Call> other;
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && !other && group.size() < options_.group_max) {
      Call call = waiting_.pop();
      if (call.append) {
        bytes_waiting_ -= call.append->bytes;
        group.push_back(std::move(call.append));
      } else {
        other.emplace(std::move(call));
      }
    }
    more = !waiting_.empty();
    counts_.waiting.set(static_cast<std::int64_t>(waiting_.size()));
  }
  if (!group.empty()) write(group);
  if (other) other->other(backend_.get());
  return more;
}

void ConversationStore::write(std::vector<std::unique_ptr<Append>>& group) {
  std::vector<Batch> batches;
  batches.reserve(group.size());
  for (const auto& one : group) batches.push_back(std::move(one->batch));
  std::vector<Status> outcomes(group.size());
  const Instant start = clock_.now();
  backend_->write(batches, outcomes);
  counts_.seconds.observe(std::chrono::duration<double>(clock_.now() - start).count());
  for (std::size_t i = 0; i < group.size(); ++i) {
    note(outcomes[i]);
    if (outcomes[i]) counts_.batches.add();
    group[i]->done(std::move(outcomes[i]));
  }
}

void ConversationStore::sweep() {
  next_sweep_ = clock_.now();
  const std::int64_t keep =
      std::chrono::duration_cast<std::chrono::seconds>(options_.retention).count();
  const Result<std::size_t> swept = backend_->sweep(clock_.unix_seconds() - keep, kSweepCount);
  note(swept ? Status() : Status(swept.error()));
  if (swept) counts_.swept.add(*swept);
  // There may be more of them: others get their turn first.
  const bool is_over = !swept || *swept < kSweepCount;
  if (is_over) next_sweep_ = clock_.now() + options_.sweep_interval;
  sweep_timer_ = timers_.schedule(next_sweep_, strand_->waker());
}

void ConversationStore::note(const Status& outcome) {
  if (!outcome && is_about_the_call(outcome.error().code)) return;
  const std::lock_guard lock(mutex_);
  if (!outcome) counts_.failures.add();
  if (outcome.has_value() == !trouble_.has_value()) return;
  counts_.healthy.set(outcome ? 1 : 0);
  if (outcome) {
    trouble_.reset();
    log::info("the conversation store works again");
  } else {
    trouble_ = outcome.error().message;
    log::error("the conversation store fails", {{"reason", outcome.error().message}});
  }
}

}  // namespace parley::store
