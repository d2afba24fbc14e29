// SPDX-License-Identifier: Apache-2.0
#include "model/host_load.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace parley::model {
namespace {

double seconds(Nanos time) noexcept { return std::chrono::duration<double>(time).count(); }

}  // namespace

void BusyShare::add(Nanos ran, Instant now) noexcept {
  const std::lock_guard lock(mutex_);
  // As if all of the run had been spread over the time since its start: what a run of any length
  // adds is what it took of the memory.
  const double added = 1.0 - std::exp(-seconds(ran) / seconds(kBusyMemory));
  share_ = std::min(faded(now) + added / static_cast<double>(workers_), 1.0);
  at_ = std::max(at_, now);
}

double BusyShare::at(Instant now) const noexcept {
  const std::lock_guard lock(mutex_);
  return faded(now);
}

double BusyShare::faded(Instant now) const noexcept {
  const Nanos since = std::max(now - at_, Nanos{});
  return share_ * std::exp(-seconds(since) / seconds(kBusyMemory));
}

}  // namespace parley::model
