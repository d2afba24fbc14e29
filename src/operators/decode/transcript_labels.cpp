// SPDX-License-Identifier: Apache-2.0
#include "operators/decode/transcript_labels.h"

#include <algorithm>
#include <array>

namespace parley::operators {
namespace {

// FunASR, runtime/python/libtorch and model cards of SenseVoiceSmall.
constexpr std::array<std::string_view, 7> kEmotions{"HAPPY",   "SAD",       "ANGRY",    "NEUTRAL",
                                                    "FEARFUL", "DISGUSTED", "SURPRISED"};
constexpr std::array<std::string_view, 8> kEvents{"Speech", "BGM",    "Applause", "Laughter",
                                                  "Cry",    "Sneeze", "Breath",   "Cough"};

template <typename Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Languages of Whisper and SenseVoice have two letters, but for Cantonese, Hawaiian and the like.
bool is_language(std::string_view tag) {
  return (tag.size() == 2 || tag.size() == 3) &&
         std::all_of(tag.begin(), tag.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

void note(std::string& label, std::string_view tag) {
  if (label.empty()) label = tag;
}

}  // namespace

TranscriptLabels take_labels(std::string& text) {
  TranscriptLabels labels;
  std::size_t kept = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find("<|", at);
    // Looked for no further than a tag is long: a text full of "<|" must not cost its square.
    const std::size_t length =
        open == std::string::npos ? open
                                  : std::string_view(text).substr(open + 2, kTagMax + 2).find("|>");
    if (length == std::string::npos) {
      // No tag here; look on behind what looked like one.
      const std::size_t end = open == std::string::npos ? text.size() : open + 2;
      while (at < end) text[kept++] = text[at++];
      continue;
    }
    const std::size_t close = open + 2 + length;
    const std::string tag = text.substr(open + 2, close - open - 2);
    if (contains(kEmotions, tag)) {
      note(labels.emotion, tag);
    } else if (contains(kEvents, tag)) {
      note(labels.event, tag);
    } else if (is_language(tag)) {
      note(labels.language, tag);
    }
    while (at < open) text[kept++] = text[at++];
    at = close + 2;
  }
  text.resize(kept);
  const std::size_t first = text.find_first_not_of(' ');
  text.erase(0, std::min(first, text.size()));
  return labels;
}

}  // namespace parley::operators
