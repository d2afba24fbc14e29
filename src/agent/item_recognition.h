// SPDX-License-Identifier: Apache-2.0
//
// Recognises the audio of an item that a client made by itself: no microphone was listening, so the
// whole recording is there at once. Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/conversation.h"
#include "base/result.h"
#include "exec/strand.h"
#include "model/asr_model.h"

namespace parley::agent {

class ItemRecognition {
 public:
  /// Of the part `content_index` of `item`, which is input audio of any rate.
  ItemRecognition(const Item& item, std::size_t content_index, std::string language,
                  model::AsrHintsRef hints = nullptr);
  /// Cancels what is under way.
  ~ItemRecognition();
  ItemRecognition(ItemRecognition&&) = default;
  ItemRecognition& operator=(ItemRecognition&&) = default;

  enum class Progress : std::uint8_t { working, host_full, over };
  /// Takes what the host has done and gives it the next piece. `over`: as far as it went.
  /// `host_full`: somebody must call again later.
  Progress advance(model::AsrHost& host, const exec::Waker& waker, Instant now);

  [[nodiscard]] const std::string& item_id() const { return item_id_; }
  [[nodiscard]] std::size_t content_index() const { return content_index_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<media::WordTime>& words() const { return words_; }
  [[nodiscard]] const std::vector<media::TokenScore>& tokens() const { return tokens_; }
  /// ISO 639-1, of the first piece that tells; empty: none does.
  [[nodiscard]] const std::string& detected_language() const { return detected_language_; }
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  std::string item_id_;
  std::size_t content_index_;
  std::string language_;
  model::AsrHintsRef hints_;
  std::vector<float> audio_;              // kAsrRate
  std::size_t offset_ = 0;                // what was given to the host
  std::shared_ptr<model::AsrCall> call_;  // shared with the host while it works
  std::size_t call_begin_ = 0;            // what of audio_ comes before the call's
  std::string text_;
  std::vector<media::WordTime> words_;
  std::vector<media::TokenScore> tokens_;
  std::string detected_language_;
  Status status_;
};

}  // namespace parley::agent
