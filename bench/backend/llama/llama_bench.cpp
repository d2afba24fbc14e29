// SPDX-License-Identifier: Apache-2.0
//
// The local model as a conversation feels it, through the host, rings and wakes and all.
//
// First_token: from submit to the first delta of a 20-token turn behind a cached system message.
// First_clause: likewise to the eighth token. A caller waits for the latter: at most 400 ms.
// Decode: tokens per second of 1, 8 and 16 replies at once.
// ForcedCall: from submit to the end of a short call's arguments.
// SmolLM2-135M, one thread. Beside real-time audio both cores are also used by others.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "backend/llama/llama_host.h"
#include "base/log.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"

namespace parley::backend {
namespace {

using model::LlmCall;
using Role = model::LlmMessage::Role;
using Moment = std::chrono::steady_clock::time_point;

const char* const kSystem =
    "You are Robin, the voice of a dental clinic. Answer in one short sentence. The clinic is open "
    "from nine to five on weekdays. Parking is behind the building. A check-up costs sixty pounds.";
constexpr std::size_t kFirstClauseTokens = 8;

/// Takes deltas on a thread of its own, as a session does, and notes when they came.
class Listener final : public exec::StrandBody {
 public:
  explicit Listener(exec::Executor& executor) : strand_(exec::Strand::make(executor, *this)) {}
  ~Listener() override { strand_->close(); }

  void begin(model::LlmHost& host, std::shared_ptr<LlmCall> call) {
    call_ = std::move(call);
    deltas_ = 0;
    is_done_ = false;
    started_ = std::chrono::steady_clock::now();
    call_->begin(strand_->waker(), Instant::never());
    if (!host.submit(call_)) std::abort();
  }
  void wait() const { is_done_.wait(false); }

  bool run_slice() noexcept override {
    const bool done = call_->done();
    while (call_->deltas.try_pop()) {
      ++deltas_;
      if (deltas_ == 1) first_ = std::chrono::steady_clock::now();
      if (deltas_ == kFirstClauseTokens) clause_ = std::chrono::steady_clock::now();
    }
    if (!done) return false;
    is_done_ = true;
    is_done_.notify_all();
    return false;
  }
  [[nodiscard]] double first_seconds() const { return seconds(first_); }
  [[nodiscard]] double clause_seconds() const { return seconds(clause_); }

 private:
  [[nodiscard]] double seconds(Moment at) const {
    return std::chrono::duration<double>(at - started_).count();
  }
  std::shared_ptr<LlmCall> call_;
  std::size_t deltas_ = 0;
  std::atomic<bool> is_done_{false};
  Moment started_;
  Moment first_;
  Moment clause_;
  std::shared_ptr<exec::Strand> strand_;
};

struct Setup {
  Setup() {
    log::set_level(log::Level::warn);
    LlamaOptions options;
    const char* path = std::getenv("PARLEY_BENCH_MODEL");
    const char* home = std::getenv("HOME");
    options.model_path = path != nullptr ? path
                                         : std::string(home) +
                                               "/.cache/parley/models/smollm2-135m-instruct/"
                                               "model.gguf";
    auto opened = LlamaHost::open(options, thread, timers, clock, metrics);
    if (opened) host = std::move(*opened);
  }
  static Setup& get() {
    static Setup setup;
    return setup;
  }

  SteadyClock clock;
  Metrics metrics;
  exec::TimerThread timers{clock};
  exec::ThreadExecutor thread{"bench-llm"};
  exec::ThreadExecutor sessions{"bench-session"};
  std::unique_ptr<LlamaHost> host;
  std::uint64_t turns = 0;
};

std::shared_ptr<LlmCall> make_call(Setup& setup, std::uint64_t session, std::int32_t tokens) {
  auto call = std::make_shared<LlmCall>();
  call->prompt.session = session;
  // A number in front makes each turn new to the cache; about 20 tokens with the template's.
  const std::string user = std::to_string(++setup.turns) + ", so tell me please, where can I park";
  for (const auto& [role, text] :
       {std::pair{Role::system, std::string(kSystem)}, std::pair{Role::user, user}}) {
    model::LlmMessage message;
    message.role = role;
    message.text = text;
    call->prompt.messages.push_back(message);
  }
  call->output_tokens_max = tokens;
  return call;
}

void run(Setup& setup, Listener& listener, std::shared_ptr<LlmCall> call) {
  listener.begin(*setup.host, std::move(call));
  listener.wait();
}

void first_words(benchmark::State& state, bool to_clause) {
  Setup& setup = Setup::get();
  if (!setup.host) return state.SkipWithError("no model: run tools/deps");
  Listener listener(setup.sessions);
  run(setup, listener, make_call(setup, 1, 1));
  for (auto _ : state) {
    run(setup, listener, make_call(setup, 1, 12));
    state.SetIterationTime(to_clause ? listener.clause_seconds() : listener.first_seconds());
  }
}
void First_token(benchmark::State& state) { first_words(state, false); }
void First_clause(benchmark::State& state) { first_words(state, true); }

void Decode(benchmark::State& state) {
  Setup& setup = Setup::get();
  if (!setup.host) return state.SkipWithError("no model: run tools/deps");
  std::vector<std::unique_ptr<Listener>> listeners;
  for (int i = 0; i < state.range(0); ++i) {
    listeners.push_back(std::make_unique<Listener>(setup.sessions));
    run(setup, *listeners.back(), make_call(setup, static_cast<std::uint64_t>(i) + 1, 1));
  }
  std::int64_t tokens = 0;
  for (auto _ : state) {
    std::vector<std::shared_ptr<LlmCall>> calls;
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      calls.push_back(make_call(setup, i + 1, 64));
      listeners[i]->begin(*setup.host, calls.back());
    }
    for (const auto& listener : listeners) listener->wait();
    for (const auto& call : calls) tokens += call->usage.output_tokens;
  }
  state.counters["tokens/s"] =
      benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsRate);
}

void ForcedCall(benchmark::State& state) {
  Setup& setup = Setup::get();
  if (!setup.host) return state.SkipWithError("no model: run tools/deps");
  Listener listener(setup.sessions);
  for (auto _ : state) {
    auto call = make_call(setup, 1, 60);
    call->prompt.messages.back().text =
        "What is the weather in Paris, question " + std::to_string(setup.turns) + "?";
    call->prompt.tools = {{"get_weather", "Tells the weather of a city.",
                           R"({"type":"object","properties":{"city":{"type":"string"}},)"
                           R"("required":["city"]})"}};
    call->prompt.tool_choice.kind = model::LlmToolChoice::Kind::required;
    run(setup, listener, call);
  }
}

BENCHMARK(First_token)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(20);
BENCHMARK(First_clause)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(20);
BENCHMARK(Decode)
    ->Arg(1)
    ->Arg(8)
    ->Arg(16)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(3);
BENCHMARK(ForcedCall)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(10);

}  // namespace
}  // namespace parley::backend
