// SPDX-License-Identifier: Apache-2.0
#include "operators/decode/history.h"

#include <algorithm>

#include "base/check.h"

namespace parley::operators {

History::History(std::size_t capacity) : links_(capacity) {
  PARLEY_CHECK(capacity >= 1 && capacity <= (std::size_t{1} << 30U));
  clear();
}

History::Link History::add(Link before, std::int32_t label) noexcept {
  if (free_ == kNone) {
    release(before);
    return kNone;
  }
  const Link link = free_;
  Entry& entry = links_[static_cast<std::size_t>(link)];
  free_ = entry.before;
  entry = {.before = before, .label = label, .count = 1};
  ++held_;
  return link;
}

void History::release(Link link) noexcept {
  while (link != kNone) {
    Entry& entry = links_[static_cast<std::size_t>(link)];
    if (--entry.count > 0) return;
    const Link before = entry.before;
    entry.before = free_;
    free_ = link;
    --held_;
    link = before;
  }
}

void History::read(Link link, std::vector<std::int32_t>& labels) const {
  const auto from = static_cast<std::ptrdiff_t>(labels.size());
  for (; link != kNone; link = links_[static_cast<std::size_t>(link)].before) {
    labels.push_back(links_[static_cast<std::size_t>(link)].label);
  }
  std::reverse(labels.begin() + from, labels.end());
}

void History::clear() noexcept {
  const auto count = static_cast<Link>(links_.size());
  for (Link i = 0; i < count; ++i) {
    links_[static_cast<std::size_t>(i)] = {
        .before = i + 1 < count ? i + 1 : kNone, .label = 0, .count = 0};
  }
  free_ = 0;
  held_ = 0;
}

}  // namespace parley::operators
