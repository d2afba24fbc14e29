// SPDX-License-Identifier: Apache-2.0
//
// What a user said, from the end of his turn until somebody takes its words. Where a gate lets in
// enrolled speakers only, words wait until it is known who said them. Threads: strand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::service {

class HeardWords {
 public:
  /// Items whose words have not come; those of further ones are told nobody.
  static constexpr std::size_t kAwaitedMax = 16;

  struct Words {
    std::string text;
    bool is_admitted = true;  // false: a stranger's, whom nobody answers
  };

  /// A turn has ended, and its words are on their way. `is_judged`: so is whose they are.
  void await(std::string_view item_id, bool is_judged = false) {
    if (awaited_.size() == kAwaitedMax) return;
    Awaited& one = awaited_.emplace_back();
    one.item_id = item_id;
    if (!is_judged) one.is_admitted = true;
  }
  void said(std::string_view item_id, std::string_view words) {
    const auto one = std::ranges::find(awaited_, item_id, &Awaited::item_id);
    if (one == awaited_.end()) return;
    one->text = std::string(words);
    settle(one);
  }
  void judged(std::string_view item_id, bool is_admitted) {
    const auto one = std::ranges::find(awaited_, item_id, &Awaited::item_id);
    if (one == awaited_.end()) return;
    one->is_admitted = is_admitted;
    settle(one);
  }
  void failed(std::string_view item_id) {
    std::erase_if(awaited_, [&](const Awaited& one) { return one.item_id == item_id; });
  }
  /// Words that were not spoken.
  void add(std::string words, bool is_admitted = true) {
    heard_.push_back({std::move(words), is_admitted});
  }
  [[nodiscard]] std::vector<Words> take() { return std::exchange(heard_, {}); }
  [[nodiscard]] bool empty() const noexcept { return heard_.empty(); }
  void forget() {
    heard_.clear();
    awaited_.clear();
  }

 private:
  struct Awaited {
    std::string item_id;
    std::optional<std::string> text{};
    std::optional<bool> is_admitted{};
  };

  void settle(std::vector<Awaited>::iterator at) {
    Awaited& one = *at;
    if (!one.text || !one.is_admitted) return;
    add(*std::move(one.text), *one.is_admitted);
    awaited_.erase(at);
  }

  std::vector<Awaited> awaited_;
  std::vector<Words> heard_;
};

}  // namespace parley::service
