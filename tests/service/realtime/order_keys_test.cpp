// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/order_keys.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.h"

namespace parley::service {
namespace {

std::string order(const OrderKeys& keys) {
  std::string ids;
  for (const auto& [key, id] : keys.items()) ids += id;
  return ids;
}

TEST(OrderKeys, PutsItemsWhereTheyBelong) {
  OrderKeys keys;
  keys.insert("b", "");
  keys.insert("d", "b");
  keys.insert("a", "");
  keys.insert("c", "b");
  EXPECT_EQ(order(keys), "abcd");
  keys.erase("b");
  keys.erase("nobody");
  EXPECT_EQ(order(keys), "acd");
  EXPECT_FALSE(keys.contains("b"));
}

TEST(OrderKeys, NumbersAnewWhereThereIsNoRoom) {
  OrderKeys keys;
  keys.insert("a", "");
  keys.insert("z", "a");
  int renumbered = 0;
  std::vector<std::string> expected{"a", "z"};
  for (int i = 0; i < 100; ++i) {
    const std::string id = "m" + std::to_string(i);
    renumbered += keys.insert(id, "a").renumbered ? 1 : 0;
    expected.insert(expected.begin() + 1, id);
  }
  EXPECT_GT(renumbered, 1);
  EXPECT_LT(renumbered, 10);
  std::vector<std::string> ids;
  for (const auto& [key, id] : keys.items()) ids.push_back(id);
  EXPECT_EQ(ids, expected);
}

TEST(OrderKeys, StaysTheListThatItStandsFor) {
  Random random(3);
  OrderKeys keys;
  std::vector<std::string> list;
  for (int i = 0; i < 3000; ++i) {
    if (!list.empty() && random.uniform() < 0.3) {
      const std::size_t at = random.next() % list.size();
      keys.erase(list[at]);
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      const std::size_t at = random.next() % (list.size() + 1);
      const std::string id = std::to_string(i);
      keys.insert(id, at == 0 ? "" : list[at - 1]);
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(at), id);
    }
  }
  std::vector<std::string> ids;
  for (const auto& [key, id] : keys.items()) ids.push_back(id);
  EXPECT_EQ(ids, list);
}

}  // namespace
}  // namespace parley::service
