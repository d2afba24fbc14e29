// SPDX-License-Identifier: Apache-2.0
//
// One loaded model. Unless it is placed elsewhere, a session runs on its caller's thread only (one
// intra-op and one inter-op thread, no spinning: two threads never paid on these models, and
// spinning tripled the CPU of a call). There is one environment per process.
//
//   PARLEY_TRY(auto session, InferenceSession::load("silero.onnx", {"input", "state"},
//   {"output"})); PARLEY_TRY_STATUS(session.run(nullptr, names_in, values_in, names_out,
//   values_out));
//
// Threads: immutable after load; several threads may run it at once, each with its own values.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/onnx/ort_value.h"
#include "base/result.h"
#include "model/placement.h"

namespace parley::backend {

/// An input or output as the file declares it.
struct OrtPort {
  std::string name;
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;  // so: no tensor
  std::vector<std::int64_t> shape;                                              // -1: free
};

class InferenceSession {
 public:
  /// Loads `file` (.onnx or .ort) and checks that it has at least these inputs and outputs.
  /// not_found: no such file. data_corrupt: not a model, damaged, or a different model; and the
  /// errors of `place` (ort_providers.h).
  static Result<InferenceSession> load(const std::string& file,
                                       std::initializer_list<std::string> inputs,
                                       std::initializer_list<std::string> outputs,
                                       const model::Placement& placement = {});

  /// `values_out` holds null for outputs that the run shall allocate (the caller then owns them).
  /// `options` may be null.
  [[nodiscard]] Status run(const OrtRunOptions* options, std::span<const char* const> names_in,
                           std::span<const OrtValue* const> values_in,
                           std::span<const char* const> names_out,
                           std::span<OrtValue*> values_out) const;

  [[nodiscard]] const std::vector<std::string>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] const std::vector<std::string>& outputs() const noexcept { return outputs_; }
  /// Dimensions as the file declares them; -1 where they are free.
  [[nodiscard]] Result<std::vector<std::int64_t>> input_shape(const std::string& name) const;
  [[nodiscard]] Result<std::vector<OrtPort>> input_ports() const;
  [[nodiscard]] Result<std::vector<OrtPort>> output_ports() const;
  /// What the file notes under `key`; data_corrupt when it does not.
  [[nodiscard]] Result<std::string> metadata(const char* key) const;
  [[nodiscard]] const std::string& file() const noexcept { return file_; }

 private:
  InferenceSession() = default;
  std::string file_;
  std::unique_ptr<OrtSession, OrtRelease> session_;
  std::vector<std::string> inputs_;
  std::vector<std::string> outputs_;
};

}  // namespace parley::backend
