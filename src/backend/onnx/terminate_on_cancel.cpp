// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/terminate_on_cancel.h"

namespace parley::backend {

TerminateOnCancel::TerminateOnCancel(model::Call& call) : call_(call) {
  OrtRunOptions* options = nullptr;
  // Fails only without memory; the runs then just cannot be stopped in the middle.
  if (to_status(ort().CreateRunOptions(&options))) options_.reset(options);
  call_.set_cancel_hook(this);
  if (call_.cancelled()) on_cancel(call_);
}

TerminateOnCancel::~TerminateOnCancel() { call_.set_cancel_hook(nullptr); }

void TerminateOnCancel::on_cancel(model::Call& /*call*/) noexcept {
  if (options_ == nullptr) return;
  if (OrtStatus* status = ort().RunOptionsSetTerminate(options_.get())) {
    ort().ReleaseStatus(status);
  }
}

}  // namespace parley::backend
