// SPDX-License-Identifier: Apache-2.0
//
// A stream into a WAV file of 16 bits, mono.
//   in   audio   AudioFrame, mono, at `rate_hz`
// A strand of its own on `disk` writes; this one only hands frames over (a ring of kFramesMax;
// policy: when it is full, frames wait in the port). A jump ahead in the input's time becomes
// silence in the file, up to kSilenceMaxMs. `is_last`, or the end of the pipeline, finishes the
// file; frames after `is_last` are written, too.
// A failing disk is an error of the node, with the path.
// Threads: strand; `close` writes what is left.  Allocates: no.  Latency: none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "exec/runnable.h"
#include "graph/operator.h"
#include "graph/port.h"

namespace parley::operators {

class FileSink final : public graph::Operator {
 public:
  static constexpr std::size_t kFramesMax = 64;
  static constexpr int kSilenceMaxMs = 60'000;

  struct Options {
    std::string path = {};
    int rate_hz = 16'000;
  };

  /// `disk` may block; it outlives the operator.
  FileSink(Options options, exec::Executor& disk);
  ~FileSink() override;
  /// Replaces what is there. Errors: not_found, permission_denied, unavailable.
  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void close() noexcept override;

 private:
  class Writer;

  const Options options_;
  exec::Executor& disk_;
  graph::In<media::AudioFrame> audio_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace parley::operators
