// SPDX-License-Identifier: Apache-2.0
//
// The way of a voice's audio into its call, for voices whose audio comes in pieces of any size: a
// call that streams gets parts, the first one short, and never more than kTtsPartsMax, however long
// it becomes; another gets all of it at the end.
//
// Threads: one owner, the ring's producer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "media/buffer_pool.h"
#include "model/tts_model.h"

namespace parley::backend {

class TtsPartWriter {
 public:
  static constexpr double kFirstPartSeconds = 0.1;
  static constexpr double kPartSeconds = 0.2;  // of further ones, or as long as half of them need

  /// `call` and `pool` must outlive the writer.
  TtsPartWriter(model::TtsCall& call, media::BufferPool& pool, int rate)
      : call_(call), pool_(pool), rate_(rate) {}

  void write(std::span<const float> samples) {
    pending_.insert(pending_.end(), samples.begin(), samples.end());
    if (!call_.stream || parts_ + 1 >= model::kTtsPartsMax) return;  // the last takes all the rest
    if (pending_.size() >= part_samples()) push();
  }

  /// No more comes; what came is the call's.
  void finish() {
    if (pending_.empty()) return;
    if (call_.stream) return push();
    call_.samples_made = static_cast<std::int64_t>(pending_.size());
    call_.audio = pool_.copy_of(pending_);
    pending_.clear();
  }

  [[nodiscard]] std::size_t samples() const {
    return pending_.size() + static_cast<std::size_t>(call_.stream ? call_.samples_made : 0);
  }

 private:
  /// Half of the parts are as long as the text lets expect; then they double, two by two.
  [[nodiscard]] std::size_t part_samples() const {
    constexpr std::size_t kEven = model::kTtsPartsMax / 2;
    constexpr double kSecondsPerCharacter = 0.08;
    if (parts_ == 0) return static_cast<std::size_t>(kFirstPartSeconds * rate_);
    const double expected = kSecondsPerCharacter * static_cast<double>(call_.text.size()) /
                            std::max(0.1, static_cast<double>(call_.speed));
    const double even = std::max(kPartSeconds, expected / kEven) * rate_;
    const std::size_t doublings = parts_ < kEven ? 0 : (parts_ - kEven) / 2 + 1;
    return static_cast<std::size_t>(even) << doublings;
  }

  void push() {
    call_.samples_made += static_cast<std::int64_t>(pending_.size());
    // There is room for all parts of a call.
    static_cast<void>(call_.parts.try_push(pool_.copy_of(pending_)));
    ++parts_;
    pending_.clear();
    call_.notify();
  }

  model::TtsCall& call_;
  media::BufferPool& pool_;
  const int rate_;
  std::vector<float> pending_;
  std::size_t parts_ = 0;
};

}  // namespace parley::backend
