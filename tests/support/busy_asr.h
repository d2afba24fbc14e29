// SPDX-License-Identifier: Apache-2.0
//
// A recogniser that says that it has no time, for tests of who is refused.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "model/asr_model.h"

namespace parley::test {

class BusyAsr final : public model::AsrHost {
 public:
  /// Hears as `host` does, which outlives it. Whoever asks has to wait for `wait`, but for the
  /// first `looks` times.
  BusyAsr(model::AsrHost& host, Nanos wait, int looks = 0)
      : host_(host), wait_(wait), looks_(looks) {}

  bool submit(std::shared_ptr<model::AsrCall> call) noexcept override {
    return host_.submit(std::move(call));
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return host_.samples_max(); }
  [[nodiscard]] model::HostLoad load() const noexcept override {
    return {.wait = looks_.fetch_sub(1) > 0 ? Nanos{} : wait_};
  }

 private:
  model::AsrHost& host_;
  const Nanos wait_;
  mutable std::atomic<int> looks_;
};

}  // namespace parley::test
