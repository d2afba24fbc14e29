// SPDX-License-Identifier: Apache-2.0
#include "operators/inference/tensor_operator.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "graph/option_value.h"

namespace parley::operators {

using graph::Progress;
using media::ElementType;
using media::TensorFrame;
using media::TensorShape;

namespace {

// How soon a run is offered again after the host's queue was full.
constexpr Millis kRetry{2};

template <typename T>
void store(std::span<std::byte> to, double value) {
  const T number = static_cast<T>(value);
  std::memcpy(to.data(), &number, sizeof(T));
}

/// A tensor of one element. float16 is not worth a conversion of ours: models with such constants
/// are rare.
Result<model::Tensor> scalar(const TensorConstant& constant, media::BufferPool& buffers) {
  model::Tensor tensor{{}, constant.element, buffers.take(element_size(constant.element))};
  const std::span<std::byte> bytes = tensor.data.writable();
  switch (constant.element) {
    case ElementType::float32:
      store<float>(bytes, constant.value);
      break;
    case ElementType::int8:
      store<std::int8_t>(bytes, constant.value);
      break;
    case ElementType::uint8:
      store<std::uint8_t>(bytes, constant.value);
      break;
    case ElementType::int32:
      store<std::int32_t>(bytes, constant.value);
      break;
    case ElementType::int64:
      store<std::int64_t>(bytes, constant.value);
      break;
    case ElementType::float16:
      return Error{ErrorCode::invalid_argument,
                   "constant '" + constant.name + "': float16 is not supported"};
  }
  return tensor;
}

model::Tensor zeros(const TensorShape& shape, ElementType element, media::BufferPool& buffers) {
  model::Tensor tensor{shape, element, buffers.take(shape.elements() * element_size(element))};
  const std::span<std::byte> bytes = tensor.data.writable();
  std::fill(bytes.begin(), bytes.end(), std::byte{0});
  return tensor;
}

}  // namespace

Result<Progress> TensorOperator::process(graph::ProcessContext& context) {
  while (true) {
    if (submitted_) {
      if (!call_->done()) return Progress::need_input;  // the host wakes us
      if (!have_room()) return Progress::blocked;
      submitted_ = false;
      if (call_->status) {
        push_results();
      } else {
        context.report(call_->status.error());
        reset_state();
        if (head_.is_last) push_end();
      }
      if (head_.is_last) reset_state();
    }
    if (!filled_) {
      if (!inputs_ready()) return Progress::need_input;
      if (is_end_only()) {
        if (!have_room()) return Progress::blocked;
        for (Input& input : inputs_bound_) head_ = input.port->pop().head;
        push_end();
        reset_state();
        continue;
      }
      PARLEY_TRY_STATUS(fill_call());
    }
    call_->begin(context.waker(), context.now());
    if (!host_->submit(call_)) {
      context.wake_at(context.now() + kRetry);
      return Progress::need_input;
    }
    filled_ = false;
    submitted_ = true;
  }
}

bool TensorOperator::inputs_ready() {
  return std::all_of(inputs_bound_.begin(), inputs_bound_.end(),
                     [](const Input& input) { return input.port->peek() != nullptr; });
}

bool TensorOperator::have_room() const {
  return std::all_of(outputs_bound_.begin(), outputs_bound_.end(),
                     [](const Output& output) { return output.port->has_room(); });
}

/// A frame that holds nothing but the end of its stretch: no run for that.
bool TensorOperator::is_end_only() {
  const TensorFrame& frame = *inputs_bound_.front().port->peek();
  return frame.data.empty() && frame.head.is_last;
}

void TensorOperator::push_end() {
  for (Output& output : outputs_bound_) {
    TensorFrame frame;
    frame.head = head_;
    frame.shape = {0};
    output.port->push(std::move(frame));
  }
}

Status TensorOperator::fill_call() {
  Status status;
  for (std::size_t i = 0; i < inputs_bound_.size(); ++i) {
    const Input& input = inputs_bound_[i];
    TensorFrame frame = input.port->pop();  // of each, so that they stay in step
    if (i == 0) head_ = frame.head;
    if (!status) continue;
    const std::size_t elements = frame.data.size() / element_size(frame.element);
    TensorShape shape = frame.shape;
    if (frame.element != input.element) {
      status = Error{ErrorCode::invalid_argument,
                     file_ + ": input '" + input.binding.name + "': another element type"};
      continue;
    }
    if (input.binding.shape) {
      Result<TensorShape> seen = reshaped(*input.binding.shape, elements);
      if (!seen) {
        status = Error{ErrorCode::invalid_argument,
                       file_ + ": input '" + input.binding.name + "': " + seen.error().message};
        continue;
      }
      shape = *seen;
    }
    call_->inputs[input.slot] = {shape, frame.element, std::move(frame.data)};
  }
  filled_ = bool(status);
  if (!status && head_.is_last) reset_state();
  return status;
}

void TensorOperator::push_results() {
  for (State& state : states_) {
    call_->inputs[state.input_slot] = call_->outputs[state.output_slot];
  }
  for (Output& output : outputs_bound_) {
    const model::Tensor& result = call_->outputs[output.slot];
    TensorFrame frame;
    frame.head = head_;
    frame.shape = result.shape;
    frame.element = result.element;
    frame.data = result.data;
    output.port->push(std::move(frame));
  }
  // Who consumes them shall be the only owner.
  for (model::Tensor& result : call_->outputs) result.data = {};
}

void TensorOperator::reset_state() {
  for (State& state : states_) call_->inputs[state.input_slot] = state.zeros;
}

void TensorOperator::close() noexcept {
  if (submitted_) call_->cancel();
}

Status TensorOperator::open(graph::ProcessContext&) {
  PARLEY_TRY(host_, hosts_.open(file_, provider_));
  call_ = std::make_shared<model::TensorCall>();
  return bind(host_->model().inputs(), host_->model().outputs());
}

Status TensorOperator::bind(const std::vector<model::TensorPort>& inputs,
                            const std::vector<model::TensorPort>& outputs) {
  call_->inputs.resize(inputs.size());
  call_->outputs.resize(outputs.size());
  std::vector<bool> given(inputs.size());
  for (Input& input : inputs_bound_) {
    PARLEY_TRY(input.slot, slot_of(input.binding.name, inputs, "input"));
    input.element = inputs[input.slot].element;
    given[input.slot] = true;
  }
  for (Output& output : outputs_bound_) {
    PARLEY_TRY(output.slot, slot_of(output.port->name(), outputs, "output"));
  }
  for (State& state : states_) {
    PARLEY_TRY_STATUS(bind_state(state, inputs, outputs));
    given[state.input_slot] = true;
  }
  for (const TensorConstant& constant : constants_) {
    PARLEY_TRY(const std::size_t slot, slot_of(constant.name, inputs, "input"));
    PARLEY_TRY(call_->inputs[slot], scalar(constant, buffers_));
    given[slot] = true;
  }
  const auto missing = std::find(given.begin(), given.end(), false);
  if (missing != given.end()) {
    return Error{ErrorCode::invalid_argument,
                 file_ + ": nobody gives the model's input '" +
                     inputs[static_cast<std::size_t>(missing - given.begin())].name +
                     "': name it in inputs, state or constants"};
  }
  reset_state();
  return {};
}

Status TensorOperator::bind_state(State& state, const std::vector<model::TensorPort>& inputs,
                                  const std::vector<model::TensorPort>& outputs) {
  PARLEY_TRY(state.input_slot, slot_of(state.binding.input, inputs, "input"));
  PARLEY_TRY(state.output_slot, slot_of(state.binding.output, outputs, "output"));
  const model::TensorPort& port = inputs[state.input_slot];
  const TensorShape shape = state.binding.shape.value_or(port.shape);
  const auto dims = shape.dims();
  if (std::find(dims.begin(), dims.end(), TensorShape::kAny) != dims.end()) {
    return Error{ErrorCode::invalid_argument,
                 file_ + ": state '" + port.name + "' is " + shape_text(shape) +
                     " in the model; give its shape: " + state.binding.input + ":" +
                     state.binding.output + ":2x1x128"};
  }
  state.zeros = zeros(shape, port.element, buffers_);
  return {};
}

Result<std::size_t> TensorOperator::slot_of(const std::string& name,
                                            const std::vector<model::TensorPort>& ports,
                                            std::string_view what) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (ports[i].name == name) return i;
    names.push_back(ports[i].name);
  }
  Error error = graph::unknown_name(std::string(what) + " in the model", name, names);
  error.message = file_ + ": " + error.message;
  return error;
}

Result<std::unique_ptr<TensorOperator>> TensorOperator::make(const TensorOperatorOptions& options,
                                                             model::TensorHosts& hosts,
                                                             media::BufferPool& buffers) {
  if (options.inputs.empty() || options.outputs.empty() ||
      options.inputs.size() > model::kTensorsMax || options.outputs.size() > model::kTensorsMax) {
    return Error{ErrorCode::invalid_argument, options.model + ": give inputs and outputs, 1 to " +
                                                  std::to_string(model::kTensorsMax) + " of each"};
  }
  std::unique_ptr<TensorOperator> made(new TensorOperator(options, hosts, buffers));
  std::vector<std::string> names;
  for (const std::string& text : options.inputs) {
    PARLEY_TRY(TensorInput binding, read_input(text));
    names.push_back(binding.name);
    auto port = std::make_unique<graph::In<TensorFrame>>(*made, binding.name);
    made->inputs_bound_.push_back({.binding = std::move(binding), .port = std::move(port)});
  }
  for (const std::string& text : options.state) {
    PARLEY_TRY(TensorState binding, read_state(text));
    names.push_back(binding.input);
    made->states_.push_back({.binding = std::move(binding), .zeros = {}});
  }
  for (const std::string& text : options.constants) {
    PARLEY_TRY(TensorConstant constant, read_constant(text));
    names.push_back(constant.name);
    made->constants_.push_back(std::move(constant));
  }
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    return Error{ErrorCode::invalid_argument,
                 options.model + ": input '" + *twice + "' is named twice"};
  }
  std::vector<std::string> outputs = options.outputs;
  std::sort(outputs.begin(), outputs.end());
  if (std::adjacent_find(outputs.begin(), outputs.end()) != outputs.end()) {
    return Error{ErrorCode::invalid_argument, options.model + ": an output is named twice"};
  }
  for (const std::string& name : options.outputs) {
    made->outputs_bound_.push_back(
        {.port = std::make_unique<graph::Out<TensorFrame>>(*made, name)});
  }
  return made;
}

}  // namespace parley::operators
