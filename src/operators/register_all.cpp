// SPDX-License-Identifier: Apache-2.0
#include "operators/register_all.h"

#include "operators/device/register_shared_memory.h"

namespace parley::operators {

void register_all_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  register_routing_operators(registry, bindings);
  register_audio_operators(registry, bindings);
  register_vad_operators(registry, bindings);
  register_turn_operators(registry, bindings);
  register_asr_operators(registry, bindings);
  register_llm_operators(registry, bindings);
  register_tts_operators(registry, bindings);
  register_playout_operators(registry, bindings);
  register_shared_memory_operators(registry, bindings);
  register_device_operators(registry, bindings);
  register_feature_operators(registry, bindings);
  register_flow_operators(registry, bindings);
  register_inference_operators(registry, bindings);
  register_decode_operators(registry, bindings);
}

}  // namespace parley::operators
