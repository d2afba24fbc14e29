// SPDX-License-Identifier: Apache-2.0
#include "dsp/mel_filter_bank.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/check.h"

namespace parley::dsp {
namespace {

double kaldi_mel(double hz) { return 1127.0 * std::log(1.0 + hz / 700.0); }

// Slaney's scale: 200/3 Hz a mel up to 1 kHz, then 27 mels for a factor of 6.4.
constexpr double kSlaneyStep = 200.0 / 3.0;
constexpr double kSlaneyBreakHz = 1000.0;
constexpr double kSlaneyBreakMel = kSlaneyBreakHz / kSlaneyStep;
const double kSlaneyLogStep = std::log(6.4) / 27.0;

double slaney_mel(double hz) {
  if (hz < kSlaneyBreakHz) return hz / kSlaneyStep;
  return kSlaneyBreakMel + std::log(hz / kSlaneyBreakHz) / kSlaneyLogStep;
}

double slaney_hz(double mel) {
  if (mel < kSlaneyBreakMel) return mel * kSlaneyStep;
  return kSlaneyBreakHz * std::exp(kSlaneyLogStep * (mel - kSlaneyBreakMel));
}

/// The triangle over left, centre, right at x.
double triangle(double x, double left, double centre, double right) {
  return std::max(0.0, std::min((x - left) / (centre - left), (right - x) / (right - centre)));
}

}  // namespace

void MelFilterBank::apply(std::span<const float> power, std::span<float> out) const noexcept {
  PARLEY_CHECK(power.size() == spectrum_bins_ && out.size() == filters_.size());
  for (std::size_t i = 0; i < filters_.size(); ++i) {
    const Filter& filter = filters_[i];
    const float* const from = power.data() + filter.first;
    const float* const weights = weights_.data() + filter.weights;
    float sum = 0.0F;
    for (std::size_t k = 0; k < filter.count; ++k) sum += from[k] * weights[k];
    out[i] = sum;
  }
}

void MelFilterBank::add(std::span<const float> row) {
  const auto is_weight = [](float weight) { return weight > 0.0F; };
  const auto first = std::find_if(row.begin(), row.end(), is_weight);
  const auto end = std::find_if(row.rbegin(), row.rend(), is_weight).base();
  filters_.push_back({static_cast<std::size_t>(first - row.begin()), weights_.size(),
                      first == row.end() ? 0 : static_cast<std::size_t>(end - first)});
  if (first == row.end()) {
    filters_.back().first = 0;  // a filter between two bins of the spectrum hears nothing
  } else {
    weights_.insert(weights_.end(), first, end);
  }
}

Result<MelFilterBank> MelFilterBank::make(const MelFilterBankOptions& options) {
  const double nyquist = options.rate / 2.0;
  const double low = options.low_hz;
  const double high = options.high_hz > 0.0F ? options.high_hz : nyquist + options.high_hz;
  if (options.bins < 1 || options.bins > kBinsMax || options.fft_size < 4 || low < 0.0 ||
      high <= low || high > nyquist) {
    return Error{ErrorCode::invalid_argument,
                 std::to_string(options.bins) + " mel filters from " + std::to_string(low) +
                     " to " + std::to_string(high) + " Hz at a rate of " +
                     std::to_string(options.rate) + " Hz; give 1 to " + std::to_string(kBinsMax) +
                     " filters and 0 <= low < high <= " + std::to_string(nyquist)};
  }
  const bool is_kaldi = options.shape == MelShape::kaldi;
  const auto mel_of = is_kaldi ? kaldi_mel : slaney_mel;
  const double mel_low = mel_of(low);
  const double mel_step = (mel_of(high) - mel_low) / (options.bins + 1);
  const double bin_hz = options.rate / static_cast<double>(options.fft_size);
  MelFilterBank bank;
  bank.spectrum_bins_ = options.fft_size / 2 + 1;
  std::vector<float> row(bank.spectrum_bins_);
  for (int filter = 0; filter < options.bins; ++filter) {
    double edges[3];
    for (int i = 0; i < 3; ++i) {
      edges[i] = mel_low + mel_step * (filter + i);
      if (!is_kaldi) edges[i] = slaney_hz(edges[i]);
    }
    const double scale = is_kaldi ? 1.0 : 2.0 / (edges[2] - edges[0]);
    for (std::size_t k = 0; k < row.size(); ++k) {
      const double hz = bin_hz * static_cast<double>(k);
      const double x = is_kaldi ? kaldi_mel(hz) : hz;
      row[k] = static_cast<float>(scale * triangle(x, edges[0], edges[1], edges[2]));
    }
    // Kaldi leaves the bin at the Nyquist frequency out.
    if (is_kaldi) row.back() = 0.0F;
    bank.add(row);
  }
  return bank;
}

}  // namespace parley::dsp
