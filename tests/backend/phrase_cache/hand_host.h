// SPDX-License-Identifier: Apache-2.0
//
// A voice host whose model is the test: it says when which call gets a part, and how it ends.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "media/buffer_pool.h"
#include "model/tts_model.h"
#include "tests/backend/phrase_cache/phrases.h"

namespace parley::backend::test {

class HandHost final : public model::TtsHost, private model::CancelHook {
 public:
  using CallRef = std::shared_ptr<model::TtsCall>;

  bool submit(CallRef call) noexcept override {
    if (is_full) return false;
    call->set_cancel_hook(this);
    calls.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] int rate() const noexcept override { return kRate; }
  [[nodiscard]] Nanos backlog() const noexcept override { return Millis(7); }

  /// A part of `samples` that all have `value`. The first brings the words.
  void part(std::size_t index, float value, std::size_t samples = 10) {
    model::TtsCall& call = *calls.at(index);
    if (call.words.empty()) {
      call.words = {{call.text, {0}, {100}}};
      call.phonemes = {{"a", {0}, {50}}};
      call.samples_expected = 1000;
    }
    const std::vector<float> audio(samples, value);
    media::BufferRef made = buffers.copy_of(audio);
    if (call.stream) {
      EXPECT_TRUE(call.parts.try_push(std::move(made)));
      call.notify();
    } else {
      call.audio = std::move(made);
    }
  }
  void finish(std::size_t index, Status status = {}) {
    calls.at(index)->set_cancel_hook(nullptr);
    calls.at(index)->status = std::move(status);
    calls.at(index)->finish();
  }

  std::vector<CallRef> calls;
  bool is_full = false;
  std::vector<std::string> cancelled;
  media::BufferPool buffers;

 private:
  void on_cancel(model::Call& call) noexcept override {
    for (const CallRef& mine : calls) {
      if (mine.get() == &call) cancelled.push_back(mine->text);
    }
    static_cast<model::TtsCall&>(call).status = Error{ErrorCode::cancelled, "cancelled"};
    call.finish();
  }
};

}  // namespace parley::backend::test
