// SPDX-License-Identifier: Apache-2.0
//
// What a user said, from the end of his turn until somebody takes its words. Threads: strand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::service {

class HeardWords {
 public:
  /// Items whose words have not come; those of further ones are told nobody.
  static constexpr std::size_t kAwaitedMax = 16;

  /// A turn has ended, and its words are on their way.
  void await(std::string_view item_id) {
    if (awaited_.size() < kAwaitedMax) awaited_.emplace_back(item_id);
  }
  void said(std::string_view item_id, std::string_view words) {
    if (std::erase(awaited_, item_id) > 0) add(std::string(words));
  }
  void failed(std::string_view item_id) { std::erase(awaited_, item_id); }
  /// Words that were not spoken.
  void add(std::string words) { heard_.push_back(std::move(words)); }
  [[nodiscard]] std::vector<std::string> take() { return std::exchange(heard_, {}); }
  [[nodiscard]] bool empty() const noexcept { return heard_.empty(); }
  void forget() {
    heard_.clear();
    awaited_.clear();
  }

 private:
  std::vector<std::string> awaited_;
  std::vector<std::string> heard_;
};

}  // namespace parley::service
