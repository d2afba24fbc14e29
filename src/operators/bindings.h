// SPDX-License-Identifier: Apache-2.0
//
// What operators that are made by name stand on: the pool that their frames come from, and the
// hosts of the models that they use. A family's `register_*_operators` hands them to its factories.
//
//   OperatorBindings bindings{.buffers = buffers, .vad = &vad_host};
//   Registry registry;
//   register_all_operators(registry, bindings);
//
// Threads: value type; what it points to outlives every operator that a registry made with it.
#pragma once

#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "media/buffer_pool.h"
#include "model/asr_model.h"
#include "model/llm_model.h"
#include "model/tensor_model.h"
#include "model/tts_model.h"
#include "model/vad_model.h"

namespace parley::operators {

class AudioCard;
class EchoReferences;
class LineWriter;

struct OperatorBindings {
  media::BufferPool& buffers;
  // Null: operators that need one are refused, with a message.
  LineWriter* lines = nullptr;  // where `print` writes
  model::VadHost* vad = nullptr;
  model::AsrHost* asr = nullptr;
  model::LlmHost* llm = nullptr;
  model::TtsHost* tts = nullptr;
  model::TensorHosts* tensors = nullptr;
  exec::Executor* disk = nullptr;  // may block: files are written there
  AudioCard* card = nullptr;
  EchoReferences* echo_references = nullptr;
  Counter* partials_left_out = nullptr;  // null: nobody asks
};

/// The error for an operator whose host is null; `what`: "a voice activity model".
[[nodiscard]] inline Error not_bound(const std::string& what) {
  return {.code = ErrorCode::failed_precondition,
          .message = "it needs " + what + ", and this program has none"};
}

}  // namespace parley::operators
