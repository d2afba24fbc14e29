// SPDX-License-Identifier: Apache-2.0
//
// Continuous batching: many replies at once through one model, one step at a time.
//
// A step is one token of every reply that is being written, plus at most `prefill_tokens` tokens of
// prompts: replies go on while others begin, and none waits for a long prompt. Prompts are read one
// after the other, the most urgent first, so that the first of several answers soonest and the
// second finds in the cache what both have in common. What is only announced (`prepare`) is read
// when no reply waits for its prompt or is at its beginning.
//
// Speech is slower than the model. While somebody waits for the first words, replies that are well
// ahead of being spoken stand back, so that those words come at the speed of a model with few
// users.
//
// When the pool of cells is full, idle sequences go first, then prepared prompts, then the reply
// that began last is set aside and reads its prompt again later. A session never fails for want of
// room.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "backend/llama/chat_renderer.h"
#include "backend/llama/prompt_builder.h"
#include "backend/llama/reply.h"
#include "backend/llama/sequence_decoder.h"
#include "backend/llama/sequence_table.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/llm_model.h"

namespace parley::backend {

struct SchedulerOptions {
  std::size_t sequences = 32;
  std::size_t prefill_tokens = 32;      // per step, of all prompts together
  std::size_t background_tokens = 8;    // per step, of prepared prompts, beside running replies
  std::size_t beginning_tokens = 12;    // a reply is "at its beginning" for so many
  std::int32_t lead_tokens = 24;        // a reply is ahead of its speech with so many more tokens
  double spoken_tokens_per_second = 6;  // than this pace has asked for since its first
  std::size_t prepared_max = 64;        // sessions that wait for a prepare; the oldest goes
  PromptLimits limits{};
  ReplyOptions reply{};  // tokens_max: where a call sets none
  float repetition_penalty = 1.0F;
};

/// What the scheduler counts; the owner puts it into metrics.
struct SchedulerCounts {
  std::uint64_t steps = 0;
  std::uint64_t prefill_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t evictions = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t prepares_dropped = 0;
};

class LlamaScheduler {
 public:
  /// The references outlive this.
  LlamaScheduler(SchedulerOptions options, SequenceDecoder& decoder, const Vocabulary& vocabulary,
                 const ChatRenderer& renderer, const Clock& clock);
  ~LlamaScheduler();

  /// The call becomes done in a later step (or here, when its prompt is wrong).
  void submit(std::shared_ptr<model::LlmCall> call);
  void prepare(const model::LlmPrompt& prompt);
  void forget(std::uint64_t session);

  enum class Next : std::uint8_t {
    step,  // there is more to do
    poll,  // all replies wait for room in their rings: look again in a few milliseconds
    wait,  // nothing to do until something is submitted, prepared or cancelled
  };
  /// Reasons to end a running computation early; asked on this thread while it runs.
  struct Interrupts {
    std::function<bool()> must_stop;   // the process is stopping
    std::function<bool()> has_urgent;  // somebody submitted: what is only announced can wait
  };
  Next step(const Interrupts& interrupts);

  /// Ends every call, running or waiting, with `error`.
  void fail_all(const Error& error);

  /// Replies that wait for their first step.
  [[nodiscard]] std::size_t waiting_count() const noexcept;
  [[nodiscard]] const SchedulerCounts& counts() const noexcept { return counts_; }

 private:
  struct Task;
  using TaskPtr = std::unique_ptr<Task>;

  void retire_cancelled();
  void retire_finished();
  void compose();
  void compose_replies();
  void compose_prepare(std::size_t budget);
  bool compose_prompt(Task& task, std::size_t& budget);
  bool place(Task& task);
  [[nodiscard]] bool is_anyone_beginning() const;
  [[nodiscard]] bool is_ahead(const Task& task) const;
  [[nodiscard]] bool is_replying(std::uint64_t session) const;
  [[nodiscard]] bool is_pointless(const Interrupts& interrupts) const;
  void drop_prepare(std::uint64_t session);
  bool make_room();
  void set_aside(Task& task);
  void release(Task& task);
  void harvest();
  void drop_batch(const Error& error);
  void finish(Task& task, Status status);
  [[nodiscard]] std::size_t done_of(const Task& task) const;
  [[nodiscard]] static SequenceId sequence_of(const Task& task);

  const SchedulerOptions options_;
  SequenceDecoder& decoder_;
  const Vocabulary& vocabulary_;
  const ChatRenderer& renderer_;
  const Clock& clock_;
  SequenceTable table_;
  std::vector<TaskPtr> replies_;  // by urgency, then by arrival
  std::deque<TaskPtr> prepares_;  // in order of arrival, one per session
  std::vector<BatchEntry> batch_;
  struct Share {  // a task's part of the batch
    Task* task;
    std::size_t begin;
    std::size_t count;
  };
  std::vector<Share> shares_;
  SchedulerCounts counts_;
};

}  // namespace parley::backend
