// SPDX-License-Identifier: Apache-2.0
//
// Any model at all: tensors in, tensors out, by name. For graphs whose author knows what the names
// mean; models that Parley itself speaks to have interfaces of their own (vad_model.h, …).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/buffer_pool.h"
#include "media/tensor_shape.h"
#include "model/call.h"

namespace parley::model {

inline constexpr std::size_t kTensorsMax = 64;  // inputs, or outputs, of a model

/// What a model says of one of its inputs or outputs.
struct TensorPort {
  std::string name;
  media::ElementType element = media::ElementType::float32;
  media::TensorShape shape;  // TensorShape::kAny where it is free
};

struct Tensor {
  media::TensorShape shape;
  media::ElementType element = media::ElementType::float32;
  media::BufferRef data;
};

/// One run. `inputs` are in the order of TensorModel::inputs(), `outputs` of outputs().
struct TensorCall final : Call {
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;  // sized by the caller, once; filled by the model
  Status status;
};

/// Threads: immutable; `run` may be called by several threads, each with its own call.
class TensorModel {
 public:
  virtual ~TensorModel() = default;
  [[nodiscard]] virtual const std::vector<TensorPort>& inputs() const noexcept = 0;
  [[nodiscard]] virtual const std::vector<TensorPort>& outputs() const noexcept = 0;
  /// Fills `outputs` and `status`. A shape or type that the model does not take is an
  /// invalid_argument that names the input.
  virtual void run(TensorCall& call) const noexcept = 0;
};

/// A loaded model and the queue in front of it.
class TensorHost {
 public:
  virtual ~TensorHost() = default;
  [[nodiscard]] virtual const TensorModel& model() const noexcept = 0;
  /// False when the queue is full (counted); the call is then not in flight. Threads: any.
  virtual bool submit(std::shared_ptr<TensorCall> call) noexcept = 0;
};

/// Where operators get models from.
class TensorHosts {
 public:
  virtual ~TensorHosts() = default;
  /// The model of that file, run by that execution provider ("cpu", "cuda", "tensorrt"), loaded at
  /// most once and shared; blocks on the disk. The pointer is shared because pipelines come and go
  /// while others still run the same model.
  /// Errors: not_found, data_corrupt, resource_exhausted, invalid_argument (there is no such
  /// provider; names those that there are). Threads: any.
  virtual Result<std::shared_ptr<TensorHost>> open(const std::string& file,
                                                   const std::string& provider) = 0;
};

}  // namespace parley::model
