// SPDX-License-Identifier: Apache-2.0
//
// Every kind of operator in the box without anything behind it: to check graphs, draw them, and
// describe operators. Nothing made with it can run.
//
// Threads: one owner.
#pragma once

#include <string_view>

#include "graph/registry.h"
#include "media/buffer_pool.h"
#include "model/unloaded_hosts.h"
#include "operators/flow/print_operator.h"
#include "operators/register_all.h"

namespace parley::cli {

class DescribedOperators {
 public:
  DescribedOperators();
  DescribedOperators(const DescribedOperators&) = delete;
  DescribedOperators& operator=(const DescribedOperators&) = delete;
  [[nodiscard]] const graph::Registry& registry() const { return registry_; }

 private:
  struct NoLines final : operators::LineWriter {
    void write(std::string_view /*line*/) override {}
  };

  media::BufferPool buffers_;
  NoLines lines_;
  model::UnloadedVadHost vad_;
  model::UnloadedAsrHost asr_;
  model::UnloadedLlmHost llm_;
  model::UnloadedTtsHost tts_;
  graph::Registry registry_;
};

}  // namespace parley::cli
