// SPDX-License-Identifier: Apache-2.0
//
// The kinds `shared_memory_source` and `shared_memory_sink`. Threads: control.
#pragma once

#include "graph/registry.h"
#include "operators/bindings.h"

namespace parley::operators {

void register_shared_memory_operators(graph::Registry& registry, const OperatorBindings& bindings);

}  // namespace parley::operators
