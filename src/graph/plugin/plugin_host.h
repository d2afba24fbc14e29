// SPDX-License-Identifier: Apache-2.0
//
// The functions that a plugin's operator calls: the table of pointers in parley_host.
//
// Threads: as include/parley/plugin.h says of each; a call from where it is not allowed is refused
// and becomes an error of the operator.
#pragma once

#include "parley/plugin.h"

namespace parley::graph {

class PluginOperator;

/// Fills in all of `host`, for calls on behalf of `owner`.
void fill_plugin_host(parley_host& host, PluginOperator& owner);

}  // namespace parley::graph
