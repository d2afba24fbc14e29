// SPDX-License-Identifier: Apache-2.0
//
// What a balancer, Prometheus and a client who comes too many are told of how much time the
// recognition service has left. Threads: any (pure).
#pragma once

#include <optional>
#include <string>

#include "service/recognition/recognition_service.h"
#include "transport/http/http_message.h"

namespace parley::server {

/// Of `/readyz`: 200 when one more stream would be let in.
[[nodiscard]] transport::HttpResponse readiness(
    const service::RecognitionLoad& load,
    const std::optional<service::RecognitionRefusal>& refusal);
/// 503, and when to come again.
[[nodiscard]] transport::HttpResponse overloaded(const service::RecognitionRefusal& refusal);
/// Prometheus text exposition format 0.0.4.
[[nodiscard]] std::string load_metrics_text(const service::RecognitionLoad& load, bool is_ready);

}  // namespace parley::server
