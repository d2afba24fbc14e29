// SPDX-License-Identifier: Apache-2.0
#include "dsp/echo_canceller.h"

#include <string>

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

#include "base/check.h"
#include "dsp/pcm_scale.h"

namespace parley::dsp {
namespace {

SpeexEchoState* echo_of(void* state) { return static_cast<SpeexEchoState*>(state); }
SpeexPreprocessState* suppressor_of(void* state) {
  return static_cast<SpeexPreprocessState*>(state);
}

}  // namespace

void EchoCanceller::process(std::span<float> near, std::span<const float> reference) noexcept {
  to_pcm16(near, near_);
  to_pcm16(reference, reference_);
  speex_echo_cancellation(echo_of(echo_.get()), near_.data(), reference_.data(), out_.data());
  if (suppressor_ != nullptr) speex_preprocess_run(suppressor_of(suppressor_.get()), out_.data());
  from_pcm16(out_, near);
}

void EchoCanceller::reset() noexcept { speex_echo_state_reset(echo_of(echo_.get())); }

Result<EchoCanceller> EchoCanceller::make(const EchoCancellerOptions& options) {
  if (options.rate < 8'000 || options.rate > 48'000 || options.tail_ms < kTailMinMs ||
      options.tail_ms > kTailMaxMs) {
    return Error{ErrorCode::invalid_argument,
                 "echo cancelling at " + std::to_string(options.rate) + " Hz over " +
                     std::to_string(options.tail_ms) + " ms; give 8000 to 48000 Hz and " +
                     std::to_string(kTailMinMs) + " to " + std::to_string(kTailMaxMs) + " ms"};
  }
  const int block = options.rate * kBlockMs / 1000;
  EchoCanceller made(static_cast<std::size_t>(block));
  made.echo_.reset(speex_echo_state_init(block, options.rate * options.tail_ms / 1000));
  if (made.echo_ == nullptr) return Error{ErrorCode::resource_exhausted, "echo: no memory"};
  int rate = options.rate;
  PARLEY_CHECK(speex_echo_ctl(echo_of(made.echo_.get()), SPEEX_ECHO_SET_SAMPLING_RATE, &rate) == 0);
  if (!options.suppress) return made;
  made.suppressor_.reset(speex_preprocess_state_init(block, options.rate));
  if (made.suppressor_ == nullptr) return Error{ErrorCode::resource_exhausted, "echo: no memory"};
  int off = 0;  // of noise: that is the denoiser's work
  PARLEY_CHECK(speex_preprocess_ctl(suppressor_of(made.suppressor_.get()),
                                    SPEEX_PREPROCESS_SET_DENOISE, &off) == 0);
  PARLEY_CHECK(speex_preprocess_ctl(suppressor_of(made.suppressor_.get()),
                                    SPEEX_PREPROCESS_SET_ECHO_STATE, made.echo_.get()) == 0);
  return made;
}

void EchoCanceller::FreeEcho::operator()(void* state) const noexcept {
  speex_echo_state_destroy(echo_of(state));
}
void EchoCanceller::FreeSuppressor::operator()(void* state) const noexcept {
  speex_preprocess_state_destroy(suppressor_of(state));
}

}  // namespace parley::dsp
