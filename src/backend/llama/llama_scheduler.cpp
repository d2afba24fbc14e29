// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/llama_scheduler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"

namespace parley::backend {

/// A prompt that is read and, for a call, the reply that is written after it. What is in the cache
/// is known by the table alone, so a task that lost its sequence just begins again.
struct LlamaScheduler::Task {
  std::shared_ptr<model::LlmCall> call;  // null: a prepare
  std::uint64_t session = 0;
  std::vector<Token> tokens;  // the prompt, then the output
  std::size_t prompt_size = 0;
  std::size_t system_size = 0;
  std::optional<SequenceId> sequence;
  std::unique_ptr<Reply> reply;            // with a call
  Instant spoken_from = Instant::never();  // when its first token came
  bool is_speech = false;
  bool has_begun = false;  // its use of the cache is counted
  bool is_aside = false;   // until another task ends
};

LlamaScheduler::LlamaScheduler(SchedulerOptions options, SequenceDecoder& decoder,
                               const Vocabulary& vocabulary, const ChatRenderer& renderer,
                               const Clock& clock)
    : options_(std::move(options)),
      decoder_(decoder),
      vocabulary_(vocabulary),
      renderer_(renderer),
      clock_(clock),
      table_(options_.sequences) {}

LlamaScheduler::~LlamaScheduler() = default;

void LlamaScheduler::submit(std::shared_ptr<model::LlmCall> call) {
  auto task = std::make_unique<Task>();
  task->call = std::move(call);
  task->session = task->call->prompt.session;
  // What was announced for this session is now either in this prompt or out of date.
  drop_prepare(task->session);
  Result<BuiltPrompt> built =
      build_prompt(vocabulary_, renderer_, task->call->prompt, options_.limits);
  if (!built) {
    finish(*task, built.error());
    return;
  }
  task->tokens = std::move(built->tokens);
  task->prompt_size = task->tokens.size();
  task->system_size = built->system_size;
  task->call->usage = {.input_tokens = static_cast<std::int32_t>(task->prompt_size)};
  task->is_speech = built->call_tools.empty();
  ReplyOptions options = options_.reply;
  if (task->call->output_tokens_max > 0) options.tokens_max = task->call->output_tokens_max;
  options.sampler.temperature = task->call->temperature;
  options.sampler.seed = task->call->seed;
  options.sampler.repetition_penalty = options_.repetition_penalty;
  task->reply = std::make_unique<Reply>(
      *task->call, vocabulary_, std::move(built->call_tools), std::move(options),
      [this](const std::string& grammar) { return decoder_.make_gate(grammar); });
  const auto later = std::upper_bound(
      replies_.begin(), replies_.end(), task,
      [](const TaskPtr& a, const TaskPtr& b) { return a->call->deadline() < b->call->deadline(); });
  replies_.insert(later, std::move(task));
}

void LlamaScheduler::prepare(const model::LlmPrompt& prompt) {
  drop_prepare(prompt.session);
  BuiltPrompt built = build_prefix(renderer_, prompt, options_.limits);
  if (built.tokens.empty()) return;
  auto task = std::make_unique<Task>();
  task->session = prompt.session;
  task->tokens = std::move(built.tokens);
  task->prompt_size = task->tokens.size();
  task->system_size = built.system_size;
  if (prepares_.size() >= options_.prepared_max) {
    release(*prepares_.front());
    prepares_.pop_front();
    ++counts_.prepares_dropped;
  }
  prepares_.push_back(std::move(task));
}

void LlamaScheduler::forget(std::uint64_t session) {
  drop_prepare(session);
  if (const auto forgotten = table_.forget(session)) {
    decoder_.remove(forgotten->sequence, forgotten->keep);
  }
}

void LlamaScheduler::drop_prepare(std::uint64_t session) {
  std::erase_if(prepares_, [&](const TaskPtr& task) {
    if (session == 0 || task->session != session) return false;
    release(*task);
    return true;
  });
}

LlamaScheduler::Next LlamaScheduler::step(const Interrupts& interrupts) {
  retire_cancelled();
  retire_finished();
  const auto should_stop = [&] { return is_pointless(interrupts); };
  SequenceDecoder::Outcome outcome = SequenceDecoder::Outcome::full;
  do {
    compose();
    if (batch_.empty()) {
      if (replies_.empty() && prepares_.empty()) return Next::wait;
      return Next::poll;
    }
    outcome = decoder_.decode(batch_, should_stop);
  } while (outcome == SequenceDecoder::Outcome::full && make_room());

  ++counts_.steps;
  switch (outcome) {
    case SequenceDecoder::Outcome::done:
      harvest();
      break;
    case SequenceDecoder::Outcome::aborted:
      for (const Share& share : shares_) {
        decoder_.remove(sequence_of(*share.task), done_of(*share.task));
      }
      break;
    case SequenceDecoder::Outcome::full:
      drop_batch(
          {ErrorCode::resource_exhausted, "the language model's pool of cells is too small"});
      break;
    case SequenceDecoder::Outcome::failed:
      drop_batch({ErrorCode::internal, "the language model failed to decode"});
      break;
  }
  retire_finished();
  return replies_.empty() && prepares_.empty() ? Next::wait : Next::step;
}

void LlamaScheduler::retire_cancelled() {
  std::erase_if(replies_, [&](const TaskPtr& task) {
    if (!task->call->cancelled()) return false;
    finish(*task, Error{ErrorCode::cancelled, "cancelled"});
    return true;
  });
}

/// A reply that is over leaves when its last words have found room in the ring.
void LlamaScheduler::retire_finished() {
  std::erase_if(replies_, [&](const TaskPtr& task) {
    if (!task->reply->writer().flush() || !task->reply->is_over()) return false;
    finish(*task, Status{});
    return true;
  });
}

void LlamaScheduler::compose() {
  batch_.clear();
  shares_.clear();
  compose_replies();
  std::size_t budget = options_.prefill_tokens;
  for (const TaskPtr& task : replies_) {
    if (budget == 0) return;
    if (task->reply->is_over() || task->reply->writer().is_full()) continue;
    // In order: who comes later finds more in the cache when the one before has read its prompt.
    if (!compose_prompt(*task, budget)) break;
  }
  if (is_anyone_beginning()) return;
  compose_prepare(shares_.empty() ? budget : std::min(budget, options_.background_tokens));
}

/// One announced prompt at a time, and none of a session whose sequence is in use.
void LlamaScheduler::compose_prepare(std::size_t budget) {
  for (std::size_t i = 0; i < prepares_.size() && budget > 0;) {
    Task& task = *prepares_[i];
    if (is_replying(task.session)) {
      ++i;
    } else if (task.sequence || !table_.covers(task.session, task.tokens)) {
      compose_prompt(task, budget);
      return;
    } else {
      prepares_.erase(prepares_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

/// One token of every reply whose prompt has been read.
void LlamaScheduler::compose_replies() {
  const bool must_hurry = is_anyone_beginning();
  for (const TaskPtr& task : replies_) {
    if (!task->sequence || task->reply->is_over() || task->reply->writer().is_full()) continue;
    const std::size_t done = done_of(*task);
    if (done + 1 != task->tokens.size()) continue;
    if (must_hurry && is_ahead(*task)) continue;
    shares_.push_back({task.get(), batch_.size(), 1});
    batch_.push_back({.token = task->tokens.back(),
                      .position = static_cast<std::int32_t>(done),
                      .sequence = sequence_of(*task),
                      .wants_logits = true});
  }
}

/// The next tokens of a prompt, as far as the budget goes. False: no sequence is free for it.
bool LlamaScheduler::compose_prompt(Task& task, std::size_t& budget) {
  if (task.is_aside) return true;
  const bool was_placed = task.sequence.has_value();
  if (!was_placed && !place(task)) return false;
  const std::size_t done = done_of(task);
  const std::size_t left = task.tokens.size() - done;
  // The last token is `compose_replies`' business; it may have had a reason to leave it out.
  if (was_placed && left == 1 && task.call != nullptr) return true;
  const std::size_t count = std::min(left, budget);
  shares_.push_back({&task, batch_.size(), count});
  for (std::size_t i = 0; i < count; ++i) {
    batch_.push_back({.token = task.tokens[done + i],
                      .position = static_cast<std::int32_t>(done + i),
                      .sequence = sequence_of(task),
                      .wants_logits = task.call != nullptr && i + 1 == left});
  }
  budget -= count;
  return true;
}

/// Gives a task a sequence that begins with as much of its prompt as the cache has.
bool LlamaScheduler::place(Task& task) {
  const std::optional<SequenceClaim> claim = table_.claim(task.session, task.tokens);
  if (!claim) return false;
  decoder_.remove(claim->sequence, claim->keep);
  if (claim->copy_from) {
    decoder_.copy(*claim->copy_from, claim->sequence, claim->keep, claim->reused);
  }
  task.sequence = claim->sequence;
  table_.set_head(claim->sequence, task.system_size);
  if (task.call != nullptr && !task.has_begun) {
    task.call->usage.cached_tokens = static_cast<std::int32_t>(claim->reused);
  }
  task.has_begun = true;
  return true;
}

/// Somebody waits for first words, and the next step can bring them nearer.
bool LlamaScheduler::is_anyone_beginning() const {
  const bool has_room = table_.idle_count() > 0;
  return std::any_of(replies_.begin(), replies_.end(), [&](const TaskPtr& task) {
    if (task->reply->is_over() || task->reply->writer().is_full() || task->is_aside) return false;
    const bool is_beginning =
        task->reply->token_count() < static_cast<std::int32_t>(options_.beginning_tokens);
    return is_beginning && (task->sequence || has_room);
  });
}

bool LlamaScheduler::is_ahead(const Task& task) const {
  if (!task.is_speech || task.spoken_from == Instant::never()) return false;
  const std::chrono::duration<double> spoken = clock_.now() - task.spoken_from;
  return task.reply->token_count() >
         options_.lead_tokens + spoken.count() * options_.spoken_tokens_per_second;
}

bool LlamaScheduler::is_replying(std::uint64_t session) const {
  return session != 0 && std::any_of(replies_.begin(), replies_.end(),
                                     [&](const TaskPtr& task) { return task->session == session; });
}

/// Nobody wants what the batch computes (any more, or for now).
bool LlamaScheduler::is_pointless(const Interrupts& interrupts) const {
  if (interrupts.must_stop()) return true;
  const bool has_urgent = interrupts.has_urgent();
  return std::all_of(shares_.begin(), shares_.end(), [&](const Share& share) {
    const model::LlmCall* call = share.task->call.get();
    return call == nullptr ? has_urgent : call->cancelled();
  });
}

/// After a full pool: something goes. False when only one reply is left, with all cells for itself.
bool LlamaScheduler::make_room() {
  if (const std::optional<SequenceId> evicted = table_.evict()) {
    decoder_.remove(*evicted, 0);
    ++counts_.evictions;
    return true;
  }
  for (const TaskPtr& task : prepares_) {
    if (!task->sequence) continue;
    set_aside(*task);
    prepares_.erase(std::find(prepares_.begin(), prepares_.end(), task));
    return true;
  }
  const auto holds_cells = [](const TaskPtr& task) { return task->sequence.has_value(); };
  const auto first = std::find_if(replies_.begin(), replies_.end(), holds_cells);
  const auto last = std::find_if(replies_.rbegin(), replies_.rend(), holds_cells);
  if (last == replies_.rend() || first->get() == last->get()) return false;
  set_aside(**last);
  (*last)->is_aside = true;
  ++counts_.set_aside;
  return true;
}

/// Takes a task's cells away.
void LlamaScheduler::set_aside(Task& task) {
  const SequenceId sequence = sequence_of(task);
  table_.truncate(sequence, 0);
  decoder_.remove(sequence, 0);
  release(task);
}

void LlamaScheduler::release(Task& task) {
  if (!task.sequence) return;
  table_.release(*task.sequence);
  task.sequence.reset();
}

/// The batch is in the cache: what it wrote goes to the replies.
void LlamaScheduler::harvest() {
  for (const Share& share : shares_) {
    Task& task = *share.task;
    const std::size_t done = done_of(task);
    table_.append(sequence_of(task), std::span(task.tokens).subspan(done, share.count));
    if (done < task.prompt_size) counts_.prefill_tokens += share.count;
    const std::size_t last = share.begin + share.count - 1;
    if (!batch_[last].wants_logits) continue;
    ++counts_.output_tokens;
    task.reply->step(decoder_.logits(last), task.tokens);
    if (task.spoken_from == Instant::never()) task.spoken_from = clock_.now();
    const auto size = static_cast<std::int64_t>(task.tokens.size());
    if (size >= options_.limits.context_tokens) task.reply->cut();
  }
  std::erase_if(prepares_, [&](const TaskPtr& task) {
    if (!task->sequence || done_of(*task) < task->tokens.size()) return false;
    release(*task);
    return true;
  });
}

/// The batch is lost, and with it the sequences that were in it.
void LlamaScheduler::drop_batch(const Error& error) {
  const std::vector<Share> lost = std::move(shares_);
  shares_.clear();
  for (const Share& share : lost) {
    set_aside(*share.task);
    if (share.task->call != nullptr) finish(*share.task, error);
  }
  const auto is_lost = [&](const TaskPtr& task) {
    return std::any_of(lost.begin(), lost.end(),
                       [&](const Share& share) { return share.task == task.get(); });
  };
  std::erase_if(replies_, is_lost);
  std::erase_if(prepares_, is_lost);
}

void LlamaScheduler::finish(Task& task, Status status) {
  release(task);
  if (task.reply) {
    task.call->finish_reason = task.reply->finish();
    task.call->usage.output_tokens = task.reply->token_count();
  }
  task.call->status = std::move(status);
  task.call->set_cancel_hook(nullptr);
  task.call->finish();
  for (const TaskPtr& other : replies_) {
    if (other) other->is_aside = false;  // there is room now; null: erase_if has moved it
  }
}

void LlamaScheduler::fail_all(const Error& error) {
  const std::vector<TaskPtr> replies = std::move(replies_);
  replies_.clear();
  for (const TaskPtr& task : replies) finish(*task, error);
  for (const TaskPtr& task : prepares_) release(*task);
  prepares_.clear();
}

std::size_t LlamaScheduler::waiting_count() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      replies_.begin(), replies_.end(), [](const TaskPtr& task) { return !task->has_begun; }));
}

/// How many of a task's tokens are in the cache.
std::size_t LlamaScheduler::done_of(const Task& task) const {
  return table_.size(sequence_of(task));
}

/// Of a task that was placed.
SequenceId LlamaScheduler::sequence_of(const Task& task) {
  PARLEY_CHECK(task.sequence.has_value());
  return *task.sequence;
}

}  // namespace parley::backend
