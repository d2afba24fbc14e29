// SPDX-License-Identifier: Apache-2.0
//
// What Prometheus calls the standard process metrics: processor time, memory, descriptors, threads
// and when the process began, read from /proc when they are asked for.
//
// Threads: any.
#pragma once

#include <string>

namespace parley::server {

/// Prometheus text exposition format 0.0.4. What cannot be read is left out.
[[nodiscard]] std::string process_metrics_text();

}  // namespace parley::server
