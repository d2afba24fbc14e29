// SPDX-License-Identifier: Apache-2.0
#include "exec/prompt_thread.h"

#include <cstdint>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace parley::exec {
namespace {

constexpr std::uint64_t kSliceNanos = 100'000;  // the least that Linux gives

// struct sched_attr of linux/sched/types.h, first version; C libraries declare it only now.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

bool get(Attributes& attributes) noexcept {
  return ::syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0U) == 0;
}

}  // namespace

bool ask_for_short_slices() noexcept {
  Attributes attributes;
  if (!get(attributes) || attributes.policy != SCHED_OTHER) return false;
  attributes.runtime = kSliceNanos;
  if (::syscall(SYS_sched_setattr, 0, &attributes, 0U) != 0) return false;
  return get(attributes) && attributes.runtime == kSliceNanos;  // older kernels ignore it
}

}  // namespace parley::exec
