// SPDX-License-Identifier: Apache-2.0
#include "dsp/mfcc.h"

#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "base/check.h"

namespace parley::dsp {

void Mfcc::compute(std::span<const float> window, std::span<float> row) noexcept {
  PARLEY_CHECK(row.size() == dimensions());
  fbank_.compute(window, mel_);
  const float* weights = matrix_.data();
  for (float& value : row) {
    float sum = 0.0F;
    for (const float mel : mel_) sum += mel * *weights++;
    value = sum;
  }
}

Result<Mfcc> Mfcc::make(const MfccOptions& options) {
  if (options.coefficients < 1 || options.coefficients > options.fbank.bins ||
      options.lifter < 0.0F || !options.fbank.log) {
    return Error{ErrorCode::invalid_argument,
                 std::to_string(options.coefficients) + " cepstral coefficients of " +
                     std::to_string(options.fbank.bins) +
                     " filters; give 1 to as many as there are filters"};
  }
  PARLEY_TRY(Fbank fbank, Fbank::make(options.fbank));
  return Mfcc(std::move(fbank), options);
}

Mfcc::Mfcc(Fbank fbank, const MfccOptions& options)
    : fbank_(std::move(fbank)), mel_(fbank_.dimensions()) {
  const auto filters = static_cast<double>(mel_.size());
  for (int k = 0; k < options.coefficients; ++k) {
    const double lifter =
        options.lifter > 0.0F
            ? 1.0 + 0.5 * options.lifter * std::sin(std::numbers::pi * k / options.lifter)
            : 1.0;
    const double scale = lifter * std::sqrt((k == 0 ? 1.0 : 2.0) / filters);
    for (std::size_t n = 0; n < mel_.size(); ++n) {
      const double angle = std::numbers::pi / filters * (static_cast<double>(n) + 0.5) * k;
      matrix_.push_back(static_cast<float>(scale * std::cos(angle)));
    }
  }
}

}  // namespace parley::dsp
