// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_asr.h"

namespace parley::model {

void FakeAsrModel::transcribe(AsrCall& call) noexcept {
  call.text.clear();
  if (call.audio.size() > samples_max_) {
    call.status = Error{ErrorCode::invalid_argument, "audio: " + std::to_string(call.audio.size()) +
                                                         " samples are more than " +
                                                         std::to_string(samples_max_)};
    return;
  }
  call.status = {};
  if (!script_.empty()) {
    call.text = script_[calls_.fetch_add(1) % script_.size()];
    return;
  }
  // Tenths of a second, rounded.
  const std::size_t tenths = (call.audio.size() * 10 + kAsrRate / 2) / kAsrRate;
  call.text =
      "heard " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " seconds";
}

}  // namespace parley::model
