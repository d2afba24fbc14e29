// SPDX-License-Identifier: Apache-2.0
#include "model/voice_set.h"

#include <string>
#include <utility>

#include "base/check.h"

namespace parley::model {

Result<std::unique_ptr<VoiceSet>> VoiceSet::make(VoiceNames names,
                                                 std::vector<std::unique_ptr<TtsModel>> voices) {
  PARLEY_CHECK(!voices.empty() && voices.size() == names.names().size());
  for (std::size_t i = 1; i < voices.size(); ++i) {
    if (voices[i]->rate() == voices.front()->rate()) continue;
    return Error{ErrorCode::failed_precondition,
                 "the voices " + names.names().front() + " and " + names.names()[i] +
                     " have different sample rates (" + std::to_string(voices.front()->rate()) +
                     " and " + std::to_string(voices[i]->rate()) + " Hz): take one of them"};
  }
  return std::unique_ptr<VoiceSet>(new VoiceSet(std::move(names), std::move(voices)));
}

bool VoiceSet::synthesize(TtsCall& call) noexcept {
  if (call.state == nullptr) call.voice = names_.resolve(call.voice);
  return voices_[names_.index_of(call.voice)]->synthesize(call);
}

}  // namespace parley::model
