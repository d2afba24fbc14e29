// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_llm.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace parley::model {
namespace {

constexpr Nanos kFullRingRetry = Millis(5);  // the strand that reads the deltas does not wake us

// Words with the space before them, as the tokens of most models are.
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t word = text.find_first_not_of(' ', begin);
    if (word == std::string_view::npos) break;
    const std::size_t end = std::min(text.find(' ', word), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::int32_t count_words(const LlmPrompt& prompt) {
  std::size_t count = 0;
  for (const LlmMessage& message : prompt.messages) count += split_words(message.text).size();
  return static_cast<std::int32_t>(count);
}

/// By the user, or by a function's output.
std::string last_told(const LlmPrompt& prompt) {
  const auto found =
      std::find_if(prompt.messages.rbegin(), prompt.messages.rend(), [](const LlmMessage& message) {
        return message.role == LlmMessage::Role::user || message.role == LlmMessage::Role::tool;
      });
  return found == prompt.messages.rend() ? std::string() : found->text;
}

// What `tool_choice` makes of the reply that the script has next.
FakeReply obey_tool_choice(FakeReply reply, const LlmPrompt& prompt, const std::string& arguments) {
  using Kind = LlmToolChoice::Kind;
  const Kind kind = prompt.tools.empty() ? Kind::none : prompt.tool_choice.kind;
  if (kind == Kind::none) reply.tool.clear();
  if (!prompt.parallel_tool_calls) reply.more_calls.clear();
  if (kind == Kind::required && reply.tool.empty()) {
    reply.tool = prompt.tools.front().name;
    reply.arguments = arguments;
  }
  if (kind == Kind::function && reply.tool != prompt.tool_choice.function) {
    reply.tool = prompt.tool_choice.function;
    reply.arguments = arguments;
    reply.more_calls.clear();
  }
  return reply;
}

}  // namespace

FakeLlm::FakeLlm(FakeLlmOptions options, exec::Executor& executor, exec::TimerService& timers,
                 const Clock& clock)
    : options_(std::move(options)),
      timers_(timers),
      clock_(clock),
      strand_(exec::Strand::make(executor, *this)) {}

FakeLlm::~FakeLlm() {
  strand_->close();
  timers_.cancel(timer_);
  const Error gone{ErrorCode::unavailable, options_.name + ": the model is being unloaded"};
  for (const std::shared_ptr<LlmCall>& call : inbox_) generations_.push_back({.call = call});
  for (Generation& generation : generations_) finish(generation, gone);
}

bool FakeLlm::submit(std::shared_ptr<LlmCall> call) {
  call->set_cancel_hook(this);
  if (!enqueue(call)) {
    call->set_cancel_hook(nullptr);
    return false;
  }
  strand_->wake();
  return true;
}

bool FakeLlm::enqueue(const std::shared_ptr<LlmCall>& call) {
  const std::lock_guard lock(mutex_);
  if (in_flight_ >= options_.generations_max) {
    ++seen_.refused;
    return false;
  }
  ++in_flight_;
  ++seen_.submitted;
  seen_.last_prompt = call->prompt;
  inbox_.push_back(call);
  return true;
}

void FakeLlm::prepare(LlmPrompt /*prompt*/) {
  const std::lock_guard lock(mutex_);
  ++seen_.prepared;
}

void FakeLlm::forget(std::uint64_t /*session*/) noexcept {
  const std::lock_guard lock(mutex_);
  ++seen_.forgotten;
}

FakeLlm::Seen FakeLlm::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void FakeLlm::on_cancel(Call& /*call*/) noexcept { strand_->wake(); }

bool FakeLlm::run_slice() noexcept {
  std::vector<std::shared_ptr<LlmCall>> arrived;
  {
    const std::lock_guard lock(mutex_);
    arrived.swap(inbox_);
  }
  for (std::shared_ptr<LlmCall>& call : arrived) generations_.push_back(start(std::move(call)));

  const Instant now = clock_.now();
  std::erase_if(generations_, [&](Generation& generation) { return step(generation, now); });

  Instant next = Instant::never();
  for (const Generation& generation : generations_) next = std::min(next, generation.next_at);
  if (next <= now) return true;  // one token per slice: others get their turn in between
  arm(next);
  return false;
}

FakeLlm::Generation FakeLlm::start(std::shared_ptr<LlmCall> call) {
  const LlmPrompt& prompt = call->prompt;
  FakeReply reply;
  if (options_.replies.empty()) {
    reply.text = last_told(prompt);
  } else {
    reply = options_.replies[replies_given_++ % options_.replies.size()];
  }
  reply = obey_tool_choice(std::move(reply), prompt, options_.tool_arguments);

  call->status = {};
  call->usage = {.input_tokens = count_words(prompt),
                 .cached_tokens = std::min(options_.cached_tokens, count_words(prompt)),
                 .output_tokens = 0};
  Generation generation{.call = std::move(call),
                        .next_at = clock_.now() + options_.first_token_delay};
  generation.is_tool = !reply.tool.empty();
  const auto say = [&](LlmDelta::Kind kind, std::string_view text) {
    for (std::string& word : split_words(text)) {
      generation.deltas.push_back({kind, std::move(word)});
    }
  };
  if (!generation.is_tool) {
    say(LlmDelta::Kind::text, reply.text);
    return generation;
  }
  reply.more_calls.insert(reply.more_calls.begin(), {reply.tool, reply.arguments});
  for (const FakeToolCall& one : reply.more_calls) {
    generation.deltas.push_back({LlmDelta::Kind::tool_name, one.tool});
    say(LlmDelta::Kind::tool_arguments, one.arguments);
  }
  return generation;
}

// One token, when it is time. True when the generation is over.
bool FakeLlm::step(Generation& generation, Instant now) {
  LlmCall& call = *generation.call;
  if (call.cancelled()) {
    finish(generation, Error{ErrorCode::cancelled, "cancelled"});
    return true;
  }
  if (generation.next_at > now) return false;
  const bool is_cut =
      call.output_tokens_max > 0 && call.usage.output_tokens >= call.output_tokens_max;
  if (is_cut || generation.next == generation.deltas.size()) {
    call.finish_reason = generation.next < generation.deltas.size() ? LlmCall::Finish::length
                         : generation.is_tool                       ? LlmCall::Finish::tool_call
                                                                    : LlmCall::Finish::stop;
    finish(generation, {});
    return true;
  }
  if (!call.deltas.try_push(LlmDelta(generation.deltas[generation.next]))) {
    generation.next_at = now + kFullRingRetry;
    return false;
  }
  ++generation.next;
  ++call.usage.output_tokens;
  const bool is_last = generation.next == generation.deltas.size();
  generation.next_at = now + (is_last ? Nanos(0) : options_.token_delay);
  call.notify();
  return false;
}

void FakeLlm::finish(Generation& generation, Status status) noexcept {
  LlmCall& call = *generation.call;
  call.set_cancel_hook(nullptr);
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
  }
  call.status = std::move(status);
  call.finish();
}

void FakeLlm::arm(Instant at) {
  timers_.cancel(timer_);
  timer_ = at == Instant::never() ? 0 : timers_.schedule(at, strand_->waker());
}

}  // namespace parley::model
