// SPDX-License-Identifier: Apache-2.0
//
// All functions that this server runs, as one host. Threads: any.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backend/tools/tools_file.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "model/tool_host.h"

namespace parley::server {

class ToolRegistry final : public model::ToolHost {
 public:
  /// Errors: invalid_argument where two have a function of the same name.
  [[nodiscard]] static Result<std::unique_ptr<ToolRegistry>> make(
      std::vector<std::unique_ptr<model::ToolHost>> hosts);

  [[nodiscard]] std::span<const model::LlmTool> tools() const noexcept override { return tools_; }
  bool submit(std::shared_ptr<model::ToolCall> call) override;
  void forget(std::uint64_t session) noexcept override;

 private:
  ToolRegistry() = default;
  std::vector<std::unique_ptr<model::ToolHost>> hosts_;
  std::vector<model::LlmTool> tools_;
};

struct ToolSurroundings {
  const Clock& clock;
  Metrics& metrics;
};

/// What the configuration names, for a language model that `is_demonstration` or not. Null: none.
[[nodiscard]] Result<std::unique_ptr<model::ToolHost>> open_tools(const Config& config,
                                                                  backend::ToolsFile file,
                                                                  bool is_demonstration,
                                                                  const ToolSurroundings& around);
/// True when built-in functions are on for such a model.
[[nodiscard]] Result<bool> has_builtin_tools(const Config& config, bool is_demonstration);

}  // namespace parley::server
