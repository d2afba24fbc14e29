// SPDX-License-Identifier: Apache-2.0
//
// What hypotheses of a beam search have said so far: each is a link to its last label, links lead
// back to the beginning, and hypotheses with a common past share it. Links are counted, so memory
// follows what is alive, not how long somebody speaks.
//
// Threads: one owner. Allocates: in the constructor only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley::operators {

class History {
 public:
  using Link = std::int32_t;
  static constexpr Link kNone = -1;  // nothing said yet

  /// Room for that many links.
  explicit History(std::size_t capacity);

  /// `label` after `before`; takes over the caller's count of `before`. kNone when there is no room
  /// (then the count is given back, too): the hypothesis is lost.
  [[nodiscard]] Link add(Link before, std::int32_t label) noexcept;
  void hold(Link link) noexcept {
    if (link != kNone) ++links_[static_cast<std::size_t>(link)].count;
  }
  void release(Link link) noexcept;
  /// Appends the labels from the beginning to `link`. Allocates what `labels` lacks.
  void read(Link link, std::vector<std::int32_t>& labels) const;
  void clear() noexcept;

  [[nodiscard]] bool full() const noexcept { return free_ == kNone; }
  [[nodiscard]] std::size_t held() const noexcept { return held_; }

 private:
  struct Entry {
    Link before;  // of a free one: the next free one
    std::int32_t label;
    std::uint32_t count;
  };
  std::vector<Entry> links_;
  Link free_ = kNone;
  std::size_t held_ = 0;
};

}  // namespace parley::operators
