// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/order_keys.h"

#include <utility>

#include "base/check.h"
#include "store/records.h"

namespace parley::service {
namespace {

// Between two items that were added at the end: twenty can go to the same place before the others
// get new keys, and eight thousand million fit in all.
constexpr std::int64_t kStep = 1 << 20;

}  // namespace

void OrderKeys::load(std::string id, std::int64_t key) {
  ids_.emplace(key, id);
  keys_.emplace(std::move(id), key);
}

OrderKeys::Placed OrderKeys::insert(std::string_view id, std::string_view previous) {
  PARLEY_CHECK(!contains(id));
  for (bool renumbered = false;; renumbered = true) {
    const auto before = keys_.find(previous);
    const auto next = before == keys_.end() ? ids_.begin() : ids_.upper_bound(before->second);
    std::int64_t key = 0;
    if (next == ids_.end()) {
      key = before == keys_.end() ? 0 : before->second + kStep;
    } else if (before == keys_.end()) {
      key = next->first - kStep;
    } else {
      key = before->second + (next->first - before->second) / 2;
    }
    const bool fits =
        key > -store::kPositionMax && key < store::kPositionMax && !ids_.contains(key);
    if (fits) {
      load(std::string(id), key);
      return {key, renumbered};
    }
    renumber();
  }
}

void OrderKeys::erase(std::string_view id) {
  const auto found = keys_.find(id);
  if (found == keys_.end()) return;
  ids_.erase(found->second);
  keys_.erase(found);
}

void OrderKeys::clear() {
  ids_.clear();
  keys_.clear();
}

void OrderKeys::renumber() {
  const std::map<std::int64_t, std::string> old = std::exchange(ids_, {});
  keys_.clear();
  std::int64_t key = 0;
  for (const auto& [unused, id] : old) load(id, key += kStep);
}

}  // namespace parley::service
