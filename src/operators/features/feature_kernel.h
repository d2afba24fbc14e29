// SPDX-License-Identifier: Apache-2.0
//
// The seam between windows of samples and what is computed of them: one window in, one row out.
// Threads: strand. Allocates: no.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace parley::operators {

class FeatureKernel {
 public:
  virtual ~FeatureKernel() = default;
  [[nodiscard]] virtual std::size_t window_samples() const noexcept = 0;
  [[nodiscard]] virtual std::size_t hop_samples() const noexcept = 0;
  [[nodiscard]] virtual std::size_t dimensions() const noexcept = 0;
  virtual void compute(std::span<const float> window, std::span<float> row) noexcept = 0;
};

/// Any class of dsp/ with these four functions.
template <typename Kernel>
class FeatureKernelOf final : public FeatureKernel {
 public:
  explicit FeatureKernelOf(Kernel kernel) : kernel_(std::move(kernel)) {}
  [[nodiscard]] std::size_t window_samples() const noexcept override {
    return kernel_.window_samples();
  }
  [[nodiscard]] std::size_t hop_samples() const noexcept override { return kernel_.hop_samples(); }
  [[nodiscard]] std::size_t dimensions() const noexcept override { return kernel_.dimensions(); }
  void compute(std::span<const float> window, std::span<float> row) noexcept override {
    kernel_.compute(window, row);
  }

 private:
  Kernel kernel_;
};

template <typename Kernel>
std::unique_ptr<FeatureKernel> feature_kernel(Kernel kernel) {
  return std::make_unique<FeatureKernelOf<Kernel>>(std::move(kernel));
}

}  // namespace parley::operators
