// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/llama_context.h"

#include <exception>
#include <limits>

#include <llama.h>

#include "backend/llama/llama_log.h"

namespace parley::backend {
namespace {

/// llama.cpp's grammar. It is asked for a few candidates at a time and answers by the logit.
class GrammarGate final : public TokenGate {
 public:
  explicit GrammarGate(llama_sampler* grammar) : grammar_(grammar) {}
  ~GrammarGate() override { llama_sampler_free(grammar_); }
  GrammarGate(const GrammarGate&) = delete;
  GrammarGate& operator=(const GrammarGate&) = delete;

  void test(std::span<const Token> candidates, std::vector<bool>& allowed) override {
    data_.clear();
    for (const Token token : candidates) data_.push_back({token, 0.0F, 0.0F});
    llama_token_data_array array{data_.data(), data_.size(), -1, false};
    llama_sampler_apply(grammar_, &array);
    allowed.assign(candidates.size(), false);
    for (std::size_t i = 0; i < data_.size(); ++i) {
      allowed[i] = data_[i].logit > -std::numeric_limits<float>::infinity();
    }
  }

  void accept(Token token) override { llama_sampler_accept(grammar_, token); }

 private:
  llama_sampler* grammar_;
  std::vector<llama_token_data> data_;
};

}  // namespace

Result<std::unique_ptr<LlamaContext>> LlamaContext::make(const LlamaModel& model,
                                                         ContextOptions options) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = options.cells;
  params.n_batch = options.batch_tokens;
  params.n_ubatch = options.batch_tokens;  // a batch is computed whole: an abort leaves none of it
  params.n_seq_max = options.sequences;
  params.n_outputs_max = options.sequences;
  params.n_threads = options.threads;
  params.n_threads_batch = options.threads;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
  params.kv_unified = true;
  params.no_perf = true;
  const LlamaErrors errors;
  llama_context* context = nullptr;
  try {
    context = llama_init_from_model(model.get(), params);
  } catch (const std::exception& exception) {
    return Error{ErrorCode::resource_exhausted,
                 std::string("the language model's context: ") + exception.what()};
  }
  if (context == nullptr) {
    return Error{ErrorCode::resource_exhausted,
                 "the language model's context cannot be made: " + errors.text()};
  }
  return std::unique_ptr<LlamaContext>(new LlamaContext(model, context));  // private constructor
}

LlamaContext::LlamaContext(const LlamaModel& model, llama_context* context)
    : model_(model), context_(context) {
  llama_set_abort_callback(context_, &LlamaContext::should_abort, this);
}

LlamaContext::~LlamaContext() { llama_free(context_); }

bool LlamaContext::should_abort(void* self) {
  const auto* context = static_cast<const LlamaContext*>(self);
  return context->should_stop_ != nullptr && (*context->should_stop_)();
}

SequenceDecoder::Outcome LlamaContext::decode(std::span<const BatchEntry> batch,
                                              const std::function<bool()>& should_stop) {
  const std::size_t size = batch.size();
  tokens_.resize(size);
  positions_.resize(size);
  sequence_counts_.assign(size, 1);
  sequences_.resize(size);
  sequence_lists_.resize(size);
  wants_logits_.resize(size);
  for (std::size_t i = 0; i < size; ++i) {
    tokens_[i] = batch[i].token;
    positions_[i] = batch[i].position;
    sequences_[i] = batch[i].sequence;
    sequence_lists_[i] = &sequences_[i];
    wants_logits_[i] = batch[i].wants_logits ? 1 : 0;
  }
  const llama_batch arrays{.n_tokens = static_cast<std::int32_t>(size),
                           .token = tokens_.data(),
                           .embd = nullptr,
                           .pos = positions_.data(),
                           .n_seq_id = sequence_counts_.data(),
                           .seq_id = sequence_lists_.data(),
                           .logits = wants_logits_.data()};
  std::int32_t code = -1;
  should_stop_ = &should_stop;
  try {
    code = llama_decode(context_, arrays);
  } catch (const std::exception&) {
    code = -1;
  }
  should_stop_ = nullptr;
  switch (code) {
    case 0:
      return Outcome::done;
    case 1:
      return Outcome::full;
    case 2:
      return Outcome::aborted;
    default:
      return Outcome::failed;
  }
}

std::span<float> LlamaContext::logits(std::size_t entry) {
  float* values = llama_get_logits_ith(context_, static_cast<std::int32_t>(entry));
  const auto size = static_cast<std::size_t>(llama_vocab_n_tokens(model_.vocabulary()));
  return {values, size};
}

void LlamaContext::remove(SequenceId sequence, std::size_t position) {
  llama_memory_seq_rm(llama_get_memory(context_), sequence, static_cast<llama_pos>(position), -1);
}

void LlamaContext::copy(SequenceId from, SequenceId to, std::size_t begin, std::size_t end) {
  llama_memory_seq_cp(llama_get_memory(context_), from, to, static_cast<llama_pos>(begin),
                      static_cast<llama_pos>(end));
}

std::unique_ptr<TokenGate> LlamaContext::make_gate(const std::string& grammar) {
  const LlamaErrors errors;
  try {
    llama_sampler* sampler =
        llama_sampler_init_grammar(model_.vocabulary(), grammar.c_str(), "root");
    if (sampler != nullptr) return std::make_unique<GrammarGate>(sampler);
  } catch (const std::exception&) {
    return nullptr;  // a grammar that llama.cpp refuses by an exception: the same to our caller
  }
  return nullptr;
}

}  // namespace parley::backend
