// SPDX-License-Identifier: Apache-2.0
#include "backend/silero/kernel_body.h"
#include "backend/silero/kernel_spectrum.h"

namespace parley::backend {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::size_t kColumns = 4;

void run(const SileroPacked& weights, SileroScratch& scratch, std::size_t count) noexcept {
  magnitudes<kLanes>(weights, scratch, count);
  encode<kLanes, kColumns>(weights, scratch, count);
  decode<kLanes, kColumns>(weights, scratch, count);
}

}  // namespace

extern const SileroKernel kSileroPortable;
const SileroKernel kSileroPortable{"portable", 2 * kLanes, &run};

}  // namespace parley::backend
