// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/llama_host.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "backend/llama/chat_renderer.h"
#include "backend/llama/llama_context.h"
#include "backend/llama/llama_inbox.h"
#include "backend/llama/llama_model.h"
#include "backend/llama/llama_scheduler.h"
#include "base/log.h"
#include "exec/strand.h"

namespace parley::backend {
namespace {

// A full ring is looked at again after this; nobody says when the strand has taken from it.
constexpr Millis kRingPoll{5};
// Announcements and forgotten sessions that wait while the model computes one step.
constexpr std::size_t kOthersMax = 256;

SchedulerOptions scheduler_options(const LlamaOptions& options) {
  SchedulerOptions result;
  result.sequences = options.sequences;
  result.prefill_tokens = options.prefill_tokens_per_step;
  result.limits = {
      .context_tokens = options.context_tokens_max,
      .reply_tokens = std::min(options.output_tokens_max, options.context_tokens_max / 2)};
  result.reply.tokens_max = options.output_tokens_max;
  result.reply.stops = options.stops;
  result.repetition_penalty = options.repetition_penalty;
  return result;
}

Status check(const LlamaOptions& options, const LlamaModel& model) {
  const auto wrong = [](const std::string& what) {
    return Error{ErrorCode::invalid_argument, "llm: " + what};
  };
  if (options.threads < 1) return wrong("threads must be at least 1");
  if (options.sequences < 2 || options.sequences > 256) return wrong("sequences must be 2 to 256");
  if (options.output_tokens_max < 1) return wrong("output_tokens_max must be at least 1");
  if (options.prefill_tokens_per_step < 1)
    return wrong("prefill_tokens_per_step must be 1 or more");
  if (options.context_tokens_max < 64 || options.context_tokens_max > model.context_tokens()) {
    return wrong("context_tokens_max must be 64 to " + std::to_string(model.context_tokens()) +
                 ", which is what the model was trained for");
  }
  if (options.pool_cells < static_cast<std::uint32_t>(options.context_tokens_max)) {
    return wrong("pool_cells must hold at least one context of context_tokens_max");
  }
  return {};
}

}  // namespace

/// The strand's side of the host.
class LlamaHost::Worker final : public exec::StrandBody, public model::CancelHook {
 public:
  Worker(LlamaOptions options, std::unique_ptr<LlamaModel> model,
         std::unique_ptr<LlamaContext> context, exec::Executor& executor,
         exec::TimerService& timers, const Clock& clock, Metrics& metrics)
      : options_(std::move(options)),
        timers_(timers),
        clock_(clock),
        model_(std::move(model)),
        context_(std::move(context)),
        renderer_(*model_, model_->template_engine()),
        scheduler_(scheduler_options(options_), *context_, *model_, renderer_, clock_),
        inbox_(options_.waiting_max, kOthersMax),
        refused_(metrics.counter("parley_llm_refused_total", "Generations refused: too many wait")),
        dropped_(metrics.counter("parley_llm_prepares_dropped_total",
                                 "Announced prompts that gave way to newer ones")),
        steps_(metrics.counter("parley_llm_steps_total", "Batches computed by the local model")),
        input_(metrics.counter("parley_llm_prefill_tokens_total", "Prompt tokens computed")),
        output_(metrics.counter("parley_llm_output_tokens_total", "Tokens sampled")),
        evictions_(metrics.counter("parley_llm_evictions_total", "Idle caches given up for room")),
        set_aside_(metrics.counter("parley_llm_set_aside_total",
                                   "Replies that lost their cache and began again")),
        strand_(exec::Strand::make(executor, *this)) {}

  ~Worker() override {
    is_stopping_.store(true, std::memory_order_release);
    strand_->close();
    const Error error{ErrorCode::unavailable, "the language model is being unloaded"};
    inbox_.take(requests_);
    for (LlamaRequest& request : requests_) {
      auto* call = std::get_if<std::shared_ptr<model::LlmCall>>(&request);
      if (call != nullptr) scheduler_.submit(std::move(*call));
    }
    scheduler_.fail_all(error);
  }

  bool submit(std::shared_ptr<model::LlmCall> call) {
    call->set_cancel_hook(this);
    model::LlmCall& submitted = *call;
    if (!inbox_.push_call(std::move(call))) {
      submitted.set_cancel_hook(nullptr);
      refused_.add();
      return false;
    }
    strand_->wake();
    return true;
  }

  void prepare(model::LlmPrompt prompt) {
    if (!inbox_.push_prompt(std::move(prompt))) dropped_.add();
    strand_->wake();
  }

  void forget(std::uint64_t session) {
    inbox_.push_forget(session);
    strand_->wake();
  }

  [[nodiscard]] std::string name() const {
    return options_.name.empty() ? model_->name() : options_.name;
  }
  [[nodiscard]] bool is_demonstration() const noexcept { return options_.is_demonstration; }

 private:
  void on_cancel(model::Call&) noexcept override { strand_->wake(); }

  bool run_slice() noexcept override {
    inbox_.take(requests_);
    for (LlamaRequest& request : requests_) {
      std::visit([this](auto& what) { receive(what); }, request);
    }
    requests_.clear();
    const LlamaScheduler::Next next = scheduler_.step(interrupts_);
    inbox_.set_waiting(scheduler_.waiting_count());
    count();
    if (next == LlamaScheduler::Next::poll) {
      timers_.schedule(clock_.now() + kRingPoll, strand_->waker());
    }
    return next == LlamaScheduler::Next::step;
  }

  void receive(std::shared_ptr<model::LlmCall>& call) { scheduler_.submit(std::move(call)); }
  void receive(model::LlmPrompt& prompt) { scheduler_.prepare(prompt); }
  void receive(ForgetSession& forgotten) { scheduler_.forget(forgotten.session); }

  void count() {
    const SchedulerCounts now = scheduler_.counts();
    steps_.add(now.steps - counted_.steps);
    input_.add(now.prefill_tokens - counted_.prefill_tokens);
    output_.add(now.output_tokens - counted_.output_tokens);
    evictions_.add(now.evictions - counted_.evictions);
    set_aside_.add(now.set_aside - counted_.set_aside);
    dropped_.add(now.prepares_dropped - counted_.prepares_dropped);
    counted_ = now;
  }

  const LlamaOptions options_;
  exec::TimerService& timers_;
  const Clock& clock_;
  const std::unique_ptr<LlamaModel> model_;
  const std::unique_ptr<LlamaContext> context_;
  const ChatRenderer renderer_;
  LlamaScheduler scheduler_;
  LlamaInbox inbox_;
  std::vector<LlamaRequest> requests_;
  std::atomic<bool> is_stopping_{false};
  const LlamaScheduler::Interrupts interrupts_{
      .must_stop = [this] { return is_stopping_.load(std::memory_order_acquire); },
      .has_urgent = [this] { return inbox_.has_call(); }};
  SchedulerCounts counted_;
  Counter& refused_;
  Counter& dropped_;
  Counter& steps_;
  Counter& input_;
  Counter& output_;
  Counter& evictions_;
  Counter& set_aside_;
  std::shared_ptr<exec::Strand> strand_;  // last: it uses the others; shared with wakers
};

Result<std::unique_ptr<LlamaHost>> LlamaHost::open(LlamaOptions options, exec::Executor& executor,
                                                   exec::TimerService& timers, const Clock& clock,
                                                   Metrics& metrics) {
  PARLEY_TRY(std::unique_ptr<LlamaModel> model, LlamaModel::load(options.model_path));
  PARLEY_TRY_STATUS(check(options, *model));
  const ContextOptions sizes{.cells = options.pool_cells,
                             .sequences = options.sequences,
                             .batch_tokens = options.sequences + options.prefill_tokens_per_step,
                             .threads = options.threads};
  PARLEY_TRY(std::unique_ptr<LlamaContext> context, LlamaContext::make(*model, sizes));
  log::info("language model loaded", {{"path", options.model_path}, {"name", model->name()}});
  auto worker = std::make_unique<Worker>(std::move(options), std::move(model), std::move(context),
                                         executor, timers, clock, metrics);
  return std::unique_ptr<LlamaHost>(new LlamaHost(std::move(worker)));  // private constructor
}

LlamaHost::LlamaHost(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
LlamaHost::~LlamaHost() = default;

bool LlamaHost::submit(std::shared_ptr<model::LlmCall> call) {
  return worker_->submit(std::move(call));
}
void LlamaHost::prepare(model::LlmPrompt prompt) { worker_->prepare(std::move(prompt)); }
void LlamaHost::forget(std::uint64_t session) noexcept { worker_->forget(session); }
std::string LlamaHost::name() const { return worker_->name(); }
bool LlamaHost::is_demonstration() const noexcept { return worker_->is_demonstration(); }

}  // namespace parley::backend
