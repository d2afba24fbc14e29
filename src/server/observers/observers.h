// SPDX-License-Identifier: Apache-2.0
//
// The observers that the configuration asks for, each with a thread of its own: they may be slow,
// or hang, beside sessions and beside each other.
//
// Threads: `observe` any; construction and destruction one owner, after the last session.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "service/realtime/session_observer.h"

namespace parley::server {

class Observers final : public service::SessionObserver {
 public:
  /// Null when none is asked for. Errors: invalid_argument (`observers.webhook`). `metrics`
  /// outlives them.
  static Result<std::unique_ptr<Observers>> make(const Config& config, Metrics& metrics);
  /// Writes what waits, and gives a webhook some seconds to take it.
  ~Observers() override;
  void observe(std::shared_ptr<const service::SessionRecord> record) noexcept override;

 private:
  struct Parts;
  explicit Observers(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace parley::server
