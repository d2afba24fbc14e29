// SPDX-License-Identifier: Apache-2.0
//
// What judges texts, built from the configuration: a word list, a webhook, or one after the other.
//
// Threads: one owner; the host itself any.
#pragma once

#include <memory>

#include "agent/agent_settings.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "model/moderation_host.h"

namespace parley::server {

[[nodiscard]] agent::ModerationSettings moderation_settings(const Config& config);
/// Null when nothing is to be checked. Errors: invalid_argument when nothing is there to check
/// with, or `moderation.webhook` is no address. `clock` and `metrics` outlive the host.
[[nodiscard]] Result<std::unique_ptr<model::ModerationHost>> open_moderation(const Config& config,
                                                                             const Clock& clock,
                                                                             Metrics& metrics);

}  // namespace parley::server
