// SPDX-License-Identifier: Apache-2.0
//
// Speech recognition that "hears" a script, line by line over all callers, or else how long the
// audio was: "heard 1.2 seconds". Words are equally long and equally likely.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "model/asr_model.h"

namespace parley::model {

class FakeAsrModel final : public AsrModel {
 public:
  /// The script starts again after its last line; without lines the length of the audio is told.
  explicit FakeAsrModel(std::vector<std::string> script = {},
                        std::size_t samples_max = 30 * static_cast<std::size_t>(kAsrRate))
      : script_(std::move(script)), samples_max_(samples_max) {}

  void transcribe(AsrCall& call) noexcept override;
  [[nodiscard]] std::size_t samples_max() const noexcept override { return samples_max_; }

 private:
  const std::vector<std::string> script_;
  const std::size_t samples_max_;
  std::atomic<std::size_t> calls_{0};
};

}  // namespace parley::model
