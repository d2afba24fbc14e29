// SPDX-License-Identifier: Apache-2.0
#include "store/memory/memory_speakers.h"

namespace parley::store {

Result<std::vector<SealedSpeaker>> MemorySpeakers::all(const std::string& owner) {
  std::vector<SealedSpeaker> found;
  for (auto at = kept_.lower_bound({owner, ""}); at != kept_.end() && at->first.first == owner;
       ++at) {
    found.push_back({at->first.second, at->second});
  }
  return found;
}

Result<std::optional<std::string>> MemorySpeakers::get(const std::string& owner,
                                                       const std::string& tag) {
  const auto at = kept_.find({owner, tag});
  if (at == kept_.end()) return std::optional<std::string>();
  return std::optional(at->second);
}

Result<bool> MemorySpeakers::put(const std::string& owner, const std::string& tag,
                                 const std::optional<std::string>& before,
                                 std::string_view sealed) {
  const auto at = kept_.find({owner, tag});
  const bool is_as_before = before ? at != kept_.end() && at->second == *before : at == kept_.end();
  if (is_as_before) kept_.insert_or_assign({owner, tag}, std::string(sealed));
  return is_as_before;
}

Result<bool> MemorySpeakers::remove(const std::string& owner, const std::string& tag) {
  return kept_.erase({owner, tag}) > 0;
}

}  // namespace parley::store
