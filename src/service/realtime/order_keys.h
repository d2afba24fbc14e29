// SPDX-License-Identifier: Apache-2.0
//
// Numbers that keep the items of a conversation in order where they are stored: each new item gets
// one between those of its neighbours, so that no other has to change.
// Threads: strand.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace parley::service {

class OrderKeys {
 public:
  /// An item whose key is known already, all in their order.
  void load(std::string id, std::int64_t key);
  struct Placed {
    std::int64_t key = 0;
    bool renumbered = false;  // there was no room: every item has a new key
  };
  /// After the item `previous`; first where that is empty. REQUIRES: `id` is new.
  Placed insert(std::string_view id, std::string_view previous);
  void erase(std::string_view id);
  void clear();
  [[nodiscard]] bool contains(std::string_view id) const { return keys_.contains(id); }
  /// REQUIRES: contains(id).
  [[nodiscard]] std::int64_t key(std::string_view id) const { return keys_.find(id)->second; }
  /// In their order.
  [[nodiscard]] const std::map<std::int64_t, std::string>& items() const { return ids_; }

 private:
  void renumber();
  std::map<std::int64_t, std::string> ids_;
  std::map<std::string, std::int64_t, std::less<>> keys_;
};

}  // namespace parley::service
