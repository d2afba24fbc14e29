// SPDX-License-Identifier: Apache-2.0
//
// One llama.cpp context: the key-value cache (one pool of cells for all sequences) and the buffers
// of the computation.
//
// Threads: one owner; it computes on the calling thread, and on threads - 1 more.
#pragma once

#include <memory>
#include <vector>

#include "backend/llama/llama_model.h"
#include "backend/llama/sequence_decoder.h"

struct llama_context;

namespace parley::backend {

struct ContextOptions {
  std::uint32_t cells = 8192;  // tokens of all sequences together; 22.5 KiB each for SmolLM2
  std::uint32_t sequences = 32;
  std::uint32_t batch_tokens = 64;  // the largest batch, at least `sequences`
  // More than one shares its cores with real-time audio badly: threads of ggml wait for each other
  // by spinning.
  std::int32_t threads = 1;
};

class LlamaContext final : public SequenceDecoder {
 public:
  /// resource_exhausted when there is not enough memory. The model outlives the context.
  [[nodiscard]] static Result<std::unique_ptr<LlamaContext>> make(const LlamaModel& model,
                                                                  ContextOptions options);
  ~LlamaContext() override;
  LlamaContext(const LlamaContext&) = delete;
  LlamaContext& operator=(const LlamaContext&) = delete;

  Outcome decode(std::span<const BatchEntry> batch,
                 const std::function<bool()>& should_stop) override;
  [[nodiscard]] std::span<float> logits(std::size_t entry) override;
  void remove(SequenceId sequence, std::size_t position) override;
  void copy(SequenceId from, SequenceId to, std::size_t begin, std::size_t end) override;
  [[nodiscard]] std::unique_ptr<TokenGate> make_gate(const std::string& grammar) override;

 private:
  LlamaContext(const LlamaModel& model, llama_context* context);
  static bool should_abort(void* self);

  const LlamaModel& model_;
  llama_context* context_;
  const std::function<bool()>* should_stop_ = nullptr;  // during a decode
  // llama_batch wants parallel arrays.
  std::vector<Token> tokens_;
  std::vector<std::int32_t> positions_;
  std::vector<std::int32_t> sequence_counts_;
  std::vector<SequenceId> sequences_;
  std::vector<SequenceId*> sequence_lists_;
  std::vector<std::int8_t> wants_logits_;
};

}  // namespace parley::backend
