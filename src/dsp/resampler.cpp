// SPDX-License-Identifier: Apache-2.0
//
// How the length is known beforehand: after skipping its leading zeros, speexdsp gives output
// sample m as soon as latency + floor(m * from / to) < input samples so far. So the number of
// samples given for N samples of input is ceil((N - latency) * to / from), and `latency` zeros more
// bring it to ceil(N * to / from).
#include "dsp/resampler.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include <speex/speex_resampler.h>

#include "base/check.h"

namespace parley::dsp {
namespace {

SpeexResamplerState* speex(void* state) { return static_cast<SpeexResamplerState*>(state); }

std::int64_t divide_up(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

}  // namespace

std::size_t Resampler::process(std::span<const float> in, std::span<float> out) noexcept {
  const std::size_t given = output_size(in.size());
  PARLEY_CHECK(out.size() >= given);
  input_ += static_cast<std::int64_t>(in.size());
  if (state_ == nullptr) {
    std::copy(in.begin(), in.end(), out.begin());
  } else {
    feed(in, out.first(given));
  }
  return given;
}

/// Gives exactly out.size() samples and takes all of `in`; both were computed to match.
void Resampler::feed(std::span<const float> in, std::span<float> out) noexcept {
  // Input that yields nothing yet is only taken while there is room for output, so that once `out`
  // is full the rest goes in with a place to write that stays empty.
  float spare = 0.0F;
  while (!in.empty() || !out.empty()) {
    const bool is_full = out.empty();
    auto taken = static_cast<spx_uint32_t>(std::min<std::size_t>(in.size(), 1U << 20U));
    auto given =
        static_cast<spx_uint32_t>(is_full ? 1 : std::min<std::size_t>(out.size(), 1U << 20U));
    const int code = speex_resampler_process_float(speex(state_.get()), 0, in.data(), &taken,
                                                   is_full ? &spare : out.data(), &given);
    PARLEY_CHECK(code == RESAMPLER_ERR_SUCCESS);
    PARLEY_CHECK(taken > 0 || given > 0);
    PARLEY_CHECK(!is_full || given == 0);
    in = in.subspan(taken);
    if (!is_full) out = out.subspan(given);
  }
}

std::size_t Resampler::flush(std::span<float> out) noexcept {
  const std::size_t given = flush_size();
  PARLEY_CHECK(out.size() >= given);
  std::span<float> rest = out.first(given);
  constexpr std::array<float, 256> kSilence{};
  for (std::int64_t left = latency_; left > 0 && input_ > 0;) {
    const std::size_t count = std::min(kSilence.size(), static_cast<std::size_t>(left));
    rest = rest.subspan(process(std::span(kSilence).first(count), rest));
    left -= static_cast<std::int64_t>(count);
  }
  PARLEY_CHECK(rest.empty());
  reset();
  return given;
}

void Resampler::reset() noexcept {
  input_ = 0;
  if (state_ == nullptr) return;
  PARLEY_CHECK(speex_resampler_reset_mem(speex(state_.get())) == RESAMPLER_ERR_SUCCESS);
  PARLEY_CHECK(speex_resampler_skip_zeros(speex(state_.get())) == RESAMPLER_ERR_SUCCESS);
}

std::int64_t Resampler::given_after(std::int64_t input) const {
  return input <= latency_ ? 0 : divide_up((input - latency_) * to_part_, from_part_);
}

std::size_t Resampler::output_size(std::size_t input) const {
  const std::int64_t after = input_ + static_cast<std::int64_t>(input);
  return static_cast<std::size_t>(given_after(after) - given_after(input_));
}

std::size_t Resampler::flush_size() const {
  if (input_ == 0) return 0;
  return static_cast<std::size_t>(given_after(input_ + latency_) - given_after(input_));
}

Result<Resampler> Resampler::make(int from, int to, int quality) {
  for (const int rate : {from, to}) {
    if (rate >= kRateMin && rate <= kRateMax) continue;
    return Error{.code = ErrorCode::invalid_argument,
                 .message = "a sample rate of " + std::to_string(rate) + " Hz; give " +
                            std::to_string(kRateMin) + " to " + std::to_string(kRateMax)};
  }
  Resampler resampler(from, to);
  if (from == to) return resampler;
  int code = RESAMPLER_ERR_SUCCESS;
  resampler.state_.reset(speex_resampler_init(1, static_cast<spx_uint32_t>(from),
                                              static_cast<spx_uint32_t>(to), quality, &code));
  if (resampler.state_ == nullptr) {
    return Error{.code = ErrorCode::resource_exhausted,
                 .message = std::string("resampler: ") + speex_resampler_strerror(code)};
  }
  resampler.latency_ = speex_resampler_get_input_latency(speex(resampler.state_.get()));
  resampler.reset();
  return resampler;
}

Resampler::Resampler(int from, int to)
    : from_(from),
      to_(to),
      from_part_(from / std::gcd(from, to)),
      to_part_(to / std::gcd(from, to)) {}

void Resampler::Free::operator()(void* state) const noexcept {
  speex_resampler_destroy(speex(state));
}

}  // namespace parley::dsp
