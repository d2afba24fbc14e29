// SPDX-License-Identifier: Apache-2.0
#include "cli/graph_operators.h"

#include "graph/plugin/plugin_loader.h"

namespace parley::cli {

DescribedOperators::DescribedOperators() {
  operators::register_all_operators(registry_, {.buffers = buffers_,
                                                .lines = &lines_,
                                                .vad = &vad_,
                                                .asr = &asr_,
                                                .llm = &llm_,
                                                .tts = &tts_,
                                                .tensors = &tensors_,
                                                .disk = &disk_,
                                                .card = &card_,
                                                .echo_references = &echo_references_});
}

Status DescribedOperators::add_plugin(const std::string& path) {
  PARLEY_TRY_STATUS(graph::load_plugin(registry_, buffers_, path));
  return {};
}

}  // namespace parley::cli
