// SPDX-License-Identifier: Apache-2.0
#include "base/tick_clock.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace parley {
namespace {

/// True when the counter runs at one speed in all power states (AMD64 Architecture Programmer's
/// Manual volume 3, CPUID Fn8000_0007 EDX bit 8; Intel SDM volume 3, 18.17.1).
bool has_steady_counter() noexcept {
#if defined(__x86_64__)
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned kLeaf = 0x80000007U;
  constexpr unsigned kInvariant = 1U << 8U;
  return __get_cpuid(kLeaf, &eax, &ebx, &ecx, &edx) != 0 && (edx & kInvariant) != 0;
#else
  return false;
#endif
}

}  // namespace

TickClock::TickClock(const Clock& clock)
    : clock_(clock),
      uses_counter_(dynamic_cast<const SteadyClock*>(&clock) != nullptr && has_steady_counter()),
      first_(now()),
      first_instant_(clock.now()) {}

double TickClock::nanos_per_tick() const noexcept {
  if (!uses_counter_) return 1.0;
  const std::uint64_t ticks = now() - first_;
  const Nanos passed = clock_.now() - first_instant_;
  return ticks == 0 ? 1.0 : static_cast<double>(passed.count()) / static_cast<double>(ticks);
}

}  // namespace parley
