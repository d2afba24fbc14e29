// SPDX-License-Identifier: Apache-2.0
#include "transport/request_id.h"

#include <gtest/gtest.h>

namespace parley::transport {
namespace {

TEST(RequestId, IsTheClientsWhereItIsOne) {
  for (const std::string& id : {std::string("a"), std::string("7f3c-11"),
                                std::string("trace:1.2_3"), std::string(128, 'x')}) {
    EXPECT_EQ(request_id(id), id);
  }
}

TEST(RequestId, IsMadeElse) {
  for (const std::string& id : {std::string(), std::string(129, 'x'), std::string("a b"),
                                std::string("a\nb"), std::string("é"), std::string("a\0b", 3)}) {
    const std::string made = request_id(id);
    EXPECT_NE(made, id);
    EXPECT_TRUE(made.starts_with("req_"));
    EXPECT_EQ(made.size(), 25U);
  }
  EXPECT_NE(request_id(std::nullopt), request_id(std::nullopt));
}

}  // namespace
}  // namespace parley::transport
