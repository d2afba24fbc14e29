// SPDX-License-Identifier: Apache-2.0
//
// What sessions want from a language model and its thread has not seen yet, in order of arrival.
// Announcements are bounded by merging: one per session, the latest; submissions by `calls_max`,
// which also counts those that the owner took but has not begun (`set_begun`). When full:
// submissions are refused, the oldest announcement goes.
//
// Threads: `push_*` any, `take` and `set_waiting` the owner, `has_call` any.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "model/llm_model.h"

namespace parley::backend {

struct ForgetSession {
  std::uint64_t session = 0;
};
using LlamaRequest = std::variant<std::shared_ptr<model::LlmCall>, model::LlmPrompt, ForgetSession>;

class LlamaInbox {
 public:
  LlamaInbox(std::size_t calls_max, std::size_t others_max)
      : calls_max_(calls_max), others_max_(others_max) {}

  [[nodiscard]] bool push_call(std::shared_ptr<model::LlmCall> call) {
    const std::lock_guard lock(mutex_);
    if (calls_ + waiting_ >= calls_max_) return false;
    requests_.emplace_back(std::move(call));
    ++calls_;
    has_call_.store(true, std::memory_order_release);
    return true;
  }

  /// False: the oldest had to go.
  bool push_prompt(model::LlmPrompt prompt) {
    const std::lock_guard lock(mutex_);
    std::erase_if(requests_, [&](const LlamaRequest& request) {
      const auto* other = std::get_if<model::LlmPrompt>(&request);
      return other != nullptr && prompt.session != 0 && other->session == prompt.session;
    });
    return push_other(std::move(prompt));
  }

  bool push_forget(std::uint64_t session) {
    const std::lock_guard lock(mutex_);
    return push_other(ForgetSession{session});
  }

  void take(std::vector<LlamaRequest>& out) {
    out.clear();
    const std::lock_guard lock(mutex_);
    out.swap(requests_);
    waiting_ += calls_;
    calls_ = 0;
    has_call_.store(false, std::memory_order_release);
  }

  /// How many calls that were taken have not begun.
  void set_waiting(std::size_t waiting) {
    const std::lock_guard lock(mutex_);
    waiting_ = waiting;
  }

  [[nodiscard]] bool has_call() const noexcept { return has_call_.load(std::memory_order_acquire); }

 private:
  bool push_other(LlamaRequest request) {
    const auto is_other = [](const LlamaRequest& one) {
      return !std::holds_alternative<std::shared_ptr<model::LlmCall>>(one);
    };
    bool had_room = true;
    if (std::count_if(requests_.begin(), requests_.end(), is_other) >=
        static_cast<std::ptrdiff_t>(others_max_)) {
      requests_.erase(std::find_if(requests_.begin(), requests_.end(), is_other));
      had_room = false;
    }
    requests_.push_back(std::move(request));
    return had_room;
  }

  const std::size_t calls_max_;
  const std::size_t others_max_;
  std::atomic<bool> has_call_{false};
  std::mutex mutex_;                    // held for a few moves
  std::vector<LlamaRequest> requests_;  // GUARDED_BY(mutex_)
  std::size_t calls_ = 0;               // GUARDED_BY(mutex_); in requests_
  std::size_t waiting_ = 0;             // GUARDED_BY(mutex_)
};

}  // namespace parley::backend
