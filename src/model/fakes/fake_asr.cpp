// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_asr.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace parley::model {
namespace {

constexpr double kLogprob = -0.25;  // of every word

/// One token a word, and every word as long as any other.
void tell_words(AsrCall& call) {
  const std::string_view text = call.text;
  const auto length = static_cast<std::int64_t>(call.audio.size());
  const auto count = std::ranges::count(text, ' ') + 1;
  std::int64_t word = 0;
  for (std::size_t at = 0; at < text.size(); ++word) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    call.words.push_back({std::string(text.substr(at, end - at)),
                          media::MediaTime::from_samples(length * word / count, kAsrRate),
                          media::MediaTime::from_samples(length * (word + 1) / count, kAsrRate)});
    const std::size_t space = at == 0 ? 0 : at - 1;
    call.tokens.push_back({std::string(text.substr(space, end - space)), kLogprob});
    at = end + 1;
  }
}

}  // namespace

void FakeAsrModel::transcribe(AsrCall& call) noexcept {
  call.text.clear();
  call.words.clear();
  call.tokens.clear();
  if (call.audio.size() > samples_max_) {
    call.status = Error{ErrorCode::invalid_argument, "audio: " + std::to_string(call.audio.size()) +
                                                         " samples are more than " +
                                                         std::to_string(samples_max_)};
    return;
  }
  call.status = {};
  if (!script_.empty()) {
    call.text = script_[calls_.fetch_add(1) % script_.size()];
    tell_words(call);
    return;
  }
  // Tenths of a second, rounded.
  const std::size_t tenths = (call.audio.size() * 10 + kAsrRate / 2) / kAsrRate;
  call.text =
      "heard " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " seconds";
  tell_words(call);
}

}  // namespace parley::model
