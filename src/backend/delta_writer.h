// SPDX-License-Identifier: Apache-2.0
//
// The way of a reply into its call's ring. The ring is bounded; what does not fit waits here,
// merged by kind, and the writer says that it is full: its owner then stops producing until `flush`
// says that there is room again (policy of the ring: block).
//
// Threads: one owner, the ring's producer.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/llm_model.h"

namespace parley::backend {

class DeltaWriter {
 public:
  explicit DeltaWriter(model::LlmCall& call) : call_(call) {}

  /// Empty texts are left out.
  void write(model::LlmDelta::Kind kind, std::string text) {
    if (text.empty()) return;
    if (!waiting_.empty() && waiting_.back().kind == kind) {
      waiting_.back().text += text;
    } else {
      waiting_.push_back({kind, std::move(text)});
    }
    flush();
  }

  /// Pushes what waits and wakes the call's owner when something was pushed. True: nothing waits.
  bool flush() {
    std::size_t pushed = 0;
    while (pushed < waiting_.size() && call_.deltas.try_push(std::move(waiting_[pushed]))) ++pushed;
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(pushed));
    if (pushed > 0) call_.notify();
    return waiting_.empty();
  }

  [[nodiscard]] bool is_full() const noexcept { return !waiting_.empty(); }

 private:
  model::LlmCall& call_;
  std::vector<model::LlmDelta> waiting_;
};

}  // namespace parley::backend
