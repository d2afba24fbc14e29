// SPDX-License-Identifier: Apache-2.0
//
// Hosts without a model: graphs that are only checked, drawn or described can be made with them.
// They take no work, so that an operator that is run with one all the same fails as it would with a
// host whose queue is full.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include "model/asr_model.h"
#include "model/llm_model.h"
#include "model/tensor_model.h"
#include "model/tts_model.h"
#include "model/vad_model.h"

namespace parley::model {

class UnloadedVadHost final : public VadHost {
 public:
  bool submit(std::shared_ptr<VadCall> /*call*/) noexcept override { return false; }
};

class UnloadedAsrHost final : public AsrHost {
 public:
  bool submit(std::shared_ptr<AsrCall> /*call*/) noexcept override { return false; }
  [[nodiscard]] std::size_t samples_max() const noexcept override {
    return std::numeric_limits<std::size_t>::max();
  }
};

class UnloadedTtsHost final : public TtsHost {
 public:
  bool submit(std::shared_ptr<TtsCall> /*call*/) noexcept override { return false; }
  [[nodiscard]] int rate() const noexcept override { return 0; }  // not known
  [[nodiscard]] Nanos backlog() const noexcept override { return {}; }
};

class UnloadedLlmHost final : public LlmHost {
 public:
  bool submit(std::shared_ptr<LlmCall> /*call*/) override { return false; }
  void prepare(LlmPrompt /*prompt*/) override {}
  void forget(std::uint64_t /*session*/) noexcept override {}
  [[nodiscard]] std::string name() const override { return "none"; }
};

class UnloadedTensorHosts final : public TensorHosts {
 public:
  Result<std::shared_ptr<TensorHost>> open(const std::string& file,
                                           const std::string& /*provider*/) override {
    return Error{ErrorCode::failed_precondition, file + ": models are not loaded here"};
  }
};

}  // namespace parley::model
