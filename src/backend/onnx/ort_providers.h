// SPDX-License-Identifier: Apache-2.0
//
// What ONNX Runtime can run a model on, by our names: cpu, cuda, tensorrt, and others as the
// library calls them, without "ExecutionProvider" and in small letters. Which there are is decided
// when the library is built. Threads: any.
#pragma once

#include <string>
#include <vector>

#include "backend/onnx/ort_value.h"
#include "base/result.h"
#include "model/placement.h"

namespace parley::backend {

/// cpu first.
[[nodiscard]] std::vector<std::string> available_providers();

/// Makes a session run as `placement` says. Errors: invalid_argument (a provider that this build
/// has not, or that we cannot set up; names those that there are), unavailable (it is there, and
/// does not start).
Status place(OrtSessionOptions& options, const model::Placement& placement);

}  // namespace parley::backend
