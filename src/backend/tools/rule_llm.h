// SPDX-License-Identifier: Apache-2.0
//
// A language model that is too small to decide when to call a function, with rules that decide for
// it: what asks for a built-in function in so many words becomes its call, what came out is said as
// it is, and so is what a timer wants said. Everything else is the model's.
//
// Threads: any.
#pragma once

#include <memory>
#include <string>

#include "model/llm_model.h"

namespace parley::backend {

class RuleLlm final : public model::LlmHost {
 public:
  explicit RuleLlm(std::unique_ptr<model::LlmHost> host) : host_(std::move(host)) {}

  bool submit(std::shared_ptr<model::LlmCall> call) override;
  void prepare(model::LlmPrompt prompt) override { host_->prepare(std::move(prompt)); }
  void forget(std::uint64_t session) noexcept override { host_->forget(session); }
  [[nodiscard]] std::string name() const override { return host_->name(); }
  [[nodiscard]] bool is_demonstration() const noexcept override {
    return host_->is_demonstration();
  }

 private:
  const std::unique_ptr<model::LlmHost> host_;
};

}  // namespace parley::backend
