// SPDX-License-Identifier: Apache-2.0
#include "dsp/denoiser.h"

#include <string>

#include <speex/speex_preprocess.h>

#include "base/check.h"
#include "dsp/pcm_scale.h"

namespace parley::dsp {
namespace {

SpeexPreprocessState* speex(void* state) { return static_cast<SpeexPreprocessState*>(state); }

}  // namespace

void Denoiser::process(std::span<float> block) noexcept {
  to_pcm16(block, pcm_);
  speex_preprocess_run(speex(state_.get()), pcm_.data());
  from_pcm16(pcm_, block);
}

void Denoiser::set_suppress(int suppress_db) noexcept {
  PARLEY_CHECK(suppress_db >= 1 && suppress_db <= kSuppressMaxDb);
  int suppress = -suppress_db;
  PARLEY_CHECK(speex_preprocess_ctl(speex(state_.get()), SPEEX_PREPROCESS_SET_NOISE_SUPPRESS,
                                    &suppress) == 0);
}

Result<Denoiser> Denoiser::make(const DenoiserOptions& options) {
  if (options.rate < 8'000 || options.rate > 48'000 || options.suppress_db < 1 ||
      options.suppress_db > kSuppressMaxDb) {
    return Error{ErrorCode::invalid_argument, "denoising at " + std::to_string(options.rate) +
                                                  " Hz by " + std::to_string(options.suppress_db) +
                                                  " dB; give 8000 to 48000 Hz and 1 to " +
                                                  std::to_string(kSuppressMaxDb) + " dB"};
  }
  const int block = options.rate * kBlockMs / 1000;
  Denoiser made(static_cast<std::size_t>(block));
  made.state_.reset(speex_preprocess_state_init(block, options.rate));
  if (made.state_ == nullptr) return Error{ErrorCode::resource_exhausted, "denoiser: no memory"};
  int on = 1;
  PARLEY_CHECK(speex_preprocess_ctl(speex(made.state_.get()), SPEEX_PREPROCESS_SET_DENOISE, &on) ==
               0);
  made.set_suppress(options.suppress_db);
  return made;
}

void Denoiser::Free::operator()(void* state) const noexcept {
  speex_preprocess_state_destroy(speex(state));
}

}  // namespace parley::dsp
