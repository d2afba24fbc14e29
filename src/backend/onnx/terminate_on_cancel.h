// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "backend/onnx/ort_value.h"
#include "model/call.h"

namespace parley::backend {

/// Ends the runs of one call as soon as it is cancelled (0.5 to 7 ms later): hand `options()` to
/// them. Lives as long as they do; one at a time per call.
///
/// Threads: `on_cancel` any, the rest one owner.
class TerminateOnCancel final : public model::CancelHook {
 public:
  explicit TerminateOnCancel(model::Call& call);
  ~TerminateOnCancel() override;
  TerminateOnCancel(const TerminateOnCancel&) = delete;
  TerminateOnCancel& operator=(const TerminateOnCancel&) = delete;

  [[nodiscard]] const OrtRunOptions* options() const noexcept { return options_.get(); }
  void on_cancel(model::Call& call) noexcept override;

 private:
  model::Call& call_;
  std::unique_ptr<OrtRunOptions, OrtRelease> options_;
};

}  // namespace parley::backend
