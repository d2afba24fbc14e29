// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "operators/inference/tensor_operator.h"
#include "operators/register_all.h"

namespace parley::operators {

void register_inference_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  using Options = TensorOperatorOptions;
  graph::OptionTable<Options> table;
  table.text("model", &Options::model, "Path of the .onnx file").required();
  table.list("inputs", &Options::inputs, "Inputs that are ports: name, or name:1x?x80").required();
  table.list("outputs", &Options::outputs, "Outputs that are ports").required();
  table
      .list("state", &Options::state,
            "What a run hands to the next: input:output, or input:output:2x1x128")
      .list("constants", &Options::constants, "The same in every run: name:type:value")
      .text("provider", &Options::provider, "What runs it: cpu, cuda or tensorrt");
  registry.add("onnx", "Any ONNX model, tensors in and out", std::move(table),
               [hosts = bindings.tensors, buffers = &bindings.buffers](
                   const Options& options) -> Result<std::unique_ptr<TensorOperator>> {
                 if (hosts == nullptr) return not_bound("a runtime for ONNX models");
                 return TensorOperator::make(options, *hosts, *buffers);
               });
}

}  // namespace parley::operators
