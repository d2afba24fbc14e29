// SPDX-License-Identifier: Apache-2.0
//
// A key that may have one reply and some sound, and what it paid.
#pragma once

#include <cstdint>
#include <optional>

#include "service/realtime/allowance.h"

namespace parley::test {

class SmallAllowance final : public service::Allowance {
 public:
  explicit SmallAllowance(Millis audio = Millis(2000)) : audio_(audio) {}
  std::optional<Refusal> take_request() override {
    if (requests_-- > 0) return std::nullopt;
    return Refusal{.message = "No more today."};
  }
  std::optional<Refusal> take_audio(Millis length) override {
    audio_ -= length;
    if (audio_ >= Millis(0)) return std::nullopt;
    return Refusal{.message = "Enough was said."};
  }
  void pay(std::int64_t micros) noexcept override { paid += micros; }
  [[nodiscard]] std::optional<Standing> requests() const override { return std::nullopt; }

  std::int64_t paid = 0;

 private:
  int requests_ = 1;
  Millis audio_;
};

}  // namespace parley::test
