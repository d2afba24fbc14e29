// SPDX-License-Identifier: Apache-2.0
//
// Every kind of operator in the box without anything behind it: to check graphs, draw them, and
// describe operators. Nothing made with it can run.
//
// Threads: one owner.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "exec/caller_executor.h"
#include "graph/registry.h"
#include "media/buffer_pool.h"
#include "model/unloaded_hosts.h"
#include "operators/audio/echo_references.h"
#include "operators/device/audio_card.h"
#include "operators/flow/print_operator.h"
#include "operators/register_all.h"

namespace parley::cli {

class DescribedOperators {
 public:
  DescribedOperators();
  DescribedOperators(const DescribedOperators&) = delete;
  DescribedOperators& operator=(const DescribedOperators&) = delete;
  [[nodiscard]] const graph::Registry& registry() const { return registry_; }
  /// The kinds of a shared object, too. Errors: those of graph::load_plugin.
  Status add_plugin(const std::string& path);

 private:
  struct NoLines final : operators::LineWriter {
    void write(std::string_view /*line*/) override {}
  };

  class NoCard final : public operators::AudioCard {
   public:
    Result<std::unique_ptr<operators::CardStream>> open_capture(
        const operators::CardOptions& /*options*/,
        operators::CaptureCallback& /*callback*/) override {
      return operators::not_bound("a sound card");
    }
    Result<std::unique_ptr<operators::CardStream>> open_playback(
        const operators::CardOptions& /*options*/,
        operators::PlaybackCallback& /*callback*/) override {
      return operators::not_bound("a sound card");
    }
  };

  media::BufferPool buffers_;
  NoLines lines_;
  model::UnloadedVadHost vad_;
  model::UnloadedAsrHost asr_;
  model::UnloadedLlmHost llm_;
  model::UnloadedTtsHost tts_;
  model::UnloadedTensorHosts tensors_;
  exec::CallerExecutor disk_;
  NoCard card_;
  operators::EchoReferences echo_references_;
  graph::Registry registry_;
};

}  // namespace parley::cli
