// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_streaming_asr.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "model/asr_model.h"

namespace parley::model {
namespace {

constexpr std::size_t kWordSamples = kAsrRate / 2;
constexpr double kLogprob = -0.25;  // of every word

struct Memory final : AsrMemory {
  std::string_view line;
  std::size_t heard = 0;  // samples
};

media::MediaTime at(std::size_t samples) {
  return media::MediaTime::from_samples(static_cast<std::int64_t>(samples), kAsrRate);
}

/// The words of the line that have been heard.
void tell(const Memory& memory, AsrStreamCall& call) {
  std::string_view rest = memory.line;
  for (std::size_t word = 1; word * kWordSamples <= memory.heard && !rest.empty(); ++word) {
    const std::string_view text = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    if (!call.text.empty()) call.text += ' ';
    call.text += text;
    if (!call.is_last) continue;
    call.tokens.push_back({(word == 1 ? "" : " ") + std::string(text), kLogprob});
    call.words.push_back(
        {std::string(text), at((word - 1) * kWordSamples), at(word * kWordSamples)});
  }
}

}  // namespace

void FakeStreamingAsrModel::hear(std::span<AsrStreamCall* const> batch) noexcept {
  for (AsrStreamCall* call : batch) {
    call->status = {};
    call->text.clear();
    call->words.clear();
    call->tokens.clear();
    if (call->memory == nullptr) {
      auto memory = std::make_unique<Memory>();
      memory->line = script_[utterances_.fetch_add(1) % script_.size()];
      call->memory = std::move(memory);
    }
    auto& memory = static_cast<Memory&>(*call->memory);
    memory.heard += call->audio.size();
    tell(memory, *call);
    if (call->is_last) call->memory.reset();
  }
}

}  // namespace parley::model
