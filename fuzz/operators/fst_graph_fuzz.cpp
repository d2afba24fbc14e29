// SPDX-License-Identifier: Apache-2.0
//
// A graph of OpenFst as it may lie on a disk. Whatever it holds, a search through it ends, and what
// it says was in the graph.
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "operators/decode/fst_graph.h"
#include "operators/decode/wfst_decoder.h"

namespace {

constexpr std::size_t kTokensMax = 64;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using parley::operators::FstGraph;
  auto graph = FstGraph::parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!graph || static_cast<std::size_t>(graph->input_max()) > kTokensMax) return 0;
  const std::int32_t output_max = graph->output_max();
  parley::operators::WfstDecoder decoder(std::make_shared<const FstGraph>(std::move(*graph)),
                                         kTokensMax,
                                         {.beam = 20.0F, .active_max = 100, .labels_max = 1'000});
  std::vector<float> row(kTokensMax, -3.0F);
  std::vector<std::int32_t> labels;
  for (std::size_t t = 0; t < 8; ++t) {
    row[t] = -0.1F;
    decoder.advance(row);
    decoder.best(labels, t == 7);
    for (const std::int32_t label : labels) PARLEY_CHECK(label > 0 && label <= output_max);
  }
  return 0;
}
