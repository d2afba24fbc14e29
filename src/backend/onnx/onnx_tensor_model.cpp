// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/onnx_tensor_model.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "backend/onnx/terminate_on_cancel.h"

namespace parley::backend {

using media::ElementType;
using media::TensorShape;

namespace {

struct ElementPair {
  ONNXTensorElementDataType onnx;
  ElementType ours;
};
constexpr std::array<ElementPair, 6> kElements{
    {{ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, ElementType::float32},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, ElementType::float16},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, ElementType::int8},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, ElementType::uint8},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, ElementType::int32},
     {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, ElementType::int64}}};

std::optional<ElementType> element_of(ONNXTensorElementDataType onnx) {
  for (const ElementPair& pair : kElements) {
    if (pair.onnx == onnx) return pair.ours;
  }
  return std::nullopt;
}
ONNXTensorElementDataType onnx_of(ElementType element) {
  for (const ElementPair& pair : kElements) {
    if (pair.ours == element) return pair.onnx;
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

bool is_fixed(const TensorShape& shape) {
  return std::all_of(shape.dims().begin(), shape.dims().end(),
                     [](std::int64_t dim) { return dim > 0; });
}

bool accepts(const TensorShape& wanted, const TensorShape& given) {
  return std::equal(wanted.dims().begin(), wanted.dims().end(), given.dims().begin(),
                    given.dims().end(), [](std::int64_t want, std::int64_t have) {
                      return want == TensorShape::kAny || want == have;
                    });
}

std::string text_of(const TensorShape& shape) {
  std::string text = "[";
  for (const std::int64_t dim : shape.dims()) {
    if (text.size() > 1) text += ", ";
    text += dim == TensorShape::kAny ? std::string("any") : std::to_string(dim);
  }
  return text + "]";
}

Result<std::vector<model::TensorPort>> read_ports(const std::string& file,
                                                  std::vector<OrtPort> ports) {
  std::vector<model::TensorPort> out;
  for (OrtPort& port : ports) {
    const std::optional<ElementType> element = element_of(port.element);
    if (!element || port.shape.size() > TensorShape::kRankMax) {
      return Error{ErrorCode::invalid_argument,
                   file + ": '" + port.name +
                       "' is no tensor of float32, float16, int8, uint8, int32 or int64 with at "
                       "most 6 dimensions"};
    }
    for (std::int64_t& dim : port.shape) dim = dim < 0 ? TensorShape::kAny : dim;
    out.push_back({.name = std::move(port.name),
                   .element = *element,
                   .shape = TensorShape(std::span<const std::int64_t>(port.shape))});
  }
  if (out.size() > model::kTensorsMax) {
    return Error{ErrorCode::invalid_argument,
                 file + ": more than " + std::to_string(model::kTensorsMax) + " inputs or outputs"};
  }
  return out;
}

}  // namespace

void OnnxTensorModel::run(model::TensorCall& call) const noexcept {
  call.status = run_checked(call);
}

Status OnnxTensorModel::run_checked(model::TensorCall& call) const {
  std::array<OrtValuePtr, model::kTensorsMax> owned_in;
  std::array<OrtValuePtr, model::kTensorsMax> owned_out;
  std::array<const OrtValue*, model::kTensorsMax> in{};
  std::array<OrtValue*, model::kTensorsMax> out{};
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const model::Tensor& tensor = call.inputs[i];
    if (tensor.element != inputs_[i].element) return about(inputs_[i], "another element type");
    if (!accepts(inputs_[i].shape, tensor.shape)) {
      return about(inputs_[i], "a tensor of " + text_of(tensor.shape) + "; the model wants " +
                                   text_of(inputs_[i].shape));
    }
    if (tensor.data.size() != tensor.shape.elements() * element_size(tensor.element)) {
      return about(inputs_[i], "less data than its shape has");
    }
    PARLEY_TRY(owned_in[i],
               tensor_view(tensor.data.bytes(), tensor.shape.dims(), onnx_of(tensor.element)));
    in[i] = owned_in[i].get();
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    model::Tensor& tensor = call.outputs[i];
    tensor = {.shape = outputs_[i].shape, .element = outputs_[i].element, .data = {}};
    if (!is_fixed(outputs_[i].shape)) continue;  // the run allocates it
    tensor.data = buffers_.take(tensor.shape.elements() * element_size(tensor.element));
    PARLEY_TRY(owned_out[i],
               tensor_view(tensor.data.writable(), tensor.shape.dims(), onnx_of(tensor.element)));
    out[i] = owned_out[i].get();
  }
  const TerminateOnCancel terminate(call);
  const Status ran =
      session_.run(terminate.options(), input_names_, std::span(in).first(inputs_.size()),
                   output_names_, std::span(out).first(outputs_.size()));
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (owned_out[i] == nullptr) owned_out[i].reset(out[i]);
  }
  if (!ran) return ran;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    model::Tensor& tensor = call.outputs[i];
    if (!tensor.data.empty()) continue;
    PARLEY_TRY(const std::vector<std::int64_t> shape, shape_of(*owned_out[i]));
    if (shape.size() > TensorShape::kRankMax) return about(outputs_[i], "too many dimensions");
    tensor.shape = TensorShape(std::span<const std::int64_t>(shape));
    const std::size_t size = tensor.shape.elements() * element_size(tensor.element);
    PARLEY_TRY(const std::span<const std::byte> bytes, bytes_of(*owned_out[i], size));
    if (!bytes.empty()) tensor.data = buffers_.copy_of(bytes);
  }
  return {};
}

Error OnnxTensorModel::about(const model::TensorPort& port, const std::string& what) const {
  return {ErrorCode::invalid_argument, session_.file() + ": '" + port.name + "': " + what};
}

Result<std::unique_ptr<model::TensorModel>> OnnxTensorModel::load(
    const std::string& file, media::BufferPool& buffers, const model::Placement& placement) {
  PARLEY_TRY(InferenceSession session, InferenceSession::load(file, {}, {}, placement));
  std::unique_ptr<OnnxTensorModel> made(new OnnxTensorModel(std::move(session), buffers));
  PARLEY_TRY(std::vector<OrtPort> inputs, made->session_.input_ports());
  PARLEY_TRY(std::vector<OrtPort> outputs, made->session_.output_ports());
  PARLEY_TRY(made->inputs_, read_ports(file, std::move(inputs)));
  PARLEY_TRY(made->outputs_, read_ports(file, std::move(outputs)));
  for (const model::TensorPort& port : made->inputs_) {
    made->input_names_.push_back(port.name.c_str());
  }
  for (const model::TensorPort& port : made->outputs_) {
    made->output_names_.push_back(port.name.c_str());
  }
  return std::unique_ptr<model::TensorModel>(std::move(made));
}

OnnxTensorModel::OnnxTensorModel(InferenceSession session, media::BufferPool& buffers)
    : session_(std::move(session)), buffers_(buffers) {}

}  // namespace parley::backend
