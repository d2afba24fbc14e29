// SPDX-License-Identifier: Apache-2.0
//
// Every kind of operator in the box, by family, in the order of ARCHITECTURE.md's list.
//
// Threads: control.
#pragma once

#include "graph/registry.h"
#include "operators/bindings.h"

namespace parley::operators {

void register_routing_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_audio_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_vad_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_turn_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_asr_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_llm_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_tts_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_playout_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_device_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_feature_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_flow_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_inference_operators(graph::Registry& registry, const OperatorBindings& bindings);
void register_decode_operators(graph::Registry& registry, const OperatorBindings& bindings);

/// All of the above.
void register_all_operators(graph::Registry& registry, const OperatorBindings& bindings);

}  // namespace parley::operators
