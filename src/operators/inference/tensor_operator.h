// SPDX-License-Identifier: Apache-2.0
//
// Any model in a graph: kind `onnx`. What its tensors are called and mean is said by the options
// (tensor_binding.h).
//   in   <input> …    TensorFrame, one port per entry of `inputs`; a run takes one frame of each
//   out  <output> …   TensorFrame, one port per entry of `outputs`; the header is that of the first
//                     input's frame
// A run is on a model host's thread; one is in flight at a time, since the next may need its state.
// After `is_last` and after a failed run the state begins anew; a failed run costs its frames, and
// is reported; `is_last` goes out all the same, with no data. When the host's queue is full the run
// is offered again. Threads: strand (the run: model host).  Allocates: no of ours (pooled buffers;
// the runtime's own memory is its own).  Latency: a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"
#include "model/tensor_model.h"
#include "operators/inference/tensor_binding.h"

namespace parley::operators {

struct TensorOperatorOptions {
  std::string model = {};        // path
  std::string provider = "cpu";  // as exec::ResourceRequest names it
  std::vector<std::string> inputs = {};
  std::vector<std::string> outputs = {};
  std::vector<std::string> state = {};
  std::vector<std::string> constants = {};
};

class TensorOperator final : public graph::Operator {
 public:
  /// Errors: invalid_argument (an option that cannot be read, no input or no output, a name twice).
  static Result<std::unique_ptr<TensorOperator>> make(const TensorOperatorOptions& options,
                                                      model::TensorHosts& hosts,
                                                      media::BufferPool& buffers);
  /// Loads the model. Errors: the loader's; invalid_argument (a name that the model does not have,
  /// a type that does not fit, an input that nobody gives).
  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void close() noexcept override;
  [[nodiscard]] bool is_busy() const noexcept override { return submitted_; }

 private:
  struct Input {
    TensorInput binding;
    std::unique_ptr<graph::In<media::TensorFrame>> port;
    std::size_t slot = 0;  // among the model's
    media::ElementType element = media::ElementType::float32;
  };
  struct Output {
    std::unique_ptr<graph::Out<media::TensorFrame>> port;
    std::size_t slot = 0;
  };
  struct State {
    TensorState binding;
    std::size_t input_slot = 0;
    std::size_t output_slot = 0;
    model::Tensor zeros;
  };

  TensorOperator(const TensorOperatorOptions& options, model::TensorHosts& hosts,
                 media::BufferPool& buffers)
      : file_(options.model), provider_(options.provider), hosts_(hosts), buffers_(buffers) {}
  Status bind(const std::vector<model::TensorPort>& inputs,
              const std::vector<model::TensorPort>& outputs);
  Status bind_state(State& state, const std::vector<model::TensorPort>& inputs,
                    const std::vector<model::TensorPort>& outputs);
  Result<std::size_t> slot_of(const std::string& name, const std::vector<model::TensorPort>& ports,
                              std::string_view what) const;
  [[nodiscard]] bool inputs_ready();
  /// Moves one frame of each input into the call.
  Status fill_call();
  void reset_state();
  [[nodiscard]] bool have_room() const;
  [[nodiscard]] bool is_end_only();
  void push_results();
  /// An empty frame to each output, for `is_last`.
  void push_end();

  const std::string file_;
  const std::string provider_;
  model::TensorHosts& hosts_;
  media::BufferPool& buffers_;
  std::vector<Input> inputs_bound_;
  std::vector<Output> outputs_bound_;
  std::vector<State> states_;
  std::vector<TensorConstant> constants_;
  // Shared: others run the same model, and the host may still have the call when the session ends.
  std::shared_ptr<model::TensorHost> host_;
  std::shared_ptr<model::TensorCall> call_;
  media::FrameHeader head_;  // of the run's first input
  bool filled_ = false;      // the call has its inputs, and is not submitted
  bool submitted_ = false;
};

}  // namespace parley::operators
